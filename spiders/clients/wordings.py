"""How people ask recruiters to stay away, in English, and what the other languages share with it.

Texts are compared as `spiders.clients.wishes` folds them: lower case, one apostrophe and dash, no accents. Every
repetition is bounded, so that no text takes longer than its length warrants (TRUST T12), and a pattern is tried only on
texts that hold one of the words it cannot do without.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One way of asking. kind: as in `WishKind`. needs: what a text must hold for the pattern to be tried.

    before_not, after_not: what beside a match makes it something else. is_vague: it counts only if its sentence ends
    there or speaks of work.
    """

    language: str
    kind: str
    needs: re.Pattern[str]
    pattern: re.Pattern[str]
    before_not: re.Pattern[str] | None = None
    after_not: re.Pattern[str] | None = None
    is_vague: bool = False


def wording(
    language: str,
    kind: str,
    needs: str,
    *patterns: str,
    before_not: str = "",
    after_not: str = "",
    is_vague: bool = False,
) -> Wording:
    """Return a wording that any of the patterns finds."""
    return Wording(
        language=language,
        kind=kind,
        needs=re.compile(needs),
        pattern=re.compile("|".join(patterns)),
        before_not=re.compile(rf"(?:{before_not})\W{{0,3}}$") if before_not else None,
        after_not=re.compile(rf"\W{{0,3}}(?:{after_not})") if after_not else None,
        is_vague=is_vague,
    )


def some(*words: str) -> str:
    """Return a pattern for one of some words."""
    return f"(?:{'|'.join(words)})"


GAP: Final = r"[^.!?;\n]{0,40}?"
ABOUT_WORK: Final = re.compile(
    some(
        *("job", r"\bwork\b", r"\broles?\b", "position", "employment", "career", "opportunit"),
        r"\boffers?\b",
        *("vacanc", "hiring", "recruit", "head-? ?hunt", "sourcer", "relocat", "linkedin", "talent", "agenc"),
        *("recruteu", "recrutement", "emploi", "embauche", r"\bpostes?\b", "marche"),
        *("stelle", "abwerb", "personal", "empleo", "trabajo", "laboral", "reclut", "oferta"),
    )
)
"""What makes a plain "do not contact me" one about recruiting, in any of the languages with spaces."""

OPEN: Final = re.compile(
    r"\brecruiters? (?:are |very |always |most )*welcome|\bopen to (?:recruiters|messages from recruiters)"
    r"|\bhappy to (?:hear from|chat with|talk to) recruiters"
)

_R: Final = (
    r"(?:(?:tech|it|external|third[ -]party|agency|unsolicited|more|linkedin|cold|sales|your|any) ){0,2}"
    + some(
        r"recruit(?:er|ing|ment|ers)(?: (?:spam|mails?|e-?mails?|messages?|calls?|offers?|inmails?"
        r"|pitch(?:es)?|dms?"
        r"|outreach|requests?|agenc(?:y|ies)|agents?|firms?|consultants?))?",
        r"head-? ?hunt(?:ers?|ing)",
        r"talent (?:acquisition|scouts?|agents?|agenc(?:y|ies)|partners?|sourcers?)",
        r"(?:staffing|employment) (?:agenc(?:y|ies)|firms?)",
        r"agency calls?",
        r"(?:job|career|employment|work) (?:offers?|spam|pitch(?:es)?|solicitations?|proposals?"
        r"|descriptions?)",
        "sourcing (?:e-?mails?|mails?|messages?)",
        *("in-?mails?", "linkedin (?:pitch(?:es)?|messages?|spam)", "sourcers"),
    )
)
_NOT: Final = some(
    *("do not", "don't", "dont", "do n't", "never", "please not", "must not", "may not", "should not"),
    "shouldn't",
)
_OTHERS: Final = some("they", "you", "we", "who", "people", "companies", "it", "which", "that", "users")
_RECRUITERS: Final = (
    r"recruit|hunt|talent|staffing|offer|spam|solicit|pitch|in-?mail|agenc|sourcers|description"
)
_REACH: Final = some(
    *("contact(?:ing)?", "e-?mail(?:ing)?", "mail(?:ing)?", "messag(?:e|ing)", "dm", "pm"),
    "approach(?:ing)?",
    *("reach(?:ing)? out to", "writ(?:e|ing)(?: to)?", "head-? ?hunt(?:ing)?", "poach(?:ing)?"),
    "pitch(?:ing)?",
    *("solicit(?:ing)?", "ping(?:ing)?", "recruit(?:ing)?", "spam(?:ming)?", "call(?:ing)?"),
    "bother(?:ing)?",
    *("pester(?:ing)?", "send(?:ing)?", "offer(?:ing)?", "ask(?:ing)?"),
)
_BINNED: Final = some(
    *("ignored", "blocked", "deleted", "reported", "trash", "spam", "bin", "junk", "unanswered", "discarded"),
    *("binned", "marked as spam"),
)

ENGLISH: Final = (
    wording(
        "en", "no_recruiters", "recruit|hunt|talent|agenc|not looking|if your",
        rf"\b{_NOT} let (?:any |the )?{_R} {GAP}\b(?:contact|reach|mail|write|call|find|approach|message)",
        rf"\b{_R}\b[^\n]{{0,40}}?\bif you(?: are|'re) one,? (?:please |kindly )?(?:close|leave|go|stop|don't|do not"
        r"|move|skip|pass)",
        r"\bnot looking,? (?:and )?not (?:listening|interested|available)\b",
        r"\bif your (?:e-?mail|mail|message|pitch|note) (?:starts|begins|opens) with [^\n]{1,80}?"
        r"\b(?:do not|don't) (?:send it\b(?! to)|bother)",
    ),
    wording(
        "en", "not_listed", "me out of|me off",
        rf"\b(?:leave|keep|count) me (?:out of|off)(?: of)? (?:your|any|all) {GAP}"
        r"(?:databases?|lists?|crms?|pools?|pipelines?)",
    ),
    wording(
        "en", "no_recruiters", _RECRUITERS,
        rf"\bno (?:[\w'-]{{1,20}}(?:,| or| and| nor| ?/| ?&) ){{0,3}}(?:{_R}|(?:recruitment )?agencies"
        r"|agency(?=[^\w\n]*(?:$|\n|please|thank)))\b",
        before_not=r"\b(?:is|are|was|were|be|been|has|have|had|with|saw|met|knew|know|found|via|through"
        r"|needs?|got|get"
        r"|there's|why|when|if)",
        after_not=r"(?:experience|need|require|involve|fees?|below|above|necessary|between|background"
        r"|software|tools?"
        r"|season|knowledge|skills?|is\b|was\b|has\b|had\b|ever\b|can\b|could|would|at\b|who\b|that\b"
        r"|called|asked"
        r"|understand|respond|team|process|cycle|data|dataset|policy|strategy|tasks?|duties|in the\b)",
    ),
    wording(
        "en", "no_recruiters", "recruit|hunt|sourcers|sourcing",
        rf"\b{_R}\b{GAP}"
        + some(
            r"\b(?:do not|don't|dont|never|please (?:not|do not|don't|stop|refrain|avoid)|stop|avoid)"
            r"(?: (?:even|ever|bother|to|try|trying)){0,3} (?:contact|e-?mail|mail|message|dm|pm|call"
            r"|write|approach"
            r"|reach|spam|add|bother|ping|connect|send|try|reply|apply|text|pitch)",
            r"\b(?:are |is )?(?:not (?:welcome|wanted)|unwelcome)",
            r"\bneed not",
            r"\b(?:please )?(?:go away|stay away|keep (?:out|away)|look elsewhere|move (?:on|along)"
            r"|pass(?: by| on)\b)",
            rf"\b(?:will be|get|are|is|gets|are all)(?: (?:silently|always|promptly|immediately))? {_BINNED}",
            rf"\b(?:go|goes|end up|ends|land|lands|straight|directly) {GAP}\b(?:trash|spam|bin|junk)",
            *(r"\bno thank", r"\bnot interested", r"\bthe answer is no\b", r"\boff the market"),
            r"\bleave me\b",
        ),
        before_not=r"\b(?:how|why|where|when|of|that|what|most)",
    ),
    wording(
        "en", "no_recruiters", "recruit|hunt",
        rf"\b{_R} ?[:?,-]+ ?(?:please )?(?:no\b|nope|do not|don't|dont|not |stop|leave|skip|ignore|go "
        rf"|pass\b|stay|move)",
        rf"\bif you(?: are|'re) (?:a |an )?{_R}{GAP}\b(?:do not|don't|no\b|please (?:stop|leave|move"
        rf"|skip|ignore|look|go"
        r"|pass|close)|go away|move (?:on|along)|stop|leave|ignore me|skip|not interested)",
        rf"\bnot interested\b[^\n]{{0,60}}?\b(?:you|dear),? {_R}\b",
        after_not=r"(?:one\b|experience|need|understand|read\b)",
    ),
    wording(
        "en", "no_recruiters", "recruit|hunt|offer|opportunit|solicit|approach|contact|roles?|position",
        r"\b(?:not|n't|no longer|never|un)[ -]?(?:currently |really |at all |actively |remotely )?"
        r"(?:interested in|open (?:to|for)|accepting|entertaining|considering|taking|up for"
        r"|responding to|answering"
        r"|available (?:to|for)) (?:any |new |other |more |further |your |being |hearing |outside "
        r"|full-time )*"
        rf"(?:from |about )?(?:{_R}|job\b|jobs\b|(?:career |job |work )?opportunit|offers?\b"
        r"|new (?:roles?|positions?|jobs?)|contacted|approached|recruit|head-? ?hunt|roles\b|positions\b)",
        before_not=r"\b(?:you|they|we) (?:are|were)|if you(?: are|'re)",
    ),
    wording(
        "en", "no_recruiters", "recruit|hunt|inmail|offers|sourcers|description",
        r"\b(?:do not|don't|dont|never|will not|won't|wont|refuse to|cannot|can't|rather not)"
        r"(?: (?:ever|usually|generally|want|wish|to|even)){0,3}"
        r"(?: (?:respond|reply|answer|talk|speak|work|deal|engage|interact|accept|like|take|read|hear"
        r"|see|receive|get"
        r"|want|need)(?: to| with| from| in){0,2})?"
        r"(?: (?:any|more|unsolicited|cold|third-party|messages|e-?mails|mail|calls|requests|offers|from"
        r"|to|other|the"
        rf"|your))* {_R}\b",
        rf"\bi (?:always |usually )?(?:ignore|block|report|delete|mute) (?:all |any |every |your )?{_R}\b",
        rf"\b(?:allergic to|tired of|sick of|fed up with|spare me|closed (?:for|to)|hands off,?)(?: the"
        rf"| your| all)? {_R}\b",
        r"\b(?:recruiter|headhunter) ?-? ?(?:free zone|free)\b|\banti-? ?recruiter\b",
        before_not=r"\b(?:they|you|we|who|people|companies|candidates)",
        after_not=r"(?:to find|to get|for us|software|tools?|inbox we)",
    ),
    wording(
        "en", "no_recruiters", "for hire|solicited|cold|offers|approach|opt",
        r"\bnot for hire\b",
        r"\bno (?:unsolicited|cold) (?:[\w-]{1,20} )?(?:offers?|e-?mails?|mails?|messages?|calls?"
        r"|contact|outreach|dms?"
        r"|inquiries|requests?|proposals?|approaches)\b",
        r"\bno (?:new )?offers,? (?:please|thanks?)\b",
        r"\bunsolicited (?:job |work )?offers(?: are| is)? (?:not welcome|unwelcome|ignored|deleted)",
        r"\bopt(?:ed|ing)?[ -]?out (?:of|from) (?:all |any )?(?:recruit|sourcing|talent|candidate|headhunt)",
    ),
    wording(
        "en", "no_contact", r"\bme\b|\bus\b|whether",
        rf"\b(?:{_NOT}|stop|avoid|quit|refrain from)(?: (?:ever|even|try to|please|attempt to|bother to"
        rf"|cold)){{0,2}}[ -]"
        rf"{_REACH} (?:me|us|whether|if)\b",
        *(r"\bspare me\b", r"\bleave me alone\b"),
        before_not=rf"\b{_OTHERS}",
        is_vague=True,
    ),
    wording(
        "en", "no_contact", "contacted|approached|recruited|solicited|headhunted|messaged|poached|mailed",
        r"\b(?:(?:not|n't|never|no longer) (?:want|wish|like|care|consent)|(?:rather|prefer) not)"
        r"(?: (?:to|be|being)){1,3}"
        r" (?:contacted|approached|recruited|solicited|head-? ?hunted|messaged|e-?mailed|poached)\b",
        before_not=r"\b(?:they|you|we|who|people)",
        is_vague=True,
    ),
    wording(
        "en", "not_listed", r"\bme\b|\bmy\b",
        rf"\b{_NOT} (?:list|index|include|add|store|scrape|crawl|profile|catalog(?:ue)?|collect|harvest"
        rf"|sell|rank|save"
        r"|process|keep) (?:me|my (?:profile|data|name|info|information|details|account|e-?mail|contact"
        r"|personal))\b",
        before_not=r"\b(?:they|you|we|who|it)",
        after_not=r"(?:as\b|in (?:the )?(?:cc|authors|credits|reviews?|commit)|to (?:the )?(?:cc|review|pull|pr\b"
        r"|thread|issue|team|repo)|on (?:the )?(?:cc|review|pr\b|thread)|address|id\b|file|for review|when"
        r"|twice|settings)",
    ),
    wording(
        "en", "not_listed", "list|indexed|scraped|stored|included|database|crm|pool|pipeline|consent",
        r"\b(?:(?:not|n't|never|no longer) (?:want|wish|like|consent)|(?:rather|prefer) not)(?: (?:to|be|being)){1,3}"
        r" (?:listed|indexed|scraped|stored|included|profiled|ranked|added|tracked|catalogued)"
        r" (?:in|on|by|for|anywhere)",
        r"\b(?:remove|delete|keep|take) (?:me|my (?:data|profile|name)) (?:from|out of"
        r"|off)(?: of)? (?:your |any |all )?"
        r"(?:recruit\w{0,6} |talent |candidate |sourcing )(?:lists?|databases?|crms?|pools?|systems?"
        r"|pipelines?)",
        rf"\bi do not consent to{GAP}(?:recruit|contact|scrap|index|list|sourc|process|profil)",
    ),
)  # fmt: skip
