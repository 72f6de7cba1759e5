"""Changes that are chores: they count little, and the reason is kept beside them."""

import re

import ibis.expr.types as ir

CHORE = 0.1  # what a typo, a version bump or a formatting sweep counts against a change
REVERT = 0.25
TESTS = 0.3  # a change of tests alone: work, but it says less of the topic than what it tests
_TOOLS = r"black|ruff|isort|yapf|flake8|mypy|pyright|pyrefly|pytype|pylint|clang-format|pre-commit"
_TITLES = (
    r"(?:docs?|style|chore|ci|build|typo)(?:\([^)]*\))?!?:",
    r"(?-i:DOCS?|CHORE|CI|STY|TYPO)\b",  # prefixes written without a colon
    r"\[(?:docs?|ci|lint|style|misc|chore|tiny|minor)\]",
    r"bump\b|(?:un)?pin\b|upgrade .{1,40} to v?\d|(?:moving |update )?(?:main |dev )?version (?:to )?v?\d",
    r"update \S+ (?:version )?to (?:>=|==|v?\d)|update (?:\S+/)?(?:setup|version|__init__|pyproject)\.\w+\b",
    r"update (?:dependenc|requirement|min req|changelog|license|copyright|readme|version|year)",
    r"(?:fix(?:es|ed)?|correct)\b.{0,30}\btypos?\b|typos?\b",
    r"fix(?:ing)?:? (?:quality|doc|link|broken link|test(?:s|ing)? ci|ci)\b|\w+:? (?:\[.{1,40}\] )?fix ci\b",
    rf"(?:fix|apply|run|auto|update|use)\W?\s*(?:formatting|lint|linting|code style|{_TOOLS})\b",
    rf"(?:ignore|silence|suppress)(?:s|d|ing)?\b.{{0,20}}\b(?:{_TOOLS}|warnings?)\b",
    rf"(?:auto)?format(?: code)?\W*$|reformat|lint\b|make style|cleanup:? (?:fix )?unused|\[?(?:{_TOOLS})\b",
    r"release:? v?\d|v?\d+\.\d+(?:\.\d+)?\W*$|merge (?:branch|pull request)|translations?\b",
    r"rename files?\b|readme\b|empty commit|trigger ci",
)
_TITLE = rf"(?i)^\W{{0,3}}(?:\[[^\]]*\]\s*)?(?:{'|'.join(_TITLES)})"
_TAGGED = rf"(?i)^\s*{_TITLES[2]}"
_TESTS = (
    r"(?i)^\W{0,3}(?:\[?(?:tests?|tst)\b\]?:|(?-i:TST)\b|\[tests?\]|"
    r"(?:skip|disable|deflake|xfail|relax)\b.{0,40}\btests?\b|fix (?:the |various |some |broken |flaky )*tests?\b)"
)
_TEST_PATH = r"(?:(?:[^\n]*/)?tests?/[^\n]*|(?:[^\n]*/)?(?:test_[^/\n]*|[^/\n]*_test|conftest)\.\w+)"
_PATH = (
    r"(?:(?:docs?|\.github|\.circleci|\.buildkite|ci)/[^\n]*|[^\n]*\.(?:md|rst|txt|lock)|[^\n]*/?"
    r"(?:CODEOWNERS|OWNERS|LICENSE|NOTICE|\.gitignore|\.pre-commit-config\.yaml))"
)


def is_chore(docs: ir.Table) -> ir.BooleanValue:
    """Return whether a change is a chore by its title or because it touches documents and settings only."""
    by_title = docs.title.re_search(_TITLE) | docs.title.re_search(_TAGGED)
    return (docs.kind != "paper") & (by_title | docs.files.re_search(rf"^{_PATH}(?:\n{_PATH})*$"))


def is_tests(docs: ir.Table) -> ir.BooleanValue:
    """Return whether a change says or shows that it touches tests only."""
    return (docs.kind != "paper") & (
        docs.title.re_search(_TESTS) | docs.files.re_search(rf"^{_TEST_PATH}(?:\n{_TEST_PATH})*$")
    )


def is_revert(docs: ir.Table) -> ir.BooleanValue:
    """Return whether a change takes another one back."""
    return (docs.kind != "paper") & docs.title.re_search(r"(?i)^\W*revert\b")


def is_chore_title(title: str) -> bool:
    """Return whether a title alone says that its change is a chore, as `is_chore` has it."""
    return re.search(_TITLE, title) is not None
