"""Complete units for what begins nights elsewhere: cron, systemd, Kubernetes, GitHub's workflows.

All treat exit codes 5 and 75 as warnings, never run two nights at once, and catch up with a missed one as far as they
can. The files under config/deploy are written by the same functions.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from sourcing.timetable import WARNINGS, Day, Schedule, following, left_out

LONGEST_HOURS: Final = (
    12  # of a night, and how late it may begin: `nightly` takes a silent lock for dead after it
)
GRACE_S: Final = 60  # a night that is asked to stop ends within twenty seconds (TRUST F27)
USER_ID: Final = 10001  # of the container's only user


class Form(StrEnum):
    """What may begin a night."""

    CRON = "cron"
    SYSTEMD = "systemd"
    K8S = "k8s"
    GITHUB = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the program is: the words that start it with its settings, and its home, which it writes to."""

    command: tuple[str, ...] = ("/opt/sourcer/bin/sourcer", "--config", "/etc/sourcer/sourcer.toml")
    home: str = "/var/lib/sourcer"


def texts(form: Form, schedule: Schedule, place: Place, *, now: datetime) -> Mapping[str, str]:
    """Return the files of a form, by name. now: at which a zone's clocks are read, where only UTC is understood."""
    made: dict[Form, Callable[[], Mapping[str, str]]] = {
        Form.CRON: lambda: {"crontab": _cron(schedule, place)},
        Form.SYSTEMD: lambda: {
            "sourcer-nightly.service": _service(place),
            "sourcer-nightly.timer": _timer(schedule, now),
            "sourcer-web.service": _web(place),
        },
        Form.K8S: lambda: {"cronjob.yaml": _cron_job(schedule, now)},
        Form.GITHUB: lambda: {"nightly.yml": _workflow(schedule, now)},
    }
    return made[form]()


def guarded(command: str) -> str:
    """Return a line for a shell that does a command and succeeds with its warnings, too."""
    codes = "|".join(map(str, WARNINGS))
    judged = f'case $code in {codes}) echo "ended with $code, a warning" ;; *) exit $code ;; esac'
    return f"{command} || {{ code=$?; {judged}; }}"


def passed_on(command: str) -> str:
    """Return a command for a shell that passes SIGTERM on to it: as a container's first process it would ignore it.

    A signal ends the first `wait` with 143, the command's own end the second.
    """
    waited = "wait $night; code=$?; [ $code != 143 ] || { wait $night; code=$?; }; (exit $code)"
    return f"{{ {command} & night=$!; trap 'kill -TERM $night' TERM; {waited}; }}"


def _cron(schedule: Schedule, place: Place) -> str:
    line = guarded(shlex.join([*place.command, "--quiet", "--no-input", "nightly"])).replace("%", r"\%")
    return (
        "# Cronie obeys CRON_TZ; a cron that does not, as Debian's, reads the machine's own zone: set that.\n"
        "# A night that is missed while the machine is off is not caught up with: for that use systemd, or\n"
        "# `sourcer schedule run` instead.\n"
        f"CRON_TZ={schedule.zone}\n"
        f"{_five(schedule)} {line}\n"
    )


def _five(schedule: Schedule, shift_days: int = 0, at: datetime | None = None) -> str:
    """Return the five fields of a cron expression. at: whose clock counts, None = the schedule's own."""
    clock = at.time() if at is not None else schedule.clock
    numbers = sorted(((list(Day).index(day) + 1 + shift_days) % 7) for day in schedule.days)
    return f"{clock.minute} {clock.hour} * * {','.join(map(str, numbers)) or '*'}"


def _service(place: Place) -> str:
    codes = " ".join(map(str, WARNINGS))
    return f"""\
[Unit]
Description=A night of Sourcer: collect, resolve, rank
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={_exec(place, "--no-input", "nightly")}
# {WARNINGS[0]}: done but for a source that failed, which is asked again; {WARNINGS[1]}: a budget or a limit, later
SuccessExitStatus={codes}
TimeoutStartSec={LONGEST_HOURS}h
{_hardened(place)}"""


def _web(place: Place) -> str:
    return f"""\
[Unit]
Description=The pages and the API of Sourcer
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart={_exec(place, "--no-input", "serve")}
Restart=on-failure
RestartSec=5s
{_hardened(place)}
[Install]
WantedBy=multi-user.target
"""


def _hardened(place: Place) -> str:
    return f"""\
# secrets: SOURCER_PEPPER_FILE, SOURCER_GITHUB_TOKEN_FILE and the like, one NAME=value a line, readable by root alone
EnvironmentFile=-/etc/sourcer/environment
User=sourcer
WorkingDirectory={_doubled(place.home)}
KillMode=mixed
TimeoutStopSec={GRACE_S}s
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={_listed(place.home)}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
# what is read is read in a child that gives up its network
RestrictNamespaces=net user
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
"""


def _timer(schedule: Schedule, now: datetime) -> str:
    gaps = left_out(schedule, now)
    said = "# days that leave this hour out, as systemd then leaves them out\n" if gaps else ""
    extra = said + "".join(f"OnCalendar={moment:%Y-%m-%d %H:%M}:00 UTC\n" for moment in gaps)
    days = f"{','.join(day.capitalize() for day in schedule.days)} " if schedule.days else ""
    return f"""\
[Unit]
Description=When the nights of Sourcer begin

[Timer]
OnCalendar={days}*-*-* {schedule.at}:00 {schedule.zone}
{extra}# a night that was missed begins when the machine is back
Persistent=true
AccuracySec=1min

[Install]
WantedBy=timers.target
"""


def _exec(place: Place, *words: str) -> str:
    """Return a command as systemd reads it; no variable is looked for in its program."""
    program, *rest = (*place.command, *words)
    return " ".join([_quoted(program), *(_quoted(word.replace("$", "$$")) for word in rest)])


def _quoted(word: str) -> str:
    """Return a word of a command: quoted where it has a space, with what a quote would end or escape escaped."""
    plain = _doubled(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"' if any(char.isspace() or char in "'\\\"" for char in plain) else plain


def _listed(path: str) -> str:
    """Return a path among those of a list: quoted where it has a space; nothing is escaped there."""
    plain = _doubled(path)
    mark = "'" if '"' in plain else '"'
    return f"{mark}{plain}{mark}" if any(char.isspace() or char in "'\"" for char in plain) else plain


def _doubled(path: str) -> str:
    """Return a path that is all its line says: systemd reads `%` alone as more than itself there."""
    return path.replace("%", "%%")


def _scalar(text: str) -> str:
    """Return a text as YAML reads it, whatever is in it."""
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def _cron_job(schedule: Schedule, now: datetime) -> str:
    gaps = ", ".join(f"{moment:%Y-%m-%d}" for moment in left_out(schedule, now)[:3])
    said = (
        f"# Days without this hour have no night here, next {gaps}: choose another hour to have one.\n"
        if gaps
        else ""
    )
    return f"""\
{said}apiVersion: batch/v1
kind: CronJob
metadata:
  name: sourcer-nightly
  labels: {{app.kubernetes.io/name: sourcer}}
spec:
  schedule: "{_five(schedule)}"
  timeZone: "{schedule.zone}"
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {LONGEST_HOURS * 3600}  # a night that was missed begins when the cluster is back
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 7
  jobTemplate:
    spec:
      backoffLimit: 2  # a night that was cut off goes on where it was
      activeDeadlineSeconds: {LONGEST_HOURS * 3600}
      template:
        metadata:
          labels: {{app.kubernetes.io/name: sourcer, app.kubernetes.io/component: nightly}}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: {GRACE_S}
          automountServiceAccountToken: false
          securityContext:
            runAsNonRoot: true
            runAsUser: {USER_ID}
            runAsGroup: {USER_ID}
            fsGroup: {USER_ID}
            seccompProfile: {{type: RuntimeDefault}}
          containers:
            - name: nightly
              image: sourcer
              command: ["/bin/sh", "-c"]
              args:
                - {_scalar(guarded(passed_on("sourcer --no-input nightly")))}
              env:
                - {{name: SOURCER_CONFIG, value: /etc/sourcer/sourcer.toml}}
              envFrom:
                - secretRef: {{name: sourcer}}
              resources:
                requests: {{cpu: "1", memory: 1Gi}}
                limits: {{memory: 6Gi}}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities: {{drop: [ALL]}}
              volumeMounts:
                - {{name: home, mountPath: /var/lib/sourcer}}
                - {{name: config, mountPath: /etc/sourcer, readOnly: true}}
                - {{name: tmp, mountPath: /tmp}}
          volumes:
            - name: home
              persistentVolumeClaim: {{claimName: sourcer}}
            - name: config
              configMap: {{name: sourcer}}
            - name: tmp
              emptyDir: {{}}
"""


def _workflow(schedule: Schedule, now: datetime) -> str:
    moment = following(schedule, now)
    local = moment + _offset(schedule, moment)
    shift = (moment.date() - local.date()).days
    return f"""\
name: Nightly
on:
  schedule:
    - cron: "{_five(schedule, shift, moment)}"  # UTC; {schedule.at} in {schedule.zone} until its clocks change
  workflow_dispatch: {{}}
permissions:
  contents: read
concurrency:
  group: sourcer-nightly
  cancel-in-progress: false
jobs:
  nightly:
    runs-on: ubuntu-latest
    timeout-minutes: 350  # a job may take six hours; what is left then is for the next night
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with:
          python-version: "3.13"
      - run: python -m pip install --require-hashes -r config/deploy/requirements.txt
      - run: python -m pip install --no-deps --no-build-isolation .
      - run: {_scalar(guarded("sourcer --no-input nightly --time 5h"))}
        env:
          SOURCER_DATABASE: ${{{{ secrets.SOURCER_DATABASE }}}}
          SOURCER_PEPPER: ${{{{ secrets.SOURCER_PEPPER }}}}
          SOURCER_GITHUB_TOKEN: ${{{{ secrets.SOURCER_GITHUB_TOKEN }}}}
          SOURCER_CONTROLLER: ${{{{ vars.SOURCER_CONTROLLER }}}}
          SOURCER_CONTACT: ${{{{ vars.SOURCER_CONTACT }}}}
"""


def _offset(schedule: Schedule, moment: datetime) -> timedelta:
    return moment.astimezone(ZoneInfo(schedule.zone)).utcoffset() or timedelta()
