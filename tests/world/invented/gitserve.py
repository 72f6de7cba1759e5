"""github.com as git sees it: smart HTTP over `git upload-pack`, partial fetches allowed; the rest is 406."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from invented.archive import Archive
from invented.bare import CLEAN_GIT
from invented.volumes import Volumes
from invented.wire import Answer, Asked, as_text

_PATH = re.compile(r"^/([A-Za-z0-9._-]+)/([A-Za-z0-9._-]+?)(?:\.git)?/(info/refs|git-upload-pack)$")
_NO_CACHE = {
    "Cache-Control": "no-cache, max-age=0, must-revalidate",
    "Expires": "Fri, 01 Jan 1980 00:00:00 GMT",
    "Pragma": "no-cache",
}


class GitHost:
    """Serves the bare repositories below the world's root."""

    def __init__(self, archive: Archive, root: Path) -> None:
        self._archive, self._root = archive, root
        self._volumes = Volumes(archive, root)

    def answer(self, asked: Asked) -> Answer:
        """Return what a git client needs; 404 unknown, 301 renamed, 406 for pages of the site."""
        asks = _PATH.match(asked.path)
        if asks is None:
            return as_text("this host serves git only; its pages are not for machines\n", "text/plain", 406)
        owner, name, verb = asks.groups()
        full = f"{owner}/{name}"
        volume = self._volumes.folder(full)
        if volume is not None:
            return self._refs(asked, volume) if verb == "info/refs" else self._pack(asked, volume)
        found = self._archive.doc("SELECT doc FROM repository WHERE name = ?", full)
        if found is None:
            moved = self._archive.rows(
                "SELECT r.name FROM former f JOIN repository r ON r.id = f.repository WHERE f.name = ?", full
            )
            if not moved:
                return as_text("Repository not found.\n", "text/plain", 404)
            query = f"?service={asked.query['service']}" if "service" in asked.query else ""
            return Answer(status=301, headers={"Location": f"/{moved[0][0]}.git/{verb}{query}"})
        folder = self._root / found["folder"]
        if verb == "info/refs":
            return self._refs(asked, folder)
        return self._pack(asked, folder)

    def _command(self, asked: Asked, folder: Path, *more: str) -> tuple[list[str], dict[str, str]]:
        command = [
            "git",
            "-c",
            "safe.directory=*",
            "-c",
            "uploadpack.allowFilter=true",
            "-c",
            "uploadpack.allowAnySHA1InWant=true",
            "upload-pack",
            "--stateless-rpc",
            *more,
            str(folder),
        ]
        protocol = asked.headers.get("git-protocol", "")
        return command, {**CLEAN_GIT, **({"GIT_PROTOCOL": protocol} if protocol else {})}

    def _refs(self, asked: Asked, folder: Path) -> Answer:
        if asked.query.get("service") != "git-upload-pack":
            return as_text("Please upgrade your git client.\n", "text/plain", 403)
        command, env = self._command(asked, folder, "--advertise-refs")
        body = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE).stdout
        if "version=2" not in asked.headers.get("git-protocol", ""):
            body = b"001e# service=git-upload-pack\n0000" + body
        return Answer(
            body=body, headers={"Content-Type": "application/x-git-upload-pack-advertisement", **_NO_CACHE}
        )

    def _pack(self, asked: Asked, folder: Path) -> Answer:
        command, env = self._command(asked, folder)
        return Answer(
            body=_run(command, env, asked.body),
            headers={"Content-Type": "application/x-git-upload-pack-result", **_NO_CACHE},
        )


def _run(command: list[str], env: dict[str, str], body: bytes) -> Iterator[bytes]:
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as git:
        assert git.stdin is not None and git.stdout is not None
        git.stdin.write(body)  # upload-pack reads all of it before it writes
        git.stdin.close()
        while piece := os.read(git.stdout.fileno(), 64 * 1024):
            yield piece
