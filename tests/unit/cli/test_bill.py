"""`lading bill`, as it is typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lading import bills
from lading.bills import provenance, sbom
from lading.bills.bill import Bill, encoded
from lading.bills.circumstances import Circumstances
from lading.bills.git import Commit
from lading.cli import bill_shown
from lading.cli.main import cli
from lading.controller.place import Place
from lading.errors import DamagedBlob, LadingError
from lading.oci import Digest, Reference
from lading.releases.revision import Occasion, Spec
from lading.state import database
from lading.state.folders import Folders
from lading.state.record import NewRevision, Record
from tests.unit.bills.built_image import Workshop

SETTINGS = """\
app: digits
services:
  ocr: {source: service, handler: "handler:Handler"}
"""
CHANGED = tuple(f"service/{one}.py" for one in "abcde")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["bill", *arguments], standalone_mode=False)


def ok(*arguments: str) -> str:
    done = run(*arguments)
    assert done.exception is None, (done.output, done.exception)
    return done.stdout


def refused(*arguments: str) -> str:
    done = run(*arguments)
    assert isinstance(done.exception, LadingError), done.output
    return str(done.exception)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """An app whose image is built and has no bill yet; its folder is the working directory."""
    monkeypatch.setenv("LADING_HOME", str(tmp_path))
    monkeypatch.setattr(Circumstances, "user", "ada")
    monkeypatch.setattr(Circumstances, "name", "Ada Lovelace")
    monkeypatch.setattr(Circumstances, "host", "laptop")
    found = Workshop(tmp_path / "data")
    found.made()
    (found.app / "lading.yaml").write_text(SETTINGS)
    monkeypatch.chdir(found.app)
    return found


def attach(
    workshop: Workshop, commit: str, day: int, changed: tuple[str, ...] = (), run: str = "urn:1"
) -> Bill:
    """The bill of a build that took seven seconds, at noon."""
    made = workshop.made()
    (workshop.app / "lading.yaml").write_text(SETTINGS)
    around = Circumstances(workshop.app, {"CI_JOB_URL": run})
    of = Commit(commit, "main", "https://git.example.org/digits", "Ada", "", changed)
    listed = sbom.make(made, workshop.cache)
    said = provenance.statement(made, around, of, listed)
    told = said["predicate"]["runDetails"]["metadata"]
    told["startedOn"] = f"2026-01-{day:02}T12:00:00Z"
    told["finishedOn"] = f"2026-01-{day:02}T12:00:07Z"
    bill = Bill(made.built.image.descriptor, encoded(said), listed)
    bills.attach(workshop.store, bill)
    return bill


def test_the_page_says_who_built_what_from_what(workshop: Workshop) -> None:
    bill = attach(workshop, "a" * 40, 1)
    code = bill.dependencies[3]["digest"]["dirHash"][:12]
    assert ok() == (
        f"ocr  {bill.subject.digest}\n"
        "  built     2026-01-01 12:00:07 UTC in 7 s by Ada Lovelace (ada@laptop) "
        "with lading 0.1.0\n"
        "  commit    aaaaaaaaaaaa on main, unchanged\n"
        "  source    https://git.example.org/digits\n"
        "  lock      sha256:ca3d163bab05\n"
        f"  code      dirHash:{code}, 1 file\n"
        "  model     sha256:9a129038d9a0  model.bin\n"
        "  packages  2 Debian, 2 Python\n"
        "  licences  LGPL-2.1-or-later (2), GPL-2.0-only OR MIT (2), BSD-3-Clause (1), MIT (1)\n"
    )


def test_what_was_changed_and_what_else_was_built_is_told(workshop: Workshop) -> None:
    attach(workshop, "a" * 40, 1)
    attach(workshop, "b" * 40, 2)
    attach(workshop, "c" * 40, 3, CHANGED, "https://ci.example.org/7")
    assert ok().splitlines()[1:6] == [
        "  built     2026-01-03 12:00:07 UTC in 7 s by Ada Lovelace (ada@laptop) with lading 0.1.0",
        "  run       https://ci.example.org/7",
        "  commit    cccccccccccc on main, with changes: service/a.py, service/b.py, service/c.py"
        " and 2 more",
        "  source    https://git.example.org/digits",
        "  before    2 other builds gave the same image, the first of aaaaaaaaaaaa on 2026-01-01",
    ]


def test_a_bill_that_is_not_the_newest_has_other_builds_beside_it(workshop: Workshop) -> None:
    first = attach(workshop, "a" * 40, 1)
    attach(workshop, "b" * 40, 2)
    assert list(bill_shown._earlier(workshop.store, first)) == [
        ("besides", "1 other build gave the same image, the newest of bbbbbbbbbbbb on 2026-01-02")
    ]


def test_an_image_that_was_pulled_has_its_bill_where_the_source_is_not(workshop: Workshop) -> None:
    bill = attach(workshop, "a" * 40, 1)
    shutil.rmtree(workshop.app / "service")
    assert ok().startswith(f"ocr  {bill.subject.digest}\n")


def test_the_run_that_made_a_model_is_told(workshop: Workshop) -> None:
    bill = attach(workshop, "a" * 40, 1)
    run = {"step": "train", "image": f"sha256:{'a' * 64}", "finishedOn": "2026-01-01T11:00:00Z"}
    told = json.loads(bill.provenance)
    for one in told["predicate"]["buildDefinition"]["resolvedDependencies"]:
        if one["name"] == "model.bin":
            one["annotations"]["run"] = run
    bills.attach(workshop.store, Bill(bill.subject, encoded(told), bill.sbom))
    assert (
        "  model     sha256:9a129038d9a0  model.bin, made by step train 2026-01-01 11:00:00 UTC "
        "from aaaaaaaaaaaa\n"
    ) in ok()


def test_every_package_is_listed_with_its_licence(workshop: Workshop) -> None:
    attach(workshop, "a" * 40, 1)
    assert ok("--packages").split("\n\n")[1].splitlines() == [
        "PACKAGE     VERSION          OF      LICENCE",
        "flask-like  3.0              Python  BSD-3-Clause",
        "libc6       2.36-9+deb12u14  Debian  LGPL-2.1-or-later, GPL-2.0-only OR MIT",
        "libgcc-s1   12.2.0-14+b1     Debian  LGPL-2.1-or-later, GPL-2.0-only OR MIT",
        "markupsafe  2.1              Python  MIT",
    ]


def test_of_an_image_without_a_bill_the_layers_are_read(workshop: Workshop) -> None:
    digest = workshop.store.read(Reference("digits/ocr")).digest
    assert ok().splitlines()[:3] == [
        f"ocr  {digest}",
        "  built     no bill is attached; what is in it was read of its layers",
        "  packages  2 Debian, 2 Python",
    ]
    assert refused("--provenance") == (
        "ocr: no provenance is attached; run `lading build`, which attaches one"
    )


def test_documents_are_printed_as_they_are_one_at_a_time(workshop: Workshop) -> None:
    bill = attach(workshop, "a" * 40, 1)
    assert ok("--sbom").encode() == bill.sbom + b"\n"
    assert ok("--provenance").encode() == bill.provenance + b"\n"
    (document,) = json.loads(ok("--json"))
    assert document["provenance"] == json.loads(bill.provenance)
    assert document["builds"] == 1
    assert refused("--sbom", "--json") == (
        "--packages, --sbom, --provenance and --json exclude one another; "
        "leave all but one of them out"
    )


def test_a_damaged_bill_is_said_with_what_mends_it(workshop: Workshop) -> None:
    bill = attach(workshop, "a" * 40, 1)
    blob = workshop.store.blobs.path(Digest.of(bill.provenance))
    blob.chmod(0o644)
    blob.write_bytes(bill.provenance[:-1] + b"?")
    done = run()
    assert isinstance(done.exception, DamagedBlob)
    assert str(done.exception) == (
        f"ocr: a document of its bill is damaged: {blob}: expected {Digest.of(bill.provenance)}, "
        f"got {Digest.of(bill.provenance[:-1] + b'?')}; run `lading build` to make it again"
    )


def test_a_mistake_in_the_settings_leaves_what_is_in_the_store(workshop: Workshop) -> None:
    bill = attach(workshop, "a" * 40, 1)
    (workshop.app / "lading.yaml").write_text("app: digits\nservices: 3\n")
    assert refused().endswith("; mend it, or name an image of the store with --image")
    for name in ("digits/ocr", str(bill.subject.digest), bill.subject.digest.hex[:6]):
        assert ok("--image", name).startswith(f"{name}  {bill.subject.digest}\n")
    assert refused("--image", "abcdef") == (
        "--image: expected one image whose digest begins abcdef, got none"
    )


def test_an_app_of_others_images_alone_is_no_empty_page(workshop: Workshop) -> None:
    settings = "app: digits\nservices:\n  web: {image: docker.io/library/nginx:1}\n"
    (workshop.app / "lading.yaml").write_text(settings)
    assert refused() == (
        "digits builds no image: its services are others' images; "
        "name one of them, or an image of the store with --image"
    )


def revision(
    workshop: Workshop, image: Digest, bill: bytes = b"", commit: str = "", location: str = ""
) -> None:
    """One more of the service, as `lading up` would add it, and `lading push` would tell of it."""
    at = Place(workshop.app, Folders.of_user()).state
    occasion = Occasion(commit=commit, bill=str(Digest.of(bill)))
    engine = database.opened(at)
    record = Record(engine, at.app, at.site)
    record.add_revision(NewRevision("ocr", str(image), Spec(image).to_json(), occasion.to_json()))
    if location:
        record.pushed(str(image), location)
    engine.dispose()


def test_a_revision_whose_image_is_gone_is_told_with_where_it_is(workshop: Workshop) -> None:
    revision(workshop, Digest("a" * 64), location="registry.example.org/team/ocr")
    revision(workshop, Digest("b" * 64), commit="c" * 40)
    for command in ("bill", "verify"):
        done = [
            CliRunner().invoke(cli, [command, "ocr", "--revision", one], standalone_mode=False)
            for one in ("1", "2")
        ]
        assert [str(one.exception) for one in done] == [
            "ocr revision 1: its image, aaaaaaaaaaaa, is not in the store; "
            f"run `lading pull ocr --from registry.example.org/team/ocr@sha256:{'a' * 64}`",
            "ocr revision 2: its image, bbbbbbbbbbbb, is not in the store; "
            "it was pushed nowhere; build it again from its source at commit cccccccccccc",
        ]


def test_a_revision_has_the_bill_that_it_began_with(workshop: Workshop) -> None:
    first = attach(workshop, "a" * 40, 1)
    second = attach(workshop, "b" * 40, 2)
    revision(workshop, first.subject.digest, first.provenance)
    revision(workshop, first.subject.digest, second.provenance)
    assert "  commit    aaaaaaaaaaaa on main, unchanged\n" in ok("ocr", "--revision", "1")
    assert "  commit    bbbbbbbbbbbb on main, unchanged\n" in ok("ocr", "--revision", "2")
    assert json.loads(ok("ocr", "--revision", "1", "--json"))[0]["provenance"] == first.statement
    assert refused("ocr", "--revision", "3") == (
        "ocr has no such revision: expected 1 to 2, got 3; `lading history ocr` shows them"
    )
    assert refused("--revision", "1") == "--revision: expected the name of its service, got none"
    assert refused("--revision", "1", "--image", "digits/ocr") == (
        "--image and --revision exclude each other; leave one of them out"
    )


def test_of_a_revision_whose_bill_was_let_go_the_newest_is_shown(workshop: Workshop) -> None:
    bill = attach(workshop, "a" * 40, 1)
    revision(workshop, bill.subject.digest, b"let go")
    done = run("ocr", "--revision", "1")
    assert done.stderr == (
        "lading: the bill of ocr revision 1 was let go for newer ones; "
        "this is the newest of its image\n"
    )
    assert done.stdout.startswith(f"ocr revision 1  {bill.subject.digest}\n")
