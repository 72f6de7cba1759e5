"""Any fault on any request, dealt by a seed: after enough nights the store is as if nothing had happened.

SOURCER_FAULT_SEED replays one seed; SOURCER_FAULT_SEEDS says how many there are (default: few, for the suite).
"""

import os

import pytest
from guild_faults import FAULTS, schedule
from guild_server import GUILD, NEIGHBOUR, Asked

SEEDS = int(os.environ.get("SOURCER_FAULT_SEEDS", "8"))
ONE = os.environ.get("SOURCER_FAULT_SEED")
CHOSEN = range(SEEDS) if ONE is None else [int(ONE)]
NIGHTS_MAX = 60


@pytest.mark.parametrize("seed", CHOSEN)
@pytest.mark.parametrize("share", [0.05, 0.3])
def test_whatever_happens_the_store_ends_up_the_same(nights, clean, server, seed, share):
    dealt: list[str] = []
    server.rule = schedule(seed, share, hosts=(GUILD, NEIGHBOUR), note=dealt.append)
    nights.total_s = 1.0
    nights.night()
    for _ in range(NIGHTS_MAX):
        if nights.next_due() is None and nights.is_finished():
            break
        nights.night_when_due()
    told = f"replay with SOURCER_FAULT_SEED={seed}: {share:.0%} of requests, dealt:\n" + "\n".join(dealt)
    assert nights.left() == [] and nights.is_finished(), told
    assert nights.digests() == clean(), told


def test_every_fault_is_dealt_and_a_seed_deals_the_same_again(server):
    def dealt(seed):
        heard = []
        rule = schedule(seed, 0.3, hosts=(GUILD,), note=heard.append)
        for number in range(400):
            rule(Asked(GUILD, "/", {}, number, 0.0))
        return heard

    assert dealt(1) == dealt(1) != dealt(2)
    assert {line.rpartition(": ")[2] for seed in range(4) for line in dealt(seed)} == set(FAULTS)
