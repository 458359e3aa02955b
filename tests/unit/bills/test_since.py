"""What is said to have changed since an image was built."""

from __future__ import annotations

import json
from typing import Any

from lading.bills import since
from lading.bills.bill import Bill
from lading.oci import Descriptor, media_types

SUBJECT = Descriptor.of(media_types.MANIFEST, b"{}")


def bill(*, builder: str = "1.0", **parts: Any) -> Bill:
    """With a digest of each part: lock, code, model, commit; `dirty` beside a commit."""
    dirty = parts.pop("dirty", False)
    made = {
        "lock": lambda x: {"name": "lading.lock", "digest": {"sha256": x}},
        "code": lambda x: {
            "name": "code",
            "digest": {"dirHash": x},
            "annotations": {"kind": "code"},
        },
        "model": lambda x: {
            "name": "m.bin",
            "digest": {"sha256": x},
            "annotations": {"kind": "model"},
        },
        "commit": lambda x: {
            "name": "source",
            "digest": {"gitCommit": x},
            "annotations": {"dirty": dirty},
        },
    }
    definition = {"resolvedDependencies": [made[name](text) for name, text in parts.items()]}
    run = {"builder": {"id": "https://x.test", "version": {"lading": builder}}}
    statement = {"predicate": {"buildDefinition": definition, "runDetails": run}}
    return Bill(SUBJECT, json.dumps(statement).encode(), b"")


def told(before: Bill, now: Bill) -> list[str]:
    return list(since.told(before, now))


def test_what_differs_is_named_in_one_sentence() -> None:
    before = bill(lock="1", code="1", model="1")
    assert told(before, bill(lock="2", code="2")) == [
        "changed since it was built: lading.lock, the code, the model m.bin"
    ]


def test_where_nothing_has_changed_that_is_said() -> None:
    assert told(bill(lock="1", code="1"), bill(lock="1", code="1")) == [
        "by its bill nothing has changed since: "
        "what lock, settings, code and models hold is the same"
    ]


def test_another_commit_is_named_and_whether_all_of_it_was_committed() -> None:
    before = bill(code="1", commit="a" * 40, dirty=True)
    assert told(before, bill(code="2", commit="b" * 40))[1] == (
        "it was built of commit aaaaaaaaaaaa, with changes that were not committed; this is commit "
        "bbbbbbbbbbbb"
    )
    assert told(before, bill(code="2", commit="a" * 40))[1] == (
        "it was built of this commit, with changes that were not committed"
    )
    assert told(before, bill(code="2"))[1] == (
        "it was built of commit aaaaaaaaaaaa, with changes that were not committed"
    )


def test_a_change_that_no_digest_tells_is_told_by_git() -> None:
    before = bill(code="1", commit="a" * 40)
    assert told(before, bill(code="1", commit="a" * 40, dirty=True)) == [
        "by its bill nothing has changed since: "
        "what lock, settings, code and models hold is the same",
        "it was built of this commit as it is; here are changes that were not committed",
    ]


def test_another_lading_is_named() -> None:
    assert told(bill(code="1", builder="0.9"), bill(code="1"))[1] == (
        "it was built by lading 0.9; this is lading 1.0"
    )
