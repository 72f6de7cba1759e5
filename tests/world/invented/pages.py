"""Personal pages, robots files, feeds and proceedings, as rows of the page table."""

import hashlib
from collections.abc import Iterator
from datetime import date
from html import escape
from typing import Any

from invented.moments import DAY_S, at, end_of, http_date, iso, stream
from invented.papers import Paper
from invented.people import Person
from invented.vocabulary import AREAS, SPECIALISMS, VENUES

PROCEEDINGS = "proceedings.conf.example"
LAB, BROKEN = "marrowlab.pages.example", "broken-feed.pages.example"
Row = tuple[str, str, dict[str, Any]]
HTML, RSS, ATOM, TEXT = (
    "text/html; charset=utf-8",
    "application/rss+xml",
    "application/atom+xml",
    "text/plain; charset=utf-8",
)


def row(
    host: str, path: str, body: str, modified: int, *, kind: str = HTML, status: int = 200, **headers: str
) -> Row:
    """Return one page row; its ETag follows from the body."""
    tag = hashlib.sha256(body.encode()).hexdigest()[:16]
    return (
        host,
        path,
        {
            "status": status,
            "type": kind,
            "body": body,
            "etag": f'"{tag}"',
            "modified": modified,
            "headers": headers,
        },
    )


def split(address: str) -> tuple[str, str]:
    """Return host and path of an address."""
    host, _, path = address.removeprefix("https://").partition("/")
    return host, "/" + path


def feed_of(person: Person) -> str | None:
    """Return the address of a person's feed, None if they do not blog."""
    if person.homepage is None or int(person.key[1:]) % 5 or "two_claimants" in person.cases:
        return None
    return person.homepage.rstrip("/") + ("/feed.xml" if int(person.key[1:]) % 2 else "/atom.xml")


def _links(person: Person) -> list[tuple[str, str]]:
    out = []
    if person.account is not None and person.page_links_back:
        out.append((f"https://github.com/{person.account.login}", "GitHub"))
    if person.scholar:
        out.append((f"https://scholar.google.com/citations?user={person.scholar}", "Google Scholar"))
    if person.orcid:
        out.append((f"https://orcid.org/{person.orcid}", "ORCID"))
    if person.openreview:
        out.append((f"https://openreview.net/profile?id={person.openreview}", "OpenReview"))
    return out


def _page(person: Person, works: list[Paper], extra: str = "", others: tuple[Person, ...] = ()) -> str:
    name, own = person.name, person.name.native
    title = f"{escape(name.roman)}" + (f" ({escape(own)})" if own else "")
    links = [link for whose in (person, *others) for link in _links(whose)]
    listed = "".join(f'  <li><a href="{escape(href)}" rel="me">{label}</a></li>\n' for href, label in links)
    for paper in [paper for paper in works if paper.on_arxiv][-5:]:
        heading = escape(" ".join(paper.title.split()))
        listed += f'  <li><a href="https://arxiv.org/abs/{paper.id}">{heading}</a></li>\n'
    feed = feed_of(person)
    found = (
        f'<link rel="alternate" type="{RSS if feed.endswith("feed.xml") else ATOM}" href="{feed}">\n'
        if feed
        else ""
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"{found}</head>\n"
        f"<body>\n<h1>{title}</h1>\n<p>I work on {person.specialism.replace('-', ' ')}"
        f"{' at ' + escape(person.affiliation) if person.affiliation else ''}.</p>\n<ul>\n{listed}</ul>\n"
        f"{extra}</body>\n</html>\n"
    )


_EXTRAS = {
    "trap_links": '<p><a href="http://127.0.0.1/">my machine</a> '
    '<a href="http://169.254.169.254/latest/">cloud</a> '
    '<a href="file:///etc/passwd">file</a> <a href="javascript:alert(1)">run</a> <a '
    'href="https://elsewhere.example/cv.html">CV</a></p>\n',
    "robots_disallow": '<p><a href="/private/cv.html">CV</a> <a href="/talks.html">Talks</a></p>\n',
    "opted_out": "<p>No recruiters, please. Do not contact me about jobs and do not list me anywhere.</p>\n",
    "opted_out_page": "<p>転職のお誘いやスカウトはご遠慮ください。</p>\n",
}


def homepages(people: list[Person], papers: list[Paper]) -> Iterator[Row]:
    """Yield everybody's pages with their robots files, and the page of a lab."""
    written: dict[str, list[Paper]] = {}
    for paper in papers:
        for person in paper.authors:
            written.setdefault(person.key, []).append(paper)
    shared = [person for person in people if "two_claimants" in person.cases]
    for person in people:
        if person.homepage is None or person in shared[1:]:
            continue
        host, path = split(person.homepage)
        works = written.get(person.key, [])
        modified = max([at(date(2024, 2, 1)), *(paper.versions[0] for paper in works)])
        extra = "".join(text for case, text in _EXTRAS.items() if case in person.cases)
        if "opted_out" in person.cases and person.publishes:
            extra = ""  # the second one told the operator instead, not the world
        yield row(
            host, path, _page(person, works, extra, tuple(shared[1:]) if person in shared else ()), modified
        )
        yield from _robots(host, person)
        if "robots_disallow" in person.cases:
            yield row(host, "/private/cv.html", "<p>private</p>", modified)
            yield row(host, "/talks.html", "<h1>Talks</h1><p>KV cache, a love story.</p>", modified)
    yield from _lab(people)


def _robots(host: str, person: Person) -> Iterator[Row]:
    said = {
        "robots_disallow": "User-agent: *\nDisallow: /private/\n",
        "robots_delay": "User-agent: *\nCrawl-delay: 1\nDisallow:\n",
    }
    modified = at(date(2023, 1, 1))
    if "robots_missing" in person.cases:
        return
    if "robots_broken" in person.cases:
        yield row(host, "/robots.txt", "try later", modified, kind=TEXT, status=503)
        return
    text = next((said[case] for case in person.cases if case in said), "User-agent: *\nDisallow:\n")
    yield row(host, "/robots.txt", text, modified, kind=TEXT)


def _lab(people: list[Person]) -> Iterator[Row]:
    members = [person for person in people if person.affiliation == "Marrow Lab"][:8]
    cells = "".join(
        f"<li>{escape(person.name.roman)}"
        + "".join(f' <a href="{escape(href)}">{label}</a>' for href, label in _links(person))
        + "</li>\n"
        for person in members
    )
    body = (
        '<!doctype html><html><head><meta charset="utf-8"><title>Marrow Lab</title></head><body>\n'
        f"<h1>Marrow Lab: people</h1><ul>\n{cells}</ul></body></html>\n"
    )
    yield row(LAB, "/", body, at(date(2025, 9, 1)))
    yield row(LAB, "/robots.txt", "User-agent: *\nDisallow:\n", at(date(2023, 1, 1)), kind=TEXT)
    yield row(
        BROKEN, "/feed.xml", "<?xml version='1.0'?><rss><channel><title>cut", at(date(2025, 1, 1)), kind=RSS
    )
    yield row(BROKEN, "/robots.txt", "User-agent: *\nDisallow:\n", at(date(2023, 1, 1)), kind=TEXT)


def _posts(person: Person, seed: int, now: int) -> list[tuple[int, str, str]]:
    """Return moment, title and address of each post up to `now`, newest first."""
    rng, moment, out = stream(seed, "blog", person.key), at(date(2024, 3, 1)), []
    assert person.homepage is not None
    areas = AREAS.get(person.specialism, AREAS[SPECIALISMS[0]])
    while True:
        moment += rng.randrange(15 * DAY_S, 80 * DAY_S)
        if moment > now:
            return out[::-1]
        title = rng.choice(rng.choice(areas).subjects).format(
            n=rng.randrange(2, 60), verb="how we", chip="sm_90"
        )
        out.append((moment, f"Notes: {title}", f"{person.homepage.rstrip('/')}/posts/{len(out) + 1}.html"))


def feeds(people: list[Person], seed: int, until: date) -> Iterator[Row]:
    """Yield a feed for each person who blogs: RSS 2.0 or Atom, the newest ten posts."""
    now = end_of(until)
    for person in people:
        address = feed_of(person)
        if address is None:
            continue
        posts = _posts(person, seed, now)[:10]
        newest = posts[0][0] if posts else at(date(2024, 3, 1))
        name, home = escape(person.name.display), escape(person.homepage or "")
        host, path = split(address)
        if path.endswith("feed.xml"):
            items = "".join(
                f"<item><title>{escape(title)}</title><link>{link}</link><guid>{link}</guid><pubDate>"
                f"{http_date(when)}</pubDate>"
                f"<dc:creator>{name}</dc:creator></item>\n"
                for when, title, link in posts
            )
            body = (
                '<?xml version="1.0" encoding="UTF-8"?>\n'
                '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
                f"<title>{name}</title><link>{home}</link><description>Notes</description><ttl>720</ttl>\n"
                f"{items}</channel></rss>\n"
            )
        else:
            items = "".join(
                f'<entry><id>{link}</id><title>{escape(title)}</title><link href="{link}"/><updated>'
                f"{iso(when)}</updated>"
                f"<author><name>{name}</name><uri>{home}</uri></author></entry>\n"
                for when, title, link in posts
            )
            body = (
                '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><id>'
                f"{home}</id><title>{name}</title>"
                f'<link href="{home}"/><updated>{iso(newest)}</updated>\n{items}</feed>\n'
            )
        yield row(host, path, body, newest, kind=RSS if path.endswith("feed.xml") else ATOM)


def proceedings(papers: list[Paper]) -> Iterator[Row]:
    """Yield an index page per volume and a page per paper, in the shape of proceedings.neurips.cc."""
    for folder, (volume, short, year, _) in VENUES.items():
        held = [
            paper for paper in papers if paper.volume == folder and paper.versions[0] < at(date(year, 10, 1))
        ]
        entries = []
        for paper in held:
            mark = hashlib.sha256(f"{folder}/{paper.id}".encode()).hexdigest()[:32]
            path = f"/{folder}/hash/{mark}-Abstract-Conference.html"
            title, abstract = " ".join(paper.title.split()), " ".join(paper.abstract.split())
            names = [person.name.roman for person in paper.authors]
            entries.append(
                '    <li class="conference" data-track="conference">\n'
                f'      <a title="paper title" href="{path}">{escape(title)}</a>\n'
                f"      <i>{escape(', '.join(names))}</i>\n    </li>\n"
            )
            metas = "".join(
                '<meta name="citation_author" '
                f'content="{escape(f"{person.name.family}, {person.name.given}".strip(", "))}">\n'
                for person in paper.authors
            )
            body = (
                '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>'
                f"{escape(title)}</title>\n"
                f'<meta name="citation_title" content="{escape(title)}">\n'
                f'{metas}<meta name="citation_journal_title" content="{volume}">\n'
                f'<meta name="citation_publication_date" content="{year}">\n'
                '</head><body><div class="container-fluid"><div class="col">\n'
                f'<h4>{escape(title)}</h4>\n<p>Part of <a href="/{folder}/index.html">{volume} ({short})</a> '
                f'<span class="badge badge-{"oral" if paper.oral else "poster"}">'
                f"{'Oral' if paper.oral else 'Poster'}</span> Main Conference Track</p>\n"
                f"<h4>Authors</h4>\n<p><i>{escape(', '.join(names))}</i></p>\n<h4>Abstract</h4>\n"
                f"<p><p>{escape(abstract)}</p></p>\n"
                f"</div></div></body></html>\n"
            )
            yield row(PROCEEDINGS, path, body, at(date(year, 10, 1)))
        index = (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{short} '
            "Proceedings</title></head><body>\n"
            f'<h4>{volume} ({short})</h4>\n<ul class="paper-list">\n{"".join(entries)}</ul>\n</body></html>\n'
        )
        yield row(PROCEEDINGS, f"/{folder}/index.html", index, at(date(year, 10, 1)))
    yield row(
        PROCEEDINGS, "/robots.txt", "User-agent: *\nDisallow: /admin/\n", at(date(2023, 1, 1)), kind=TEXT
    )
