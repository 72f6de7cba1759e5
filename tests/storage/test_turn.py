"""Readers of one SQLite store take turns, and none of them ever stands still for another."""

from threading import Event, Thread

from storage.engine import Store
from storage.turn import Turn

FOR_EVER_S, LONG_S = 3_600.0, 30.0


def beside(turn: Turn) -> Event:
    """Take a turn in another thread; return what is set once it has it."""
    has = Event()

    def take() -> None:
        with turn.taken():
            has.set()

    Thread(target=take, daemon=True).start()
    return has


def test_a_second_thread_waits_for_its_turn() -> None:
    turn = Turn(FOR_EVER_S)
    with turn.taken():
        has = beside(turn)
        assert not has.wait(0.05)
    assert has.wait(LONG_S)


def test_who_has_had_the_turn_for_long_is_not_waited_for() -> None:
    turn = Turn(0.0)
    with turn.taken():
        assert beside(turn).wait(LONG_S)


def test_a_thread_may_read_while_it_reads(store: Store) -> None:
    with store.read() as outer, store.read() as inner:
        assert outer is not inner
