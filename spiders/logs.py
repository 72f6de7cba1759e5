"""Structured logs: one JSON object a line on stderr, control characters escaped, secrets never.

Events carry ids and counts; names, addresses and tokens are not logged at all. What still slips into a library's
message is blanked here, because logs outlive the run.
"""

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, TextIO

_TOKEN = re.compile(
    r"(gh[opsur]_\w{10,}|github_pat_\w{10,}|(?i:bearer|basic|token)\s+[\w.+/=~-]{8,}|//[^/\s@]+@)"
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_FLOORS = {
    "scrapy": logging.CRITICAL, "twisted": logging.CRITICAL, "httpx": logging.WARNING, "httpcore": logging.WARNING,
    "asyncio": logging.WARNING,
}  # fmt: skip


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text fit for one log line: secrets and addresses blanked, control characters escaped."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    text = _MAIL.sub("[address removed]", _TOKEN.sub("[secret]", text))
    return _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


class Log:
    """A named log of events: a sentence of a few words, and values by name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def info(self, event: str, **values: object) -> None:
        """Note what happened."""
        self._say("info", event, values)

    def error(self, event: str, **values: object) -> None:
        """Note what went wrong and should not."""
        self._say("error", event, values)

    def _say(self, method: str, event: str, values: Mapping[str, object]) -> None:
        import structlog  # a child that has nothing to say does not wait for it: 60 ms, a fifth of its start

        for handler in logging.getLogger().handlers:
            if isinstance(handler, _Late):
                handler.load()
        getattr(structlog.get_logger(self._name), method)(event, **values)


def set_up(*, secrets: Iterable[str] = (), stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send every event, our own and libraries', as JSON lines to `stream` (default stderr)."""
    handler = _Late(tuple(secret for secret in secrets if secret), stream or sys.stderr, level)
    handler.addFilter(_is_wanted)  # on the handler: Scrapy sets the level of its own loggers when it starts
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


class _Late(logging.Handler):
    """Writes events as JSON lines; what does the writing is loaded with the first."""

    def __init__(self, hidden: tuple[str, ...], stream: TextIO, level: int) -> None:
        super().__init__()
        self._hidden, self._stream, self._least = hidden, stream, level
        self._writer: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write one event."""
        self.load().handle(record)

    def load(self) -> logging.Handler:
        """Return what writes, made now if this is the first event."""
        if self._writer is None:
            self._writer = _writer(self._hidden, self._stream, self._least)
        return self._writer


def _writer(hidden: tuple[str, ...], stream: TextIO, level: int) -> logging.Handler:
    """Return a handler that writes JSON lines without secrets, and have structlog send its events there."""
    import structlog

    def blank(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {
            key: clean(value, hidden) if isinstance(value, str) else value for key, value in event.items()
        }

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        blank,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=True, default=_as_text),
            ],
        )
    )
    return handler


def _is_wanted(record: logging.LogRecord) -> bool:
    """Return whether a library's event is worth a line; most say only which page was asked, which an outcome says."""
    return record.levelno >= _FLOORS.get(record.name.partition(".")[0], logging.NOTSET)


def _as_text(value: object) -> str:
    """Return an odd value as a clean text, so that an object's own repr cannot smuggle a secret."""
    return clean(str(value))
