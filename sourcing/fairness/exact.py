"""Fisher's exact test of a two-by-two table: no approximation that small groups would break."""

from collections.abc import Iterator
from fractions import Fraction
from math import comb, exp, lgamma

WHOLE_MAX = 2_000
"""People in all up to which the test is made in whole numbers; above, by logarithms, right to nine digits."""
_SLACK = (
    1e-9  # tables as likely as the one at hand count, too, though their logarithms differ in the last digits
)
_DUST = 1e-18


def two_sided(chosen: int, of: int, other_chosen: int, other_of: int) -> float:
    """Return how often chance alone would part two groups at least so unevenly, 0–1.

    chosen, other_chosen: how many of `of` and of `other_of` people. The sum of the probabilities of all tables with the
    same margins that are no likelier than this one (Fisher 1922; Agresti, Categorical Data Analysis, §3.5.3).
    Raises ValueError unless 0 <= chosen <= of in both groups.
    """
    if not (0 <= chosen <= of and 0 <= other_chosen <= other_of):
        raise ValueError("more are chosen than there are")
    total = chosen + other_chosen
    if of + other_of > WHOLE_MAX:
        return _by_logarithms(chosen, of, total, other_of)
    ways = list(_ways(of, total, other_of))
    here = ways[chosen - max(0, total - other_of)]
    return float(Fraction(sum(way for way in ways if way <= here), sum(ways)))


def _ways(of: int, total: int, other_of: int) -> Iterator[int]:
    """Yield in how many ways each number of the first group can be among those chosen, from the least on."""
    low, high = max(0, total - other_of), min(of, total)
    way = comb(of, low) * comb(other_of, total - low)
    for count in range(low, high + 1):
        yield way
        way = way * (of - count) * (total - count) // ((count + 1) * (other_of - total + count + 1))


def _by_logarithms(chosen: int, of: int, total: int, other_of: int) -> float:
    """Return the same for many people: the two tails alone, each from where it begins until nothing is left to add."""
    low, high = max(0, total - other_of), min(of, total)
    whole = _log_comb(of + other_of, total)

    def log(count: int) -> float:
        return _log_comb(of, count) + _log_comb(other_of, total - count) - whole

    bound = log(chosen) + _SLACK
    mode = min(high, max(low, (of + 1) * (total + 1) // (of + other_of + 2)))
    if log(mode) <= bound:
        return 1.0

    def first(near: int, far: int) -> int | None:
        """Return the place nearest the mode, between it and an end, from which on tables are no likelier."""
        if log(far) > bound:
            return None
        while abs(far - near) > 1:
            middle = (near + far) // 2
            near, far = (middle, far) if log(middle) > bound else (near, middle)
        return far

    def tail(begin: int | None, end: int, step: int) -> float:
        added = 0.0
        for count in range(begin, end + step, step) if begin is not None else ():
            one = exp(log(count))
            added += one
            if one <= added * _DUST:
                break
        return added

    return min(1.0, tail(first(mode, low), low, -1) + tail(first(mode, high), high, 1))


def _log_comb(of: int, count: int) -> float:
    return lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)
