"""Groups of people, against sets of numbers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import groups
from storage.groups import Group

SIZES = st.sampled_from([1, 7, 64, 65, 300, 4_096, 70_001])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[int, set[int], set[int]]:
    """Two sets of places below a size, each of few, of many, or of all but few."""

    def members() -> set[int]:
        few = draw(st.sets(st.integers(0, size - 1), max_size=9))
        step = draw(st.sampled_from([0, 1, 2, 13, 5_000]))
        return few if step == 0 else set(range(0, size, step)) - few

    size = draw(SIZES)
    return size, members(), members()


def held(one: Group) -> set[int]:
    return set(one.members().tolist())


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_groups_combine_as_sets_do(drawn: tuple[int, set[int], set[int]]) -> None:
    size, left, right = drawn
    one, other = groups.of(left, size), groups.of(np.array(sorted(right), dtype=np.int64), size)
    everybody = set(range(size))
    assert (held(one), one.count()) == (left, len(left))
    assert held(one & other) == left & right
    assert held(one | other) == left | right
    assert held(one - other) == left - right
    assert held(~one) == everybody - left and (~one).count() == size - len(left)
    assert set(np.flatnonzero(one.mask()).tolist()) == left and len(one.mask()) == size
    assert held(groups.of_mask(one.mask())) == left
    asked = np.array(sorted(everybody)[:: max(1, size // 50)], dtype=np.uint32)
    assert one.has(asked).tolist() == [place in left for place in asked.tolist()]
    assert held(groups.of([*left, *left, size, size + 9], size)) == left
    assert held(groups.every(size)) == everybody and held(groups.nobody(size)) == set()
