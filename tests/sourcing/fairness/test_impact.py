"""Impact ratios: the law's own arithmetic on supplied counts, exact tests, small groups never shown (P18, F2)."""

import json
from math import comb
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcing.errors import BadInput
from sourcing.fairness import exact, impact
from sourcing.fairness.impact import Count, Mark, Table


def counts(category: str, **groups: tuple[int, int]) -> list[Count]:
    return [
        Count(category=category, group=name, selected=selected, total=total)
        for name, (selected, total) in groups.items()
    ]


def table(**groups: tuple[int, int]) -> Table:
    (found,) = impact.tables(counts("sex", **groups))
    return found


@pytest.mark.row("P18")
def test_the_worked_example_of_the_law(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("category,group,selected,total\nsex,male,40,80\nsex,female,21,60\n")
    (found,) = impact.tables(impact.load(path))
    male, female = found.rows
    assert (male.group, male.rate, male.ratio, male.is_flagged) == ("male", 0.5, 1.0, False)
    assert female.rate == 0.35 and female.ratio == pytest.approx(0.7, abs=1e-12) and female.is_flagged
    assert female.p == pytest.approx(
        0.0870, abs=5e-5
    )  # two-sided: R 4.4, fisher.test(matrix(c(40, 40, 21, 39), 2))
    (text,) = impact.warnings([found])
    assert "'female' is chosen 0.700 times as often as 'male', below 0.80" in text
    path = tmp_path / "counts.json"
    path.write_text(json.dumps([one.model_dump() for one in counts("sex", male=(40, 80), female=(21, 60))]))
    assert impact.tables(impact.load(path)) == [found]


def test_four_fifths_is_not_below_four_fifths() -> None:
    assert not any(row.is_flagged for row in table(male=(50, 100), female=(40, 100)).rows)
    assert [row.group for row in table(male=(50, 100), female=(39, 100)).rows if row.is_flagged] == ["female"]


def test_small_groups_are_marked_unknown_ones_counted_and_neither_compared() -> None:
    found = table(
        male=(500, 1000), female=(300, 800), x=(19, 20), two=(2, 4), three=(1, 3), unknown=(90, 100)
    )
    rows = {row.group: row for row in found.rows}
    assert rows["x"].marks == (Mark.SMALL,) and rows["x"].rate == 0.95 and rows["x"].ratio is None
    assert rows["unknown"].marks == (Mark.UNKNOWN,) and rows["unknown"].ratio is None and found.unknown == 100
    two = rows["two"]
    assert (
        two.marks == (Mark.HIDDEN,) and (two.selected, two.total, two.rate, two.ratio, two.p) == (None,) * 5
    )
    assert found.best == "male" and found.people == 1927
    assert rows["female"].ratio == pytest.approx(0.75) and rows["female"].is_flagged
    assert "of unknown group" in str(impact.as_rows([found]))


def shown(*given: list[Count]) -> dict[str, dict[str, int | None]]:
    found = impact.tables([one for some in given for one in some])
    return {each.category: {row.group: row.total for row in each.rows} for each in found}


@pytest.mark.row("P18")
def test_no_hidden_count_can_be_had_by_subtraction() -> None:
    found = table(male=(50, 100), female=(30, 80), x=(1, 2))
    rows = {row.group: row for row in found.rows}
    assert found.people == 182 and rows["male"].total == 100 and found.best == "male"
    assert rows["x"].marks == (Mark.HIDDEN,) and rows["female"].marks == (Mark.BESIDE,)
    assert (rows["female"].selected, rows["female"].rate, rows["female"].ratio) == (None,) * 3
    few = table(male=(50, 100), female=(30, 80), x=(1, 2), y=(0, 1))  # both together: three people
    assert [row.total for row in few.rows] == [100, None, None, None]
    alone = impact.tables([*counts("sex", x=(1, 4)), *counts("race", a=(0, 2), b=(1, 2))])
    assert all(each.people is None for each in alone)


@pytest.mark.row("P18")
def test_no_hidden_count_can_be_had_from_another_category() -> None:
    sex = counts("sex", man=(10, 40), woman=(10, 40), other=(9, 30))
    race = counts("race", a=(15, 57), b=(14, 53))
    both = [
        Count(category="sex x race", group=f"{one} x {other}", selected=1, total=total)
        for one, other, total in (
            ("man", "a", 20), ("man", "b", 20), ("woman", "a", 25), ("woman", "b", 15),
            ("other", "a", 12), ("other", "b", 18),
        )
    ]  # fmt: skip
    assert None not in shown(sex, race, both)["sex x race"].values()
    both[2], both[3] = (
        one.model_copy(update={"total": total}) for one, total in zip(both[2:4], (37, 3), strict=True)
    )
    told = shown(sex, race, both)
    assert None not in {**told["sex"], **told["race"]}.values()
    left = {group for group, total in told["sex x race"].items() if total is not None}
    assert left == {"man x a", "man x b"}  # every sum that is shown has two hidden parts, or none


def test_where_nobody_is_chosen_nothing_is_compared() -> None:
    found = table(male=(0, 50), female=(0, 40))
    assert found.best is None and all(row.ratio is None and not row.marks for row in found.rows)


@pytest.mark.parametrize(
    "text",
    [
        "category,group,selected,total\nsex,male,90,80\n",
        "category,group,selected,total\nsex,male,-1,80\n",
        "category,group,selected\nsex,male,1\n",
        "category,group,selected,total\nsex,male,many,80\n",
    ],
)
def test_counts_that_do_not_add_up_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match="cannot be read"):
        impact.load(path)
    with pytest.raises(BadInput, match="twice"):
        impact.tables([*counts("sex", male=(1, 8)), *counts("sex", male=(2, 9))])


@given(st.integers(0, 40), st.integers(0, 60), st.integers(0, 40), st.integers(0, 60))
def test_both_ways_of_the_exact_test_agree(a: int, b: int, c: int, d: int) -> None:
    whole = exact.two_sided(a, a + b, c, c + d)
    assert exact._by_logarithms(a, a + b, a + c, c + d) == pytest.approx(whole, rel=1e-8)


def test_the_largest_counts_are_answered() -> None:
    most = impact.COUNT_MAX
    assert exact.two_sided(most // 2, most, most // 2, most) == 1
    assert exact.two_sided(500_000, most, 501_500, most) == pytest.approx(0.0340, abs=5e-4)
    assert exact.two_sided(most, most, 0, most) == 0


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_exact_test_is_one_for_equal_shares_and_blind_to_order(a: int, b: int, c: int, d: int) -> None:
    p = exact.two_sided(a, a + b, c, c + d)
    assert 0 < p <= 1
    assert p == exact.two_sided(c, c + d, a, a + b) == exact.two_sided(b, a + b, d, c + d)
    here = comb(a + b, a) * comb(c + d, c) / comb(a + b + c + d, a + c)
    assert p >= here * (1 - 1e-12)
    if a * (c + d) == c * (a + b):
        assert p == 1
