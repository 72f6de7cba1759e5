"""Two hundred formulas as people might call themselves, and leads that bear them."""

from datetime import UTC, datetime

from sourcing.export.lead import Lead, Terms

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
FORMULAS = [
    f"{space}{start}{body}"
    for start in ("=", "+", "-", "@", "＝", "＋", "﹢", "⁼", "−", "\t=")
    for space in ("", " ", "\u200b", "\u3164")
    for body in ("1+1", "HYPERLINK(1)", "cmd|' /C x'!A0", "SUM(A1:A9)", "IMPORTXML(1)")
]


def leads() -> list[Lead]:
    """Return a lead for each formula, which is its name and where it works."""
    return [
        Lead(
            lead_key=f"p_{number:012d}", former_keys=(), full_name=text, first_name=None, last_name=text,
            headline=text, org=text, location=None, links=(), specialism="post-training", specialism_version=None,
            score=40.0, confidence=0.5, level="unknown", why=(text,), misses=(), factors=(), evidence=(), sources=(),
            contact=None, profile_url=None, shortlist=text, stage=None, tags=(text,), note_summary=text,
            privacy=Terms(legal_basis="legitimate interest", notice_due_at=NOW, keep_until=NOW), run_id=None,
            exported_at=NOW,
        )
        for number, text in enumerate(FORMULAS)
    ]  # fmt: skip
