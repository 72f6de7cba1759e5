"""The invented bylines of the measurement: the same again, readable, and alike at any size."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

from sourcing.resolve import neutral

write = runpy.run_path(str(Path(__file__).with_name("mentions.py")))["write"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    home = tmp_path_factory.mktemp("bylines")
    made = {size: home / f"{size}.jsonl" for size in (1_000, 8_000)}
    for size, path in made.items():
        write(path, size, 4)
    return made


def test_one_seed_makes_one_file(files: dict[int, Path], tmp_path: Path) -> None:
    write(tmp_path / "again", 1_000, 4)
    write(tmp_path / "other", 1_000, 5)
    assert (tmp_path / "again").read_bytes() == files[1_000].read_bytes()
    assert (tmp_path / "other").read_bytes() != files[1_000].read_bytes()


def test_as_many_pairs_share_a_name_at_any_size(files: dict[int, Path]) -> None:
    shares = []
    for size, path in files.items():
        records = list(neutral.load_records(path))
        assert len(records) == size
        named = Counter(one.name for one in records)
        shares.append(sum(times * (times - 1) // 2 for times in named.values()) / size)
    assert 0.5 < shares[0] <= shares[1] < 1.6 * shares[0]
