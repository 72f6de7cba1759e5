"""Repositories made commit by commit, and a host that serves them over smart HTTP."""

import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BASE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
}


class Made:
    """A small repository written commit by commit, with fixed dates."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = 1_700_000_000
        self.run("init", "-q", "-b", "main", str(path), here=None)

    def run(self, *arguments: str, here: Path | None = Path(), **environment: str) -> str:
        place = [] if here is None else ["-C", str(self.path)]
        done = subprocess.run(
            ["git", *place, *arguments], env=BASE | environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(
        self, subject: str, name="Mira", mail="mira@pages.example", path="a.py", by=None, **environment
    ) -> str:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{subject}{self.clock}")
        self.run("add", "-A")
        self.clock += 60
        who = by or (name, mail)
        self.run(
            "commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m", subject,
            **{"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail,
               "GIT_COMMITTER_NAME": who[0], "GIT_COMMITTER_EMAIL": who[1],
               "GIT_AUTHOR_DATE": f"{self.clock} +0200", "GIT_COMMITTER_DATE": f"{self.clock} +0000"} | environment,
        )  # fmt: skip
        return self.run("rev-parse", "HEAD")


class Served:
    """Smart HTTP over `git http-backend`; counts requests, may refuse or move repositories."""

    def __init__(self, root: Path) -> None:
        served = self
        self.root = root
        self.log: list[tuple[str, str]] = []
        self.moved: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                self.answer(b"")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def answer(self, body: bytes) -> None:
                path, _, query = self.path.partition("?")
                served.log.append((self.headers["Host"], self.path))
                name = path.removeprefix("/").partition(".git")[0]
                if name in served.moved:
                    self.send_response(301)
                    self.send_header("Location", self.path.replace(name, served.moved[name]))
                    self.end_headers()
                    return
                done = subprocess.run(
                    ["git", "http-backend"], input=body, capture_output=True, check=False,
                    env=BASE | {"GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                                "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1",
                                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                                "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")},
                )  # fmt: skip
                head, _, content = done.stdout.partition(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
                self.send_response(int(fields.pop("Status", "200").split()[0]))
                for field, value in fields.items():
                    self.send_header(field, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.pin = f"http://127.0.0.1:{self.server.server_address[1]}"

    def new(self, name: str) -> Made:
        """Return a new repository that this host serves."""
        made = Made(self.root / f"{name}.git")
        made.run("config", "uploadpack.allowFilter", "true")
        made.run("config", "uploadpack.allowAnySHA1InWant", "true")
        return made

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
