"""`lading audit`, as it is typed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lading.bills import bill
from lading.cli.main import cli
from lading.errors import LadingError
from lading.oci import Index, Reference
from lading.stores.layout import Layout
from tests.unit.bills.audit.conftest import ALL, JINJA_GHSA

SETTINGS = """\
app: shop
services:
  digits: {source: ., handler: "a:A"}
"""
IGNORING = """\
audit:
  osv: osv.zip
  ignore:
    - {id: CVE-2020-28493, reason: urlize is never called, until: 2999-01-31}
    - {id: CVE-2023-4911, reason: no set-uid program in it}
    - {id: CVE-1999-1, reason: long ago}
"""


def entry(name: str, purl: str, licence: str) -> dict[str, Any]:
    licences = [{"license": {"id": licence}}] if licence else []
    return {"type": "library", "name": name, "version": "", "purl": purl, "licenses": licences}


COMPONENTS = [
    entry("jinja2", "pkg:pypi/jinja2@2.11.2", "BSD-3-Clause"),
    entry("odd", "pkg:pypi/odd@1", ""),
    entry(
        "libc6",
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?distro=debian-12&upstream=glibc",
        "LGPL-2.1-only",
    ),
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["audit", *arguments], standalone_mode=False)


def refused(*arguments: str) -> str:
    done = run(*arguments)
    assert isinstance(done.exception, LadingError), done.output
    return str(done.exception)


@pytest.fixture(autouse=True)
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: Any) -> Path:
    """The app's folder, which is the working directory; its image is built, and has a bill."""
    monkeypatch.setenv("LADING_HOME", str(tmp_path / "home"))
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "lading.yaml").write_text(SETTINGS)
    (folder / "a.py").write_text("class A: ...\n")
    monkeypatch.chdir(folder)
    store, image = Layout(tmp_path / "home/data/store"), images.image()
    store.write(image, Reference("shop/digits"))
    sbom = json.dumps({"bomFormat": "CycloneDX", "components": COMPONENTS}).encode()
    bill.attach(store, bill.Bill(image.descriptor, b"", sbom))
    with zipfile.ZipFile(folder / "osv.zip", "w") as archive:
        for one in ALL:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
    return folder


def test_vulnerabilities_are_listed_the_worst_first_and_fail() -> None:
    done = run("--osv", "osv.zip")
    assert done.return_value == 1
    assert done.stdout.splitlines() == [
        "       RATING  VULNERABILITY   PACKAGE  VERSION         FIXED IN        IN      WHAT",
        "fails  high    CVE-2023-4911   libc6    2.36-9+deb12u1  2.36-9+deb12u3  digits",
        "fails  medium  CVE-2020-28493  jinja2   2.11.2          2.11.3          digits  "
        "Regular expressions that take for ever, in Jinja2's urlize",
        "",
        "licences: BSD-3-Clause (1), LGPL-2.1-only (1), unknown (1)",
        "1 image, 3 packages; vulnerabilities: 2 to mend",
    ]


def test_without_a_database_nothing_is_looked_for_and_this_is_said() -> None:
    done = run()
    assert done.return_value == 0
    assert done.stdout.splitlines()[-1] == ("1 image, 3 packages; no vulnerabilities looked for")
    assert done.stderr == (
        "lading: no vulnerabilities are looked for; "
        "name OSV's files with --osv, or `audit: {osv: …}` in lading.yaml\n"
    )


@pytest.mark.parametrize(("level", "code"), [("high", 1), ("critical", 0)])
def test_what_is_rated_lower_passes(level: str, code: int) -> None:
    assert run("--osv", "osv.zip", "--fail-on", level).return_value == code


def test_what_is_ignored_is_shown_with_its_reason_and_passes(app: Path) -> None:
    (app / "lading.yaml").write_text(SETTINGS + IGNORING)
    done = run()
    assert done.return_value == 0, done.output
    assert "ignored  medium" in done.stdout
    assert "urlize is never called" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 image, 3 packages; vulnerabilities: 2 ignored"
    assert "lading: CVE-1999-1 is ignored, and no package has it: remove it" in done.stderr


def test_what_was_ignored_until_a_day_fails_after_it(app: Path) -> None:
    ended = IGNORING.replace("2999-01-31", "2020-01-31")
    (app / "lading.yaml").write_text(SETTINGS + ended)
    done = run()
    assert done.return_value == 1
    assert "lading: CVE-2020-28493 was ignored until 2020-01-31: urlize is never called" in (
        done.stderr
    )


def test_licences_that_are_denied_fail_and_are_named() -> None:
    done = run("--deny-licence", "LGPL-*")
    assert done.return_value == 1
    assert done.stdout.splitlines()[:2] == [
        "LICENCE IS  PACKAGE  VERSION         LICENCE        IN",
        "denied      libc6    2.36-9+deb12u1  LGPL-2.1-only  digits",
    ]
    assert run("--deny-licence", "LGPL-*", "--licences-of", "python").return_value == 0


def test_licences_that_are_not_allowed_or_not_known_fail() -> None:
    allowed = ("--licences-of", "python", "--allow-licence", "BSD-*")
    assert "unknown     odd      1        unknown  digits" in run(*allowed).stdout
    assert run(*allowed, "--allow-unknown").return_value == 0


def test_every_package_can_be_listed() -> None:
    assert run("--packages").stdout.splitlines()[:4] == [
        "PACKAGE  VERSION         FROM    LICENCE        IN",
        "jinja2   2.11.2          PyPI    BSD-3-Clause   digits",
        "libc6    2.36-9+deb12u1  Debian  LGPL-2.1-only  digits",
        "odd      1               PyPI    unknown        digits",
    ]


def test_programs_get_all_of_it() -> None:
    document = json.loads(run("--osv", "osv.zip", "--json").stdout)
    assert document["clean"] is False
    assert [x["id"] for x in document["vulnerabilities"]] == ["CVE-2023-4911", "CVE-2020-28493"]
    assert document["vulnerabilities"][1]["ids"][1:3] == ["GHSA-g3rq-g295-4j3m", "PYSEC-2021-66"]
    assert [x["name"] for x in document["packages"]] == ["jinja2", "libc6", "odd"]


def test_of_several_platforms_each_image_is_looked_at(tmp_path: Path, images: Any) -> None:
    store = Layout(tmp_path / "home/data/store")
    first = store.read(Reference("shop/digits"))
    other = images.image(images.layer({"other": b"3"}))
    store.write(other)
    sbom = json.dumps({"components": COMPONENTS[:1]}).encode()
    bill.attach(store, bill.Bill(other.descriptor, b"", sbom))
    index = Index.of({"linux/amd64": first.descriptor, "linux/arm64": other.descriptor})
    store.write_index(index, Reference("shop/digits"))
    document = json.loads(run("--json").stdout)
    assert document["packages"][0]["images"] == ["digits (linux/amd64)", "digits (linux/arm64)"]
    assert document["packages"][1]["images"] == ["digits (linux/amd64)"]


def test_what_no_database_tells_of_is_said(app: Path, tmp_path: Path, images: Any) -> None:
    with zipfile.ZipFile(app / "pypi.zip", "w") as archive:
        archive.writestr("a.json", json.dumps(JINJA_GHSA))
    assert run("--osv", "pypi.zip").stderr.splitlines()[-1] == (
        "lading: 1 package of Debian not looked for: the databases have nothing of Debian"
    )
    store, other = Layout(tmp_path / "home/data/store"), images.image(images.layer({"x": b"3"}))
    store.write(other, Reference("shop/digits"))
    names = [f"lib{x}" for x in "abcdefg"]
    listed = [entry(x, f"pkg:deb/ubuntu/{x}@1?distro=ubuntu-24.04", "MIT") for x in names]
    sbom = json.dumps({"bomFormat": "CycloneDX", "components": listed}).encode()
    bill.attach(store, bill.Bill(other.descriptor, b"", sbom))
    done = run("--osv", "osv.zip")
    assert (done.return_value, done.stderr.splitlines()[-1]) == (
        0,
        "lading: not looked for, being neither of PyPI nor of a release of Debian: "
        "liba, libb, libc, libd, libe and 2 more",
    )


def test_a_list_that_cannot_be_read_is_no_clean_audit(tmp_path: Path, images: Any) -> None:
    store, other = Layout(tmp_path / "home/data/store"), images.image(images.layer({"x": b"3"}))
    store.write(other, Reference("shop/digits"))
    bill.attach(store, bill.Bill(other.descriptor, b"", b'{"components": ['))
    assert refused() == (
        "digits: the list of what is inside cannot be read: it is no JSON object; "
        "run `lading build`, or ask who attached it"
    )


def test_mistakes_are_told(tmp_path: Path, images: Any) -> None:
    assert refused("--deny-licence", "GPL3") == (
        "GPL3: no such licence: expected an identifier of SPDX, or a pattern; "
        "did you mean GPL-3.0-only?"
    )
    assert refused("--osv", "nowhere").startswith("nowhere: there is no such file or folder")
    assert refused("other") == "the app has no service or step 'other': expected one of digits"
    store, bare = Layout(tmp_path / "home/data/store"), images.image(images.layer({"x": b"3"}))
    store.write(bare, Reference("shop/digits"))
    assert refused() == (
        "digits: no list of what is inside is attached to the image; run `lading build` to make it"
    )
