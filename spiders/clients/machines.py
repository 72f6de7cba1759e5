"""Which accounts are bots or AI agents: exact names, suffixes and machine addresses; never a first name.

Claude, Devin, Travis and Cursor are also what people are called. A loose list takes real people out (26, one
with 3,000 commits: RANKING §0), so what may be a person's name counts only beside a machine address.
"""

import re
from functools import lru_cache
from typing import Final

_LOGIN_END: Final = re.compile(r"(\[bot\]|-bot|-ci-robot|-robot|_bot)$", re.I)
_NAME_END: Final = re.compile(r"(\[bot\]|\(bot\)|[-_][Bb]ot|-ci-robot|\bprow robot|(^|\s)bot)$")
_NAME_AUTHORS: Final = re.compile(r"^(the )?[\w.-]+ authors$", re.I)  # the robot of an exported monorepo
_BOT_LOGINS: Final = {
    "actions-user", "allcontributors", "asfbot", "codecov-io", "coveralls", "dependabot",
    "dependabot-preview", "github-actions", "greenkeeperio", "imgbot", "mergify", "pre-commit-ci",
    "renovate", "renovatebot", "semantic-release-bot", "snyk-bot", "tvm-bot", "web-flow", "weblate",
    "peft-jambot", "jax-copybara",
}  # fmt: skip
_BOT_NAMES: Final = {
    "dependabot", "github actions", "github-actions", "github action", "jenkins ci", "mergify",
    "peft jambot", "pre-commit ci", "pre-commit-ci", "renovate", "renovate bot", "travis ci", "weblate",
}  # fmt: skip
_AGENT_LOGINS: Final = {
    "copilot", "copilot-swe-agent", "cursoragent", "devin-ai-integration", "claude-code", "codex-agent",
    "gemini-code-assist", "google-labs-jules", "coderabbitai", "openhands-agent", "sweep-ai",
}  # fmt: skip
_AGENT_NAMES: Final = {
    "claude code", "cursor agent", "copilot swe agent", "copilot autofix", "github copilot",
    "openai codex", "devin ai", "gemini code assist", "google labs jules", "coderabbit", "openhands",
    "aider",
}  # fmt: skip
# Product words that are agents only when the address belongs to a machine, or a model version follows.
_AGENT_WORD: Final = re.compile(
    r"^(claude|codex|copilot|cursor|devin|gemini|jules|chatgpt|gpt|aider|amp)\b", re.I
)
_AGENT_MODEL: Final = re.compile(r"^claude (opus|sonnet|haiku|fable)\b|^[\w.-]+ (ai |coding )?agent$", re.I)
_GITHUB_ITSELF: Final = frozenset({"github", "github enterprise"})


def is_agent(name: str | None, login: str | None, *, machine: bool = False) -> bool:
    """Whether an account is an AI agent. machine: its address is a machine's."""
    plain = " ".join((name or "").split())[:200]
    account = (login or "").lower().removesuffix("[bot]")
    return (
        account in _AGENT_LOGINS
        or plain.lower().removesuffix("[bot]") in _AGENT_NAMES | _AGENT_LOGINS - {"copilot"}
        or _AGENT_MODEL.match(plain) is not None
        or (machine and _AGENT_WORD.match(plain) is not None)
    )


@lru_cache(maxsize=20_000)  # a history asks three times a commit about the same few hundred people
def is_machine(name: str | None, login: str | None, *, machine: bool = False) -> bool:
    """Whether an account is no person: an AI agent or any other bot. machine: its address is a machine's."""
    plain = " ".join((name or "").split())[:200]
    account = (login or "").lower()
    return (
        machine
        or _LOGIN_END.search(account) is not None
        or account in _BOT_LOGINS
        or _NAME_END.search(plain) is not None
        or plain.lower().endswith("[bot]")
        or _NAME_AUTHORS.match(plain) is not None
        or plain.lower() in _BOT_NAMES
        or is_agent(name, login)
    )


def is_github_itself(name: str | None) -> bool:
    """Whether a committer is the platform, which commits on behalf of whoever pressed the button."""
    return " ".join((name or "").split()).lower() in _GITHUB_ITSELF
