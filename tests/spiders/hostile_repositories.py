"""Repositories that want to run, write or cost something, made of objects no git would write."""

import hashlib
import zlib

WANTED = "data/xml/2026.inv.xml"
BOMB = b'<collection id="2026.inv"/>' + b" " * (16 * 1024 * 1024)


def raw(made, kind, body):
    """Write any object, well formed or not, and return its name; thousands of them need no process each."""
    whole = f"{kind} {len(body)}\0".encode() + body
    name = hashlib.sha1(whole).hexdigest()
    place = made.path / ".git" / "objects" / name[:2] / name[2:]
    place.parent.mkdir(exist_ok=True)
    if not place.exists():  # git's own are read-only
        place.write_bytes(zlib.compress(whole, 1))
    return name


def tree(made, *entries):
    """Write a tree of (mode, name, object), names unchecked."""
    rows = [f"{mode} ".encode() + name + b"\0" + bytes.fromhex(sha) for mode, name, sha in entries]
    return raw(made, "tree", b"".join(rows))


def commit(
    made, tree_sha, *, author=b"Mira <mira@pages.example> 1700000000 +0000", extra=b"", message=b"x\n"
):
    body = (
        b"tree "
        + tree_sha.encode()
        + b"\nauthor "
        + author
        + b"\ncommitter "
        + author
        + b"\n"
        + extra
        + b"\n"
    )
    made.run("update-ref", "refs/heads/main", raw(made, "commit", body + message))


def file(made, content=b"x"):
    return raw(made, "blob", content)


def at(made, path, mode="100644", content=b"x", sha=None):
    """Commit one entry at a path of any shape."""
    *folders, name = path.encode().split(b"/")
    entry = (mode, name, sha or file(made, content))
    for folder in reversed(folders):
        entry = ("40000", folder, tree(made, entry))
    commit(made, tree(made, entry))


def tree_bomb(made):
    entry = ("100644", b"a", file(made))
    for _ in range(9):
        entry = ("40000", b"a", tree(made, *[(entry[0], b"%d" % n, entry[2]) for n in range(10)]))
    commit(made, entry[2])


def traps(made, marker):
    (made.path / ".gitattributes").write_text("* filter=evil diff=evil merge=evil ident export-subst\n")
    (made.path / ".gitconfig").write_text(f'[core]\n\tfsmonitor = "touch {marker}"\n')
    (made.path / ".lfsconfig").write_text(f'[lfs]\n\turl = "ext::sh -c touch% {marker}"\n')
    made.commit("Traps")


def submodule(made, url):
    (made.path / ".gitmodules").write_text(
        f'[submodule "x"]\n\tpath = x\n\turl = {url}\n\tupdate = !touch x\n'
    )
    made.run("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},x")
    made.commit("Submodule")


def link(made, path, target):
    place = made.path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)
    made.commit("Link", path="other.py")


def hook(made, marker):
    for name in ("post-checkout", "post-receive", "pre-auto-gc", "reference-transaction", "update"):
        script = made.path / ".git" / "hooks" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\ntouch {marker}\n")
        script.chmod(0o755)
    made.commit("Hooks")


HUGE = b"99999999999999999999"
REPOSITORIES = {
    # names of a tree that a checkout would write elsewhere, or that another program would read as an order
    "submodule over ext": lambda made, marker: submodule(made, f"ext::sh -c touch% {marker}"),
    "submodule over file": lambda made, marker: submodule(made, "file:///etc"),
    "submodule like an option": lambda made, marker: submodule(made, f"--upload-pack=touch {marker}"),
    "submodule where a file is wanted": lambda made, marker: at(made, WANTED, "160000", sha="b" * 40),
    "link to a file outside": lambda made, marker: link(made, WANTED, "/etc/passwd"),
    "link to a folder outside": lambda made, marker: link(made, "data/xml", "/etc"),
    "link as mailmap": lambda made, marker: link(made, ".mailmap", "/etc/passwd"),
    "folder up": lambda made, marker: at(made, "../../../marker.md"),
    "folder up where files are wanted": lambda made, marker: at(made, "data/xml/../2026.inv.xml"),
    "absolute path": lambda made, marker: at(made, str(marker)),
    "git folder": lambda made, marker: at(made, ".git/hooks/post-checkout", "100755", b"#!/bin/sh\ntouch x"),
    "git folder in capitals": lambda made, marker: at(made, ".GIT/config", content=b"[core]\nfsmonitor=x"),
    "git folder with joiners": lambda made, marker: at(made, ".g\u200cit/config"),
    "git folder for windows": lambda made, marker: at(made, "GIT~1/config"),
    "file like an option": lambda made, marker: at(made, f"--output={marker}"),
    "wanted file like an option": lambda made, marker: at(made, "data/xml/2026.--output=x.xml"),
    "line ends in a name": lambda made, marker: at(made, "data/xml/2026.a\nb\tc.xml"),
    "bytes that are no text in a name": lambda made, marker: commit(
        made, tree(made, ("100644", b"\xff\xfe\x1b[31m.md", file(made)))
    ),
    "very long name": lambda made, marker: at(made, "n" * 60_000),
    "deep folders": lambda made, marker: at(made, "/".join(["d"] * 2_000)),
    "unknown mode": lambda made, marker: at(made, WANTED, "100777"),
    "same name twice": lambda made, marker: commit(
        made, tree(made, ("100644", b"a", file(made)), ("100755", b"a", file(made, b"y")))
    ),
    # contents
    "traps in attributes and configuration": traps,
    "hooks": hook,
    "mailmap without end": lambda made, marker: at(made, ".mailmap", content=b"A <a@b.example> <" * 300_000),
    "wanted file that unpacks": lambda made, marker: at(made, WANTED, content=BOMB),
    "wanted file with entities": lambda made, marker: at(
        made,
        WANTED,
        content=b'<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><collection>&x;</collection>',
    ),
    "wanted file is empty": lambda made, marker: at(made, WANTED, content=b""),
    "trees of trees": lambda made, marker: tree_bomb(made),
    # commits
    "no author": lambda made, marker: commit(made, tree(made), author=b""),
    "author of signs": lambda made, marker: commit(made, tree(made), author=b"<<>> <>>\x00< 1 +0000"),
    "date of the far future": lambda made, marker: commit(
        made, tree(made), author=b"M <m@x.example> " + HUGE + b" +0000"
    ),
    "date before the beginning": lambda made, marker: commit(
        made, tree(made), author=b"M <m@x.example> -" + HUGE + b" -9999"
    ),
    "unknown encoding": lambda made, marker: commit(made, tree(made), extra=b"encoding ../../UTF-7\n"),
    "signature of a program": lambda made, marker: commit(
        made,
        tree(made),
        extra=b"gpgsig -----BEGIN PGP SIGNATURE-----\n  --output=x\n -----END PGP SIGNATURE-----\n",
    ),
    "message without end": lambda made, marker: commit(made, tree(made), message=b"m" * 17_000_000),
    "credits without end": lambda made, marker: commit(
        made, tree(made), message=b"t\n\n" + b"Co-authored-by: A <a%d@b.example>\n" * 40_000
    ),
    "message like a history": lambda made, marker: commit(
        made,
        tree(made),
        message=b"s\n\x1b]0;owned\x07commit " + b"f" * 40 + b"\nauthor Victim <v@x.example>\n",
    ),
    "tree that is missing": lambda made, marker: commit(made, "c" * 40),
    "tree that is a file": lambda made, marker: commit(made, file(made)),
    # references
    "branch like an option": lambda made, marker: (
        made.commit("One"),
        (made.path / ".git/refs/heads/--upload-pack=touch x").write_text(
            made.run("rev-parse", "HEAD") + "\n"
        ),
    ),
    "newest commit is a file": lambda made, marker: (made.path / ".git/refs/heads/main").write_text(
        file(made) + "\n"
    ),
    "newest commit is missing": lambda made, marker: (
        made.commit("One"),
        (made.path / ".git/refs/heads/main").write_text("d" * 40 + "\n"),
    ),
    "newest commit is a tag of a tag": lambda made, marker: (
        made.commit("One"),
        made.run(
            "tag", "-a", "-m", "x", "t", "HEAD", GIT_COMMITTER_NAME="M", GIT_COMMITTER_EMAIL="m@x.example"
        ),
        (made.path / ".git/refs/heads/main").write_text(made.run("rev-parse", "t") + "\n"),
    ),
    "replaced and grafted": lambda made, marker: made.run("replace", made.commit("One"), made.commit("Two")),
}
