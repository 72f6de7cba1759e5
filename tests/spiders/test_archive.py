"""Recent pages on disk: whole or not there, the same bytes for the same page."""

import os

from spiders.archive import Archive

SHA = "ab" * 32


def test_a_page_is_found_until_it_is_dropped(tmp_path):
    archive = Archive(tmp_path)
    path = archive.put(SHA, b"body")
    first = path.read_bytes()
    assert (path, archive.find(SHA)) == (tmp_path / "pages" / "ab" / f"{SHA}.gz", b"body")
    assert archive.put(SHA, b"body").read_bytes() == first
    assert archive.drop(SHA) and not archive.drop(SHA) and archive.find(SHA) is None


def test_a_damaged_page_is_not_half_a_page(tmp_path):
    archive = Archive(tmp_path)
    path = archive.put(SHA, b"body" * 100)
    path.write_bytes(path.read_bytes()[:20])
    assert archive.find(SHA) is None


def test_the_sweep_keeps_what_was_seen_lately(tmp_path):
    archive = Archive(tmp_path)
    os.utime(archive.put(SHA, b"old"), (1000, 1000))
    archive.put("cd" * 32, b"new")
    assert archive.sweep(before=2000) == 1
    assert (archive.find(SHA), archive.find("cd" * 32)) == (None, b"new")
