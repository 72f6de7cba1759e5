"""The record of processing (GDPR Art. 30), made from the tags of every column, the settings and the sources."""

from collections import defaultdict
from collections.abc import Sequence

from sourcing import jurisdictions
from sourcing.settings import Settings
from spiders.spec import SourceSpec
from storage.tables import metadata

_WORDS = {
    "identifier": "who somebody is at a source",
    "fact": "what somebody published",
    "digest": "keyed or plain digests",
    "provenance": "where and when it was read",
    "derived": "what was worked out from it",
    "recruiter": "what recruiters did",
    "operation": "how the program ran",
}


def written(settings: Settings, specs: Sequence[SourceSpec]) -> str:
    """Return the record as Markdown. specs: every source there is; those that are off are named as such."""
    operator, privacy = settings.operator, settings.privacy
    found = jurisdictions.duties(settings)
    kept = {
        "person": f"{privacy.keep_pool_days} days after the newest public work, {privacy.keep_contacted_days} after "
        "the last contact, or until the person is erased",
        "source": "as long as the facts it belongs to, or until the source is given up",
        "run": f"{privacy.keep_log_days} days",
        "keep": "for good: digests, opaque ids and counts only",
    }
    lines = [
        "# Record of processing activities (GDPR Art. 30)",
        "",
        f"- Controller: {operator.controller or '–'}; contact: {operator.contact or '–'}",
        f"- Purpose: {privacy.purpose}",
        f"- Legal basis: {privacy.legal_basis}; balancing: {privacy.balancing}",
        f"- Profiles: {', '.join(found.names)}; requests answered within {found.answer_days} days",
        "- People concerned: people who publish technical work; staff who use the program",
        "- Recipients: those the ledger of exports names (`sourcer export history`)",
        "- Safeguards: keyed digests of addresses, hash-chained log with signed checkpoints, roles, suppression list",
        "",
        "## Sources",
        "",
        "| source | what | terms | asked |",
        "|---|---|---|---|",
        *(
            f"| {one.name} | {_cell(one.title)} | {_cell(one.terms)} | {'yes' if one.enabled else 'no'} |"
            for one in sorted(specs, key=lambda one: one.name)
        ),
        "",
        "## Categories",
    ]
    for category, rows in sorted(_columns().items()):
        lines += [
            "",
            f"### {category}: {_WORDS[category]}",
            "",
            "| column | why | kept | handed over |",
            "|---|---|---|---|",
        ]
        lines += [f"| `{name}` | {_cell(why)} | {kept[keep]} | {told} |" for name, why, keep, told in rows]
    return "\n".join(lines) + "\n"


def _columns() -> dict[str, list[tuple[str, str, str, str]]]:
    """Return (column, purpose, retention, handed over) of every column by category."""
    found: defaultdict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for table in metadata.sorted_tables:
        for one in table.c:
            tags = one.info
            told = "yes" if tags["exportable"] else "no"
            found[tags["category"]].append(
                (f"{table.name}.{one.name}", tags["purpose"], tags["retention"], told)
            )
    return found


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|")
