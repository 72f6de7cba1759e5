"""A raw socket on loopback that reads whole requests, for servers that answer what no well-behaved one would."""

import socket
import threading
from contextlib import suppress


class Loopback:
    """Accepts connections until it is closed, each in a thread of its own; who inherits says what is answered."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.pin = f"http://127.0.0.1:{self.port}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def connected(self) -> None:
        """Called once a connection, whether or not anything is asked on it."""

    def answered(
        self, method: str, path: str, headers: dict[str, str], body: bytes, to: socket.socket
    ) -> bool | None:
        """Answer one request. headers: by lower-case name. Return whether another one may follow on the connection."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._accepting.join(5)  # or it would take a connection of whoever is given the same descriptor next
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connected()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(30)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or a second answer waits 40 ms
            while self._asked(connection):
                pass

    def _asked(self, connection: socket.socket) -> bool:
        """Read and answer one request; return whether another one may follow."""
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return False
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
        while len(body) < int(headers.get("content-length", "0")):
            part = connection.recv(65536)
            if not part:
                return False
            body += part
        method, path, _ = first.split(" ", 2)
        return bool(self.answered(method, path, headers, body, connection))
