"""Homepages, feeds and proceedings: stored pages with ETag, Last-Modified and 304."""

from urllib.parse import urlencode

from invented.archive import Archive
from invented.moments import http_date
from invented.wire import Answer, Asked, as_text


def unchanged(asked: Asked, etag: str, modified: int | None = None) -> bool:
    """Say whether the client already has this version."""
    tag = asked.headers.get("if-none-match")
    if tag is not None:  # a tag outranks a date
        return etag.removeprefix("W/") in [part.strip().removeprefix("W/") for part in tag.split(",")]
    since = asked.headers.get("if-modified-since")
    return since is not None and modified is not None and since == http_date(modified)


class Sites:
    """Answers for every host that has pages in the archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.hosts = {host for (host,) in archive.rows("SELECT DISTINCT host FROM page")}

    def answer(self, asked: Asked) -> Answer:
        """Return the page, 304, or 404 as HTML."""
        if asked.method not in ("GET", "HEAD"):
            return as_text("method not allowed\n", "text/plain", 405, Allow="GET, HEAD")
        path = f"{asked.path}?{urlencode(asked.query)}" if asked.query else asked.path
        page = self._archive.doc("SELECT doc FROM page WHERE host = ? AND path = ?", asked.host, path)
        if page is None and asked.query:  # most sites ignore a query they do not know
            page = self._archive.doc(
                "SELECT doc FROM page WHERE host = ? AND path = ?", asked.host, asked.path
            )
        if page is None:
            return as_text(
                "<!doctype html><title>404</title><h1>Not found</h1>\n", "text/html; charset=utf-8", 404
            )
        headers = {
            "ETag": page["etag"],
            "Last-Modified": http_date(page["modified"]),
            "Cache-Control": "max-age=600",
            **page["headers"],
        }
        if page["status"] == 200 and unchanged(asked, page["etag"], page["modified"]):
            return Answer(status=304, headers=headers)
        if page["status"] == 503:
            headers = {"Retry-After": "3600"}
        return as_text(page["body"], page["type"], page["status"], **headers)
