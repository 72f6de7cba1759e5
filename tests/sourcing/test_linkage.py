"""Probable links: what a name is worth, which pairs are compared, what joins, what is asked, and what never merges."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from sourcing import resolve
from sourcing.__main__ import main
from sourcing.errors import BadInput, ConfigError
from sourcing.resolve import evaluation, linkage, models, namesakes, neutral
from sourcing.resolve.agreement import agreement
from sourcing.resolve.clusters import cluster
from sourcing.resolve.decide import decide
from sourcing.resolve.fit import Label
from sourcing.resolve.linkage import Limits
from sourcing.resolve.models import Model
from sourcing.resolve.probable import Linking
from sourcing.resolve.scoring import Pairs, Said, score
from sourcing.settings import config_root
from spiders.records import IdentityKind, Mailbox, Record, SignalKind, Task, WorkKind
from storage import intake, persons, statements, surroundings
from storage.engine import Store
from storage.model import Edge, IdentityView, Judgement

ROOT = config_root()
PRIOR = models.prior_shares([ROOT])
LIMITS = Limits(memory="500MB", threads=1)
MODEL = """
title = "Invented"
name = "toy"
version = 3
columns = "plain@{columns}"
sides = ["git"]
prior = -4.0

[thresholds]
review = 0.3
link = 0.9
bridge = 0.99

[[block]]
name = "same full name"
keys = "name_keys"
cap = 5

[[block]]
name = "handles"
keys = "handles"
others = "name_handles"
cap = 5

[[comparison]]
name = "names"

[[comparison.level]]
when = "name_l = name_r AND namesakes_l < 0.1"
says = "the same full name, a rare one"
weight = 9.0

[[comparison.level]]
when = "name_l = name_r"
says = "the same full name, a common one"
weight = 3.5

[[comparison]]
name = "places"

[[comparison.level]]
when = "list_has_any(places_l, places_r)"
says = "a repository in common"
weight = 2.0
"""


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return models.load(written(tmp_path))


def written(directory: Path, *changes: tuple[str, str]) -> Path:
    path = directory / "toy.toml"
    text = MODEL.format(columns=1)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def record(key: str, name: str | None, **more: Any) -> dict[str, Any]:
    return {"record_id": key, "source": "git", "name": name, "email": None, "repos": ["lab/engine"], **more}


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


PEOPLE = [
    record("a", "Mira Okafor"),
    record("b", "Okafor, Mira"),
    record("c", "Wei Wang", repos=["lab/other"]),
    record("d", "Wei Wang"),
    record("e", "Mira Okafor", world="elsewhere"),
    *[
        record(f"x{n}", f"Nobody{chr(97 + n // 26)}{chr(97 + n % 26)} Surname{chr(97 + n % 26)}q")
        for n in range(40)
    ],
]


def test_a_common_name_is_never_taken_for_a_rare_one_however_small_the_store() -> None:
    small = namesakes.count(["Wei Wang", "Mira Okafor"], PRIOR)
    common, rare = small.expected("Wei WANG"), small.expected("Okafor Mira")
    assert common is not None and rare is not None and common > 0.1 > 10 * rare
    assert small.expected("Mira") is None and small.expected("") is None and small.expected("🦊") is None


def test_rare_words_are_not_kept_and_the_same_names_price_the_same_in_any_order() -> None:
    names = [f"Ana Word{chr(97 + n)}" for n in range(20)] + ["Mira Okafor"]
    one, other = (namesakes.count(random.Random(seed).sample(names, len(names)), {}) for seed in (1, 2))
    assert one.dump() == other.dump() and "okafor" not in one.dump() and one.counts == {"ana": 20}


def test_pairs_are_scored_by_the_first_level_that_holds_and_worlds_stay_apart(
    model: Model, now: datetime
) -> None:
    bundle = neutral.bundle([neutral.Record(**row) for row in strip(PEOPLE)], now=now)
    shares = namesakes.count((name for one in bundle.mentions for name in one.names), PRIOR)
    found, blocked = linkage.score(bundle.mentions, model, shares, bundle.digest, LIMITS)
    pairs = {(one.left, one.right): (round(one.weight, 3), one.levels) for one in found}
    assert pairs == {
        ("git:a", "git:b"): (7.0, (0, 0)),
        ("git:c", "git:d"): (-0.5, (1, None)),
    }
    assert (blocked[0].rule, blocked[0].pairs, blocked[0].cut) == ("same full name", 2, 0)


def test_a_key_that_too_many_share_is_not_followed_and_is_counted(model: Model, now: datetime) -> None:
    rows = [record(f"r{n}", "Mira Okafor") for n in range(6)]
    bundle = neutral.bundle([neutral.Record(**row) for row in strip(rows)], now=now)
    shares = namesakes.count(["Mira Okafor"], PRIOR)
    found, blocked = linkage.score(bundle.mentions, model, shares, bundle.digest, LIMITS)
    assert found == [] and (blocked[0].pairs, blocked[0].cut, blocked[0].cut_pairs) == (0, 1, 15)


def test_the_order_of_records_changes_nothing(model: Model, now: datetime) -> None:
    def answer(rows: list[dict[str, Any]]) -> Any:
        bundle = neutral.bundle([neutral.Record(**row) for row in strip(rows)], now=now)
        shares = namesakes.count((name for one in bundle.mentions for name in one.names), PRIOR)
        linking = Linking(models=[model], namesakes=shares, digest=bundle.digest, limits=LIMITS)
        return sorted(evaluation.answers(bundle, decide(bundle.known, bundle.mentions, linking)), key=str)

    assert answer(PEOPLE) == answer(random.Random(3).sample(PEOPLE, len(PEOPLE)))


def strip(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("plain@1", "plain@0"), "made for columns 'plain@0'"),
        (('name_l = name_r"', 'colour_l = colour_r"'), "unknown column 'colour'"),
        (('name_l = name_r"', '(SELECT 1) = 1"'), "compare columns and nothing else"),
        (('keys = "name_keys"', "keys = \"read_text('/etc/passwd')\""), "compare columns and nothing else"),
        (("review = 0.3", "review = 0.95"), "expected review <= link <= bridge"),
        (("prior = -4.0", "prior = -4.0\nprior_of = 1"), "Extra inputs"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_in_one_sentence(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    with pytest.raises(ConfigError, match=says) as found:
        models.load(written(tmp_path, change))
    assert "\n" not in str(found.value) and "toy.toml" in str(found.value)


def test_a_model_reads_nothing_but_the_columns(tmp_path: Path, now: datetime) -> None:
    path = written(tmp_path, ('keys = "name_keys"', "keys = \"[getenv('HOME')]\""))
    bundle = neutral.bundle([neutral.Record(**row) for row in strip(PEOPLE)], now=now)
    with pytest.raises(ConfigError, match="cannot be applied"):
        linkage.score(bundle.mentions, models.load(path), namesakes.count([], {}), bundle.digest, LIMITS)


def test_shipped_models_load_and_survive_being_written(tmp_path: Path) -> None:
    for one in models.shipped([ROOT]):
        path = tmp_path / f"{one.name}.toml"
        path.write_text(models.dump(one), encoding="utf-8")
        assert models.load(path) == one


def identity(key: str, **more: Any) -> IdentityView:
    now = datetime.fromisoformat("2026-11-22T00:00:00+00:00")
    return IdentityView(id=key, kind=IdentityKind.PERSONAL, first_seen=now, last_seen=now, **more)


def probable(left: str, right: str, probability: float) -> Edge:
    now = datetime.fromisoformat("2026-11-22T00:00:00+00:00")
    return Edge(
        left=left, right=right, judgement=Judgement.SAME, decided_by="model:toy@3", decided_at=now,
        probability=probability,
    )  # fmt: skip


def test_of_two_contradicting_edges_the_weaker_is_asked() -> None:
    known = {key: identity(key) for key in ("git:a", "github:1", "github:2")}
    edges = [probable("git:a", "github:1", 0.93), probable("git:a", "github:2", 0.97)]
    found = cluster(known, edges)
    assert frozenset(["git:a", "github:2"]) in found.persons
    assert [(edge.right, edge.judgement) for edge in found.cut] == [("github:1", Judgement.UNSURE)]


def test_no_two_groups_hang_on_one_pair_that_is_not_nearly_sure() -> None:
    known = {key: identity(key) for key in ("git:a", "git:b", "git:c", "git:d")}
    inner = [probable("git:a", "git:b", 0.999), probable("git:c", "git:d", 0.999)]
    bridge, second = probable("git:b", "git:c", 0.95), probable("git:a", "git:d", 0.94)
    bridges = {"model:toy@3": 0.99}
    assert len(cluster(known, [*inner, bridge], bridges=bridges).persons) == 2
    assert len(cluster(known, [*inner, bridge, second], bridges=bridges).persons) == 1
    assert len(cluster(known, [*inner, replace(bridge, probability=0.995)], bridges=bridges).persons) == 1


def test_a_model_never_makes_one_of_two_people_known_by_now() -> None:
    known = {key: identity(key) for key in ("git:a", "git:b", "git:c")}
    edges = [probable("git:a", "git:b", 0.999), probable("git:b", "git:c", 0.99)]
    people = {"model:toy@3": {"git:a": "p_1", "git:b": "p_2"}}
    found = cluster(known, edges, known=people)
    assert found.persons == (frozenset(["git:a"]), frozenset(["git:b", "git:c"]))
    assert "only a person may merge them" in found.cut[0].reasons[-1]


def test_agreement_counts_pairs_and_leaves_out_what_labels_call_unsure() -> None:
    labels = {"a": Label(cluster="1"), "b": Label(cluster="1"), "c": Label(cluster="2", unsure="u")}
    labels |= {"d": Label(cluster="3", unsure="u"), "e": Label(cluster="4")}
    found = agreement(labels, {"a": "p", "b": "p", "c": "q", "d": "q", "e": "p"})
    assert found.precision.value == pytest.approx(1 / 3) and found.recall.value == 1.0
    assert found.harmed == pytest.approx(2 / 4) and found.b3_recall == 1.0


def test_counted_pairs_are_those_that_a_list_of_all_pairs_gives() -> None:
    dice = random.Random(4)
    keys = [f"r{n}" for n in range(120)]
    labels = {
        key: Label(
            cluster=f"{(person := dice.randrange(40))}", unsure=f"u{person % 5}" if person < 15 else None
        )
        for key in keys
    }
    given = {key: f"{dice.randrange(30)}" for key in keys[:110]}
    said = {
        key: Said(name=dice.choice(["ama boateng", "li wei", "x"]), source=dice.choice("gp")) for key in keys
    }
    made = {key: given.get(key, key) for key in keys}
    bearers: dict[str, set[str]] = {one.name: set() for one in said.values()}
    for key in keys:
        bearers[said[key].name].add(labels[key].unsure or labels[key].cluster)

    def listed(counts: Callable[[str, str], bool]) -> Pairs:
        found = Counter(
            (labels[one].cluster == labels[other].cluster, made[one] == made[other])
            for one, other in combinations(keys, 2)
            if counts(one, other)
        )
        return Pairs(right=found[True, True], wrong=found[False, True], missed=found[True, False])

    def is_sure(one: str, other: str) -> bool:
        mine, its = labels[one], labels[other]
        return mine.cluster == its.cluster or mine.unsure is None or mine.unsure != its.unsure

    found = score(labels, given, said)
    assert found.strict == listed(lambda one, other: True)
    assert found.lenient == listed(is_sure) != found.strict
    assert found.across == listed(
        lambda one, other: is_sure(one, other) and said[one].source != said[other].source
    )
    assert found.homonyms == listed(
        lambda one, other: (
            is_sure(one, other) and said[one].name == said[other].name and said[one].name != "x"
        )
    )
    harmed = {
        labels[key].cluster
        for pair in combinations(keys, 2)
        for key in pair
        if made[pair[0]] == made[pair[1]]
        and labels[pair[0]].cluster != labels[pair[1]].cluster
        and is_sure(*pair)
    }
    assert found.harmed == len(harmed) / found.people


def test_sets_are_measured_by_one_command_beside_plain_rules_and_others_answers(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = [{"record_id": row["record_id"], "cluster": "1"} for row in PEOPLE[:2]]
    truth += [{"record_id": row["record_id"], "cluster": row["record_id"]} for row in PEOPLE[2:]]
    for name in ("one", "two"):
        (desk / "sets" / name).mkdir(parents=True)
        lines(desk / "sets" / name / "identities.jsonl", PEOPLE)
        lines(desk / "sets" / name / "truth.jsonl", truth)
    lines(desk / "sets" / "two" / "peer.answer.jsonl", truth)
    assert main(["--json", "eval", "table", str(desk / "sets"), "--model", str(written(desk))]) == 0
    rows = json.loads(capsys.readouterr().out)
    plain = ("address", "full name", "name as printed", "address or full name", "address or rare full name")
    by = ["sourcer", *(f"one {rule}" for rule in plain)]
    assert [(row["set"], row["by"]) for row in rows] == [("one", one) for one in by] + [
        ("two", one) for one in [*by, "peer"]
    ]
    found = {row["by"]: row for row in rows}
    for right in ("sourcer", "peer"):
        assert [found[right][name] for name in ("precision", "recall", "harmed")] == [1.0, 1.0, 0.0]
    floor = found["one address or full name"]
    assert floor["precision"] < 1.0 and floor["harmed"] > 0
    assert found["one address"]["recall"] < 1.0
    assert main(["eval", "table", str(desk)]) != 0 and "no set in" in capsys.readouterr().err


def test_a_file_is_answered_and_weights_are_fitted_by_commands(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, out = lines(desk / "in.jsonl", PEOPLE), desk / "out.jsonl"
    model = written(desk)
    assert main(["eval", "resolve", "--records", str(given), "--out", str(out), "--model", str(model)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    made = {row["record_id"]: row["cluster"] for row in rows if not row.get("review")}
    asked = {frozenset((row["record_id"], row["cluster"])) for row in rows if row.get("review")}
    assert len(made) == len(PEOPLE) and made["a"] == made["b"] != made["e"] and made["c"] != made["d"]
    assert asked == {frozenset(("c", "d"))}
    many, truth = [], []
    for n in range(120):  # every second name is two people's, told apart by the repository
        two = n % 2
        name = f"Given{chr(97 + n % 26)} Family{chr(97 + n // 26)}{chr(97 + n % 26)}"
        for side in range(2):
            place = f"lab/{n}-{side if two else 0}"
            many.append(record(f"{n}-{side}", name, repos=[place]))
            truth.append({"record_id": f"{n}-{side}", "cluster": f"{n}-{side if two else 0}"})
    given, labels, fitted = (
        lines(desk / "many.jsonl", many),
        lines(desk / "t.jsonl", truth),
        desk / "fitted.toml",
    )
    command = ["eval", "resolve", "--records", str(given), "--model", str(model)]
    assert main([*command, "--out", str(fitted), "--fit", str(labels)]) == 0
    again = models.load(fitted)
    assert again.comparison[1].level[0].weight > 3 and again.prior < 0


@pytest.mark.parametrize(
    "name", ["", "x" * 10_000, "🦊🦊", "مريم العلي", "=cmd()", "李 雷", None, "a@b", "\u0000\u202e", "."]
)
def test_any_name_and_any_address_is_taken_without_merging_anybody(desk: Path, name: str | None) -> None:
    rows = [
        record("a", name, email="no sign"),
        record("b", name, email="@", repos=[]),
        record("c", "Mira Okafor"),
    ]
    given, out = lines(desk / "in.jsonl", rows), desk / "out.jsonl"
    assert main(["eval", "resolve", "--records", str(given), "--out", str(out)]) == 0
    assert {json.loads(line)["record_id"] for line in out.read_text().splitlines()} == {"a", "b", "c"}


def test_what_cannot_be_used_is_said_in_one_sentence_and_nothing_is_written(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = lines(desk / "in.jsonl", PEOPLE), desk / "bad.jsonl"
    bad.write_text('{"record_id": "a"\n', encoding="utf-8")
    twice = lines(desk / "twice.jsonl", [PEOPLE[0], PEOPLE[0]])
    strangers = lines(desk / "t.jsonl", [{"record_id": "nobody", "cluster": "1"}])
    old = desk / "old.toml"
    old.write_text(MODEL.format(columns=0), encoding="utf-8")
    out = desk / "out.jsonl"
    for code, arguments, says in (
        (1, ["--records", str(bad)], "line 1: no whole JSON"),
        (1, ["--records", str(twice)], "stands twice"),
        (1, ["--records", str(desk / "none.jsonl")], "cannot read"),
        (
            1,
            ["--records", str(good), "--fit", str(strangers), "--model", "git"],
            "names 1 records that are not known",
        ),
        (3, ["--records", str(good), "--model", str(old)], "nothing was merged"),
        (2, ["--records", str(good), "--model", "gitt"], "did you mean 'git'?"),
    ):
        assert main(["eval", "resolve", "--out", str(out), *arguments]) == code, says
        said = capsys.readouterr().err
        assert says in said and said.count("\n") == 1
        assert not out.exists()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--quiet"]) == 0
    return tmp_path


@pytest.fixture
def take(store: Store, now: datetime, keyer: Any, make: Any) -> Callable[..., None]:
    def take(*found: Record) -> None:
        with store.begin() as tx:
            task = Task(source="git_history", kind="file", url="https://code.example/1")
            intake.take(tx, make.visit(*found, task=task), now=now, run=None, keyer=keyer)

    return take


def preparing(model: Model, state: Path | None = None) -> Any:
    def prepare(identities: Any, around: Any) -> Any:
        from sourcing.resolve.mentions import of_identities

        mentions = of_identities(identities.values(), around, {})
        shares = namesakes.count((name for one in mentions for name in one.names), PRIOR)
        return mentions, Linking(
            models=[model],
            namesakes=shares,
            digest=lambda kind, value: f"{kind}:{value}",
            limits=LIMITS,
            state=state,
        )

    return prepare


def people(store: Store) -> set[frozenset[str]]:
    with store.read() as tx:
        return {frozenset(one.identities) for one in persons.list_people(tx, limit=100)}


def test_a_night_links_what_the_model_sees_and_keeps_what_people_say(
    store: Store, take: Callable[..., None], make: Any, now: datetime, model: Model, keyer: Any
) -> None:
    take(
        make.identity("git:a", name="Mira Okafor", mailboxes=(Mailbox(local="1", handles=("2",)),)),
        make.identity("git:b", name="Okafor Mira"),
        make.work("git:lab/engine@1", kind=WorkKind.COMMIT, part_of="github:lab/engine"),
        make.signal("git:a", "git:lab/engine@1"),
        make.signal("git:b", "git:lab/engine@1", kind=SignalKind.CO_AUTHORED),
    )
    with store.read() as tx:
        around = surroundings.load(tx)
        assert statements.identities(tx, ["git:a"])["git:a"].mailboxes == (
            Mailbox(local="1", handles=("2",)),
        )
    assert around["git:a"].coauthors == ("Okafor Mira",) and around["git:a"].places == ("github:lab/engine",)
    prepare = preparing(model)
    first = resolve.run(store, now=now, run=None, prepare=prepare)
    assert (first.persons, first.probable) == (1, 1)
    with store.read() as tx:
        [edge] = persons.edges(tx)
    assert edge.decided_by == "model:toy@3" and edge.probability and "rare" in edge.reasons[0]
    again = resolve.run(store, now=now + timedelta(days=1), run=None, prepare=prepare)
    assert (again.new, again.persons) == (0, 1)
    with store.begin() as tx:
        persons.judge(tx, "git:a", "git:b", Judgement.DIFFERENT, "recruiter:ana", "two people", now)
    assert resolve.run(store, now=now, run=None).persons == 2  # a judgement alone asks no model
    assert resolve.run(store, now=now + timedelta(days=2), run=None, prepare=prepare).persons == 2


@pytest.mark.parametrize("keeps", [False, True])
def test_two_people_of_an_earlier_night_are_asked_about_not_merged(
    store: Store,
    take: Callable[..., None],
    make: Any,
    now: datetime,
    model: Model,
    tmp_path: Path,
    keeps: bool,
) -> None:
    take(
        *(
            make.identity(f"git:{key}", name=name)
            for key, name in (("a", "Mira Okafor"), ("b", "Okafor Mira"))
        )
    )
    take(make.identity("git:c", name="Tomas Lindqvist"))
    prepare = preparing(model, tmp_path if keeps else None)
    assert resolve.run(store, now=now, run=None, prepare=prepare).persons == 2
    take(make.identity("git:c", name="Mira Okafor", at=now + timedelta(days=1)))
    later = resolve.run(store, now=now + timedelta(days=1), run=None, prepare=prepare)
    assert later.persons == 2 and later.unsure >= 1
    take(make.identity("git:d", name="Tomas Lindqvist"), make.identity("git:e", name="Mira OKAFOR"))
    assert any({"git:a", "git:e"} <= one for one in people(store)) is False
    resolve.run(store, now=now + timedelta(days=2), run=None, prepare=prepare)
    assert any({"git:a", "git:b", "git:e"} <= one for one in people(store))
    assert (tmp_path / "toy.duckdb").is_file() is keeps


def test_labels_of_unknown_records_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not known"):
        evaluation.load_labels(lines(tmp_path / "t.jsonl", [{"record_id": "x", "cluster": 1}]), ["a"])


def test_two_records_are_explained_level_by_level_and_a_store_is_measured(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = [
        {"id": f"a{n}", "title": "Paged attention kernels", "author": "Amina Okonjo;Tomas Lindqvist",
         "status": "Poster", "authorids": f"~Amina_Okonjo{n};~Tomas_Lindqvist1"}
        for n in (1, 2)
    ]  # fmt: skip
    (desk / "papers.json").write_text(json.dumps(papers))
    assert main(["import", "papers", str(desk / "papers.json"), "--format", "paperlists"]) == 0
    assert main(["resolve", "run"]) == 0
    one, other = "openreview:~Amina_Okonjo1", "openreview:~Amina_Okonjo2"
    capsys.readouterr()
    assert main(["resolve", "explain", one, other, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    compared = [row for row in rows if row["judgement"].startswith("compared")]
    assert [row["decided_by"].partition("@")[0] for row in compared] == ["model:authors"]
    said = " ".join(compared[0]["reasons"])
    assert all(part in said for part in ("prior:", "namesakes: the same name", "coauthors: ", "topic: "))
    truth = [{"record_id": key, "cluster": "one"} for key in (one, other)]
    labels = lines(
        desk / "labels.jsonl", [*truth, {"record_id": "openreview:~Tomas_Lindqvist1", "cluster": "t"}]
    )
    assert main(["resolve", "eval", str(labels), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["labelled"] == 3 and found["harmed"] == 0.0
    strangers = lines(desk / "strangers.jsonl", [{"record_id": "openreview:~Nobody1", "cluster": "n"}])
    assert main(["resolve", "eval", str(strangers)]) == 1
