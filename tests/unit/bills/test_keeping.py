"""When an image gets a bill, and what its provenance says."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lading import bills
from lading.bills import keeping, provenance
from lading.bills.circumstances import Circumstances
from lading.bills.signatures import keys
from lading.bills.signatures.checking import checks
from lading.bills.signatures.signing import KeySigner, Signing, sign
from lading.bills.signatures.trust import Keys
from lading.errors import StoreError
from lading.oci import Digest, media_types
from lading.progress import Silent
from tests.unit.bills.built_image import Workshop
from tests.unit.bills.test_git import run


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def keep(workshop: Workshop, **environ: str) -> bills.Bill | None:
    around = Circumstances(workshop.app, environ)
    return keeping.keep(workshop.store, workshop.cache, workshop.made(), around)


def attached(workshop: Workshop) -> list[str]:
    digest = workshop.made().built.image.digest
    return [one.artifact_type for one in workshop.store.attached(digest)]


def test_a_first_build_attaches_both_documents(workshop: Workshop) -> None:
    bill = keep(workshop)
    assert bill is not None
    assert bills.of(workshop.store, bill.subject.digest) == bill
    assert attached(workshop) == [media_types.CYCLONEDX, media_types.IN_TOTO]


@pytest.mark.parametrize("lost", ["", "bills", "sboms", "inside"])
def test_the_same_build_again_attaches_nothing_also_without_its_cache(
    workshop: Workshop, lost: str
) -> None:
    keep(workshop)
    if lost:
        shutil.rmtree(workshop.cache / lost)
    assert keep(workshop) is None
    assert len(attached(workshop)) == 2


def test_another_lock_gives_another_bill_and_ten_are_kept(workshop: Workshop) -> None:
    workshop.made()
    told = []
    for number in range(keeping.MOST + 3):
        made = workshop.made()
        (workshop.app / "lading.lock").write_text(str(number))
        around = Circumstances(workshop.app, {"CI_JOB_URL": f"https://ci.example.org/{number}"})
        assert keeping.keep(workshop.store, workshop.cache, made, around)
        digest = made.built.image.digest
        told = [one.origin.invocation for one in bills.earlier(workshop.store, digest)]
    assert len(told) == keeping.MOST
    assert told[0] == "https://ci.example.org/0"
    assert told[-1] == "https://ci.example.org/12"


def test_signatures_of_provenances_that_are_let_go_go_with_them(workshop: Workshop) -> None:
    signer, moment = KeySigner(keys.generate("ours")), datetime(2026, 1, 1, tzinfo=UTC)
    image = workshop.made().built.image
    for number in range(keeping.MOST + 2):
        made = workshop.made()
        (workshop.app / "lading.lock").write_text(str(number))
        keeping.keep(workshop.store, workshop.cache, made, Circumstances(workshop.app, {}))
        sign(Signing(workshop.store, signer, "x", moment), image.descriptor)
    found = checks(workshop.store, image.digest, Keys((signer.key.public,)))
    assert [one.what for one in found if one.what == "provenance"] == ["provenance"] * keeping.MOST
    assert all(one.holds for one in found)
    # Two forms of the image's, one of the SBOM's, and what they are of.
    assert len(attached(workshop)) == 2 * keeping.MOST + 2 + 1 + 1


def resources(bill: bills.Bill | None) -> dict[str, Any]:
    assert bill is not None
    return {str(one["name"]): one for one in bill.dependencies}


def test_what_an_image_was_made_of_is_told_by_digest(workshop: Workshop) -> None:
    found = resources(keep(workshop))
    code = hashlib.sha256(b"x = 1\n").hexdigest()
    whole = hashlib.sha256(f"{code}  handler.py\n".encode()).hexdigest()
    assert found["code"]["digest"] == {"dirHash": whole}
    assert found["model.bin"]["digest"] == {"sha256": hashlib.sha256(b"weights").hexdigest()}
    assert found["lading.lock"]["digest"] == {"sha256": hashlib.sha256(b"{}\n").hexdigest()}
    assert found["libc6"]["downloadLocation"] == "http://deb.example.org/debian/pool/c.deb"
    assert found["flask_like-3.0-py3-none-any.whl"]["uri"] == "pkg:pypi/flask-like@3.0"


def test_the_statement_has_the_fields_of_slsa(workshop: Workshop) -> None:
    bill = keep(workshop)
    assert bill is not None
    assert bill.statement["_type"] == "https://in-toto.io/Statement/v1"
    assert bill.statement["predicateType"] == "https://slsa.dev/provenance/v1"
    digest = {"sha256": bill.subject.digest.hex}
    assert bill.statement["subject"] == [{"name": "digits/ocr", "digest": digest}]
    assert bill.statement["predicate"].keys() == {"buildDefinition", "runDetails"}
    asked = bill.statement["predicate"]["buildDefinition"]["externalParameters"]
    assert asked == {
        "app": "digits",
        "service": "ocr",
        "handler": "handler:Handler",
        "python": "3.11",
    }
    run_details = bill.statement["predicate"]["runDetails"]
    sbom = run_details["byproducts"][0]["digest"]["sha256"]
    assert sbom == hashlib.sha256(bill.sbom).hexdigest()
    assert bill.origin.started == "2026-01-01T00:00:00Z"


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_commit_is_told_and_no_credential_in_any_byte(workshop: Workshop) -> None:
    workshop.made()
    run(workshop.app, "init", "--quiet", "--initial-branch=main")
    run(workshop.app, "remote", "add", "origin", "https://u:hunter2@git.example.org/a")
    run(workshop.app, "add", ".")
    run(workshop.app, "commit", "--quiet", "-m", "first")
    bill = keep(workshop)
    assert bill is not None
    assert (bill.origin.branch, bill.origin.dirty) == ("main", False)
    assert bill.origin.repository == "https://git.example.org/a"
    assert not any(b"hunter2" in one.read_bytes() for one in workshop.folder.rglob("blobs/*/*"))
    run(workshop.app, "commit", "--quiet", "--allow-empty", "-m", "second")
    again = keep(workshop)
    assert again is not None
    assert again.origin.commit != bill.origin.commit
    assert again.sbom == bill.sbom


@pytest.fixture
def repository(workshop: Workshop) -> Workshop:
    """The app's source is committed, with a file beside it that is not in the image."""
    workshop.made()
    (workshop.app / "service" / "README").write_text("first\n")
    run(workshop.app, "init", "--quiet", "--initial-branch=main")
    run(workshop.app, "add", ".")
    run(workshop.app, "commit", "--quiet", "-m", "first")
    return workshop


def test_the_same_commit_built_dirty_and_then_clean_says_so_each_time(repository: Workshop) -> None:
    readme = repository.app / "service" / "README"
    told = []
    for text in ("first\n", "second\n", "second\n", "first\n", "first\n"):
        if readme.read_text() != text:
            readme.write_text(text)
        bill = keep(repository)
        newest = bills.of(repository.store, repository.made().built.image.digest)
        assert newest is not None
        told.append((bill is not None, newest.origin.dirty))
    assert told == [(True, False), (True, True), (False, True), (True, False), (False, False)]


@pytest.mark.parametrize("is_dirty", [True, False])
def test_nothing_is_asked_of_git_where_nothing_has_changed(
    repository: Workshop, is_dirty: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, around = repository.made(), Circumstances(repository.app, {})
    if is_dirty:
        (repository.app / "service" / "README").write_text("second\n")
    assert keeping.keep(repository.store, repository.cache, made, around)
    monkeypatch.setenv("PATH", "")
    assert keeping.keep(repository.store, repository.cache, made, around) is None
    (repository.app / "service" / "README").write_text("third\n")
    assert keeping.keep(repository.store, repository.cache, made, around)


def test_back_at_an_earlier_commit_the_newest_bill_is_of_that_one(repository: Workshop) -> None:
    first = run(repository.app, "rev-parse", "HEAD")
    keep(repository)
    run(repository.app, "commit", "--quiet", "--allow-empty", "-m", "second")
    keep(repository)
    run(repository.app, "checkout", "--quiet", first)
    assert keep(repository) is not None
    newest = bills.of(repository.store, repository.made().built.image.digest)
    assert newest is not None
    assert newest.origin.commit == first
    assert keep(repository) is None


def test_a_build_by_somebody_else_has_a_bill_of_its_own(
    repository: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(repository)
    monkeypatch.setattr(Circumstances, "host", "elsewhere")
    again = keep(repository)
    assert again is not None
    assert again.origin.host == "elsewhere"


class Heard(Silent):
    """What it was told that is done."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def finish(self, task: str, note: str = "") -> None:
        self.told.append(f"{task}: {note}")


@pytest.mark.parametrize("harm", ["empty", "other", "gone"])
@pytest.mark.parametrize("what", ["provenance", "sbom", "manifest"])
def test_a_damaged_bill_is_made_anew_by_the_next_build(
    workshop: Workshop, what: str, harm: str
) -> None:
    bill = keep(workshop)
    assert bill is not None
    store, digest = workshop.store, bill.subject.digest
    before = {one.digest for one in store.attached(digest)}
    said = {"provenance": Digest.of(bill.provenance), "sbom": Digest.of(bill.sbom)}
    blob = store.blobs.path(said.get(what) or store.attached(digest)[1].digest)
    blob.chmod(0o644)
    if harm == "gone":
        blob.unlink()
    else:
        blob.write_bytes(b"" if harm == "empty" else blob.read_bytes()[:-1] + b"?")
    with pytest.raises(StoreError):
        bills.of(store, digest)
    heard = Heard()
    keeping.keep(store, workshop.cache, workshop.made(), Circumstances(workshop.app, {}), heard)
    assert heard.told == ["bill: 1 document attached to the image could not be read: made anew"]
    assert len(attached(workshop)) == 2
    mended = bills.of(store, digest)
    assert mended is not None
    listed = {one.digest for one in store.attached(digest)}
    assert not any(store.blobs.has(one) for one in before - listed)
    assert mended.sbom == bill.sbom
    assert mended.origin.host == bill.origin.host
    assert keep(workshop) is None


def test_a_hash_of_a_tree_is_that_of_in_totos_example() -> None:
    files = {
        "github.com/marklodato/go-hello-world@v0.0.1/README.md": "3a137eef6458bfb76bb2c63fc29ffc7166604d2d2e09ed9d8250a534122a8364",  # noqa: E501
        "github.com/marklodato/go-hello-world@v0.0.1/go.mod": "28e7c942a036902d981759d0bf5704d2bfc7cb500caf68b84711b234af01c6a5",  # noqa: E501
        "github.com/marklodato/go-hello-world@v0.0.1/main.go": "ddc4da627d9a9f45fb29641a1b185d6f53287ecfd921aacbf4fe54b7a86fe8d1",  # noqa: E501
    }
    whole = "2a1bb6127fb481c60f67692e22285fb306f3c6ffe62075e0ccf674d7c3adcb8f"
    assert provenance.dir_hash(files) == whole
