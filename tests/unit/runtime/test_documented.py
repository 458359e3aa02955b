"""Every code, variable, limit and exit code that somebody may meet is in the reference."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lading_runtime import __main__, access, server
from lading_runtime.configuration import Configuration, Limits, read
from lading_runtime.problem import KINDS
from lading_runtime.transport.writing import REASONS

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "src/lading_runtime").rglob("*.py"))
REFERENCE = (ROOT / "docs/reference/serving.md").read_text()
PAGES = "".join(path.read_text() for path in (ROOT / "docs/reference").glob("*.md"))
OF_THE_CALLER = {"LADING_GATEWAY"}
"""Read by the client, and told with it."""


def test_every_error_is_documented_with_its_status() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", REFERENCE, re.MULTILINE)
    documented = {code: int(status) for status, code in rows}
    assert documented == {code: status for code, (status, _) in KINDS.items()}
    assert len(rows) == len(documented)


def test_every_code_that_is_used_is_known() -> None:
    used = {
        code
        for path in SOURCES
        for code in re.findall(r'\bProblem\(\s*"(\w+)"', path.read_text("utf-8"))
    }
    assert len(used) > 10
    assert used <= KINDS.keys()


def test_every_status_that_is_answered_has_its_reason() -> None:
    assert {status for status, _ in KINDS.values()} <= REASONS.keys()


def variables() -> set[str]:
    return {
        name
        for path in SOURCES
        for name in re.findall(r"\b(LADING_[A-Z_]+[A-Z])\b", path.read_text("utf-8"))
    }


def test_every_variable_is_documented() -> None:
    told = set(re.findall(r"`(LADING_[A-Z_]+)`", REFERENCE))
    assert variables() - told <= OF_THE_CALLER
    assert told - variables() == set()
    calling = (ROOT / "docs/reference/calling-services.md").read_text()
    assert all(f"`{name}`" in calling for name in OF_THE_CALLER)


ROW = re.compile(r"^\| ((?:`LADING_\w+`(?:, )?)+) \| ([^|]*) \|", re.MULTILINE)


def defaults() -> dict[str, str]:
    found = {}
    for names, values in ROW.findall(REFERENCE):
        told = re.findall(r"LADING_\w+", names)
        given = [value.strip(" `") for value in values.split(",")] if values.strip() else []
        found.update(zip(told, given or [""] * len(told), strict=True))
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LADING_MAX_BODY", Limits.body_bytes),
        ("LADING_QUEUE", Limits.waiting),
        ("LADING_REQUEST_TIMEOUT", Limits.request_seconds),
        ("LADING_HEADER_TIMEOUT", Limits.head_seconds),
        ("LADING_BODY_TIMEOUT", Limits.body_seconds),
        ("LADING_IDLE_TIMEOUT", Limits.idle_seconds),
        ("LADING_GRACE", Configuration.grace_seconds),
        ("LADING_BATCH_SIZE", Configuration.batch_size),
        ("LADING_BATCH_WAIT", Configuration.batch_wait_seconds),
        ("LADING_WORKERS", Configuration.workers),
        ("LADING_PORT", Configuration.port),
    ],
)
def test_the_defaults_are_as_told(name: str, value: float) -> None:
    assert float(defaults()[name]) == value
    unset = read({"LADING_HANDLER": "a:b"})
    assert value in {getattr(unset, one.name) for one in fields(unset)} | {
        getattr(unset.limits, one.name) for one in fields(unset.limits)
    }


def test_what_cannot_be_set_is_told_as_it_is() -> None:
    assert f"over {Limits.target_bytes // 1024} KiB" in REFERENCE
    assert f"over {Limits.head_bytes // 1024} KiB or {Limits.head_fields} fields" in REFERENCE


def test_the_kinds_of_access_log_are_told() -> None:
    [row] = [line for line in REFERENCE.splitlines() if line.startswith("| `LADING_ACCESS_LOG`")]
    assert all(f"`{kind}`" in row for kind in access.KINDS)
    assert f"| `{access.DEFAULT}` |" in row


def test_the_exit_codes_are_told() -> None:
    [told] = re.findall(r"^Exit codes: (.*?)\.$", REFERENCE, re.MULTILINE | re.DOTALL)
    assert [int(number) for number in re.findall(r"\b(\d) ", told)] == [
        server.DRAINED, server.FAILED, __main__.USAGE, server.HANDLER_FAILED
    ]  # fmt: skip


def test_every_header_of_ours_is_told() -> None:
    named = {
        name
        for path in SOURCES
        for name in re.findall(r'"(x-lading-[a-z-]+)"', path.read_text("utf-8"))
    }
    assert named
    assert {name for name in named if f"`{name}" not in PAGES} == set()
