"""`lading keygen`, `lading sign` and `lading verify --signatures`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lading.bills import bill
from lading.bills.signatures import keys
from lading.cli.main import cli
from lading.errors import LadingError, WrongPassword
from lading.oci import Image, Reference
from lading.stores.layout import Layout

SETTINGS = """\
app: shop
services:
  digits: {source: ., handler: "a:A"}
"""
SBOM = b'{"bomFormat": "CycloneDX", "components": []}'


def run(*arguments: str, **environ: str | None) -> Result:
    return CliRunner().invoke(cli, arguments, env=environ, standalone_mode=False)


def ok(*arguments: str, **environ: str | None) -> str:
    done = run(*arguments, **environ)
    assert done.exception is None and not done.return_value, (done.output, done.exception)
    return done.stdout


def refused(*arguments: str, **environ: str | None) -> str:
    done = run(*arguments, **environ)
    assert isinstance(done.exception, LadingError), done.output
    return str(done.exception)


@pytest.fixture(autouse=True)
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's folder, which is the working directory; passwords are empty."""
    monkeypatch.setenv("LADING_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COSIGN_PASSWORD", "")
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "lading.yaml").write_text(SETTINGS)
    (folder / "a.py").write_text("class A: ...\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def built(tmp_path: Path, images: Any) -> Image:
    """The service's image is built, and its bill attached."""
    store, image = Layout(tmp_path / "home/data/store"), images.image()
    store.write(image, Reference("shop/digits"))
    bill.attach(store, bill.Bill(image.descriptor, b"", SBOM))
    return image


def test_a_pair_of_keys_is_made_once_and_the_private_one_is_its_owners_alone(app: Path) -> None:
    said = ok("keygen", "ci").splitlines()
    assert said[0] == (
        "ci.key: signs; keep it out of version control and of images (`ignore`), "
        "and its password elsewhere"
    )
    assert said[1].startswith("ci.pub: verifies (key ")
    assert (app / "ci.key").stat().st_mode & 0o777 == 0o600
    assert refused("keygen", "ci") == (
        "ci.key: is there already; choose another name, or move it away"
    )
    assert refused("keygen", "ci.key").startswith("ci.key: is there already")
    assert refused("keygen", "keys/ci") == "keys: there is no such folder; make it first"


def test_a_password_needs_a_terminal_or_a_variable() -> None:
    assert refused("keygen", COSIGN_PASSWORD=None) == (
        "there is no terminal to ask for a password; "
        "set COSIGN_PASSWORD, to nothing for a key without a password"
    )
    ok("keygen", COSIGN_PASSWORD="correct horse")
    key = Path("lading.key").read_bytes()
    with pytest.raises(WrongPassword):
        keys.read_private(key, "lading.key", b"")
    assert keys.read_private(key, "lading.key", b"correct horse").public.pem == (
        Path("lading.pub").read_bytes()
    )


def test_what_is_signed_verifies_by_the_key(built: Image) -> None:
    ok("keygen")
    said = ok("sign", "--key", "lading.key")
    assert said.startswith(f"digits  {built.digest}  image, SBOM: signed by key ")
    assert "already signed by key" in ok("sign", "--key", "lading.key", "digits")
    lines = ok("verify", "--signatures", "--key", "lading.pub").splitlines()
    assert lines[0].split() == ["IMAGE", "DIGEST", "WHAT", "SIGNATURE"]
    assert [x.split()[2] for x in lines[1:]] == ["image", "SBOM"]
    assert all("signed by lading.pub (" in x for x in lines[1:])


def test_what_is_not_signed_fails_and_is_named(built: Image) -> None:
    ok("keygen", "one")
    ok("keygen", "other")
    ok("sign", "--key", "one.key")
    done = run("verify", "--signatures", "--key", "other.pub", "--json")
    assert done.return_value == 1
    assert [(x["what"], x["holds"], x["reason"]) for x in json.loads(done.stdout)] == [
        ("image", False, "signed, but not by other.pub, or altered since"),
        ("SBOM", False, "signed, but not by other.pub"),
    ]
    assert run("verify", "--signatures", "--key", "other.pub").stderr == (
        "lading: 2 of them do not hold\n"
    )


def test_the_keys_of_the_settings_count_where_none_is_given(app: Path, built: Image) -> None:
    ok("keygen", "ci")
    ok("sign", "--key", "ci.key")
    assert refused("verify", "--signatures") == (
        "no key to verify signatures with; give --key, or name public keys in "
        "`signatures: {keys: […]}` of lading.yaml"
    )
    (app / "lading.yaml").write_text(SETTINGS + "signatures: {keys: ci.pub}\n")
    ok("verify", "--signatures")


def test_a_key_may_be_in_a_variable(built: Image) -> None:
    ok("keygen", "ci")
    key = Path("ci.key").read_text()
    ok("sign", "--key", "env://THE_KEY", THE_KEY=key)
    assert refused("sign", "--key", "env://THE_KEY") == (
        "env://THE_KEY: no such variable; set THE_KEY to the key, in PEM"
    )


def test_an_image_is_signed_for_where_it_is_pushed_to(
    app: Path, built: Image, tmp_path: Path
) -> None:
    ok("keygen")
    (app / "lading.yaml").write_text(SETTINGS + "registry: ghcr.io/team\n")
    ok("sign", "--key", "lading.key")
    ok("sign", "--key", "lading.key", "--reference", "registry.example.org/x:1")
    attached = Layout(tmp_path / "home/data/store").attached(built.digest)
    simple = [json.loads(x.content)["critical"] for x in attached if b"critical" in x.content]
    assert [x["identity"]["docker-reference"] for x in simple] == [
        "ghcr.io/team/shop/digits",
        "registry.example.org/x:1",
    ]


def test_mistakes_are_told(built: Image) -> None:
    ok("keygen")
    assert refused("sign") == (
        "expected --key or --keyless, got neither; `lading keygen` makes one"
    )
    assert refused("sign", "--key", "none.key") == (
        "none.key: the key cannot be read: No such file or directory; `lading keygen` makes one"
    )
    assert refused("sign", "--key", "lading.pub").startswith("lading.pub: this key is public")
    assert refused("verify", "--signatures", "--key", "lading.key").startswith(
        "lading.key: this key is private"
    )
    assert refused("sign", "--key", "lading.key", COSIGN_PASSWORD="x") == (
        "lading.key: the password does not open the key; check COSIGN_PASSWORD"
    )
    assert refused("sign", "--key", "lading.key", COSIGN_PASSWORD=None) == (
        "lading.key: the key is encrypted, and there is no terminal to ask for its password; "
        "set COSIGN_PASSWORD"
    )
    assert refused("sign", "--key", "lading.key", "--reference", "UPPER CASE") == (
        "--reference: not the name of an image: expected "
        "[registry.example.org/]name[:tag][@sha256:…], got UPPER CASE"
    )
    assert refused("verify", "--key", "lading.pub") == (
        "--key, --identity and --issuer are of --signatures; add it"
    )
    assert refused("verify", "--signatures", "--identity", "me@example.org") == (
        "--identity and --issuer: expected both, got one of them"
    )


def test_what_is_not_built_is_named() -> None:
    ok("keygen")
    assert refused("sign", "--key", "lading.key") == (
        "digits: there is no such image in the store; run `lading build`, or `lading pull`"
    )
    assert refused("sign", "--key", "lading.key", "--image", "sha256:abc") == (
        "--image: expected app/service[:tag] or the first 6 digits of a digest, or more, "
        "got sha256:abc"
    )


def test_without_the_internet_there_is_no_signing_without_a_key(
    built: Image, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Nothing listens there.
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    said = refused("sign", "--keyless")
    assert said.startswith("sigstore cannot be used, which needs the internet: got ")
    assert said.endswith("; sign by a key, with --key, where there is none")


def test_a_key_that_is_missing_is_told_before_anything_is_pulled(app: Path) -> None:
    keyed = "registry: nowhere.invalid/team\nsignatures: {keys: [/nowhere/ci.pub]}\n"
    (app / "lading.yaml").write_text(SETTINGS + keyed)
    assert refused("pull") == (
        "/nowhere/ci.pub: the key cannot be read: No such file or directory; "
        "it is the .pub that `lading keygen` wrote beside the key that signs"
    )
