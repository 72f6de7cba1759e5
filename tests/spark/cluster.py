"""A standalone Spark cluster on loopback: one master and workers, processes of this machine that end with the test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

WAIT_S = 300.0  # a Java process starts in two seconds, on a busy machine in a minute
HOST = "127.0.0.1"


@contextmanager
def cluster(folder: Path, *, workers: int, memory: str) -> Iterator[str]:
    """Yield the address of a master whose workers have come. memory: of each, as Spark writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    address = f"spark://{HOST}:{port}"
    with ExitStack() as running:
        master = ["master.Master", "--host", HOST, "--port", str(port), "--webui-port", "0"]
        running.enter_context(_process(master, folder / "master.log", "New state: ALIVE"))
        for number in range(workers):
            worker = [
                "worker.Worker", "--host", HOST, "--webui-port", "0", "--cores", "1", "--memory", memory,
                "--work-dir", str(folder / f"worker-{number}"), address,
            ]  # fmt: skip
            log = folder / f"worker-{number}.log"
            running.enter_context(_process(worker, log, "Successfully registered with master"))
        yield address


def spent() -> tuple[float, int]:
    """Return the CPU seconds of this process and all below it, also what ended, and their peaks in bytes."""
    tick, parents, cpu, peaks = (
        os.sysconf("SC_CLK_TCK"),
        dict[int, int](),
        dict[int, float](),
        dict[int, int](),
    )
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            status = (place / "status").read_text()
        except OSError:  # it ended in between
            continue
        pid = int(place.name)
        parents[pid] = int(fields[1])
        cpu[pid] = sum(map(int, fields[11:15])) / tick
        peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
        peaks[pid] = int(peak[0]) * 1024 if peak else 0
    ours = {os.getpid()}
    while below := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= below
    return sum(cpu[pid] for pid in ours), sum(peaks[pid] for pid in ours)


@contextmanager
def _process(command: Sequence[str], log: Path, ready: str) -> Iterator[None]:
    """Run a daemon of Spark while the block lasts, from the moment its log says that it is ready."""
    home = Path(pyspark.__file__).parent
    environment = os.environ | {
        "SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST, "PYSPARK_PYTHON": sys.executable, "SPARK_NO_DAEMONIZE": "1",
    }  # fmt: skip
    main, *arguments = command
    with log.open("w", encoding="utf-8") as file:
        running = subprocess.Popen(
            [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{main}", *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        until = time.monotonic() + WAIT_S
        while ready not in log.read_text(encoding="utf-8"):
            if running.poll() is not None or time.monotonic() > until:
                raise RuntimeError(
                    f"Spark's {main} did not start; it says:\n{log.read_text(encoding='utf-8')[-2000:]}"
                )
            time.sleep(0.2)
        yield
    finally:
        running.terminate()
        running.wait()
