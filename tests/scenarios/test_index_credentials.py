"""Private indexes let Lading in as they do uv and pip, and nothing keeps what they let in by."""

from __future__ import annotations

import base64
import gzip
import os
import shutil
import stat
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import zstandard

from tests import private_index, registries
from tests.private_index import PrivateIndex
from tests.scenarios.conftest import HOME, App

USER = "reader"
SECRET = "S3cr3t-of-the-private-index"
KEYRING = f"""\
#!/bin/sh
# Asked as uv asks it: keyring get SERVICE USER
test "$1" = get && test "$3" = {USER} && echo {SECRET}
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateIndex]:
    folder = tmp_path_factory.mktemp("index")
    private_index.put_wheel(folder, "lading_hidden")
    private_index.put_source(folder, "lading_secretive", "1.0", "lading_hidden")
    with private_index.serving(folder, USER, SECRET) as index:
        yield index


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for these tests alone; Debian's packages are not fetched again."""
    home = tmp_path_factory.mktemp("home")
    (home / "cache").mkdir()
    for shared in ("debs", "debian"):
        (HOME / "cache" / shared).mkdir(parents=True, exist_ok=True)
        (home / "cache" / shared).symlink_to(HOME / "cache" / shared)
    return home


@pytest.fixture
def app(app: App, home: Path, tmp_path: Path) -> App:
    """With none of this user's settings, and nothing of what other tests fetched and built."""
    for made in ("sources", "wheels"):
        shutil.rmtree(home / "cache" / made, ignore_errors=True)
    plain = {"LADING_HOME": str(home), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    uv_cache = {"UV_CACHE_DIR": str(tmp_path / "uv")}
    return App(app.folder, app.port, {**plain, **uv_cache, "INDEX_TOKEN": SECRET})


def by_environment(index: PrivateIndex, folder: Path) -> Mapping[str, str]:
    named = {"UV_INDEX_OUR_OWN_USERNAME": USER, "UV_INDEX_OUR_OWN_PASSWORD": SECRET}
    return {"UV_INDEX": f"our-own={index.url}", **named}


def by_netrc(index: PrivateIndex, folder: Path) -> Mapping[str, str]:
    netrc = folder / "a-netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {SECRET}\n")
    netrc.chmod(0o600)
    return {"NETRC": str(netrc), "PIP_EXTRA_INDEX_URL": index.url}


def by_keyring(index: PrivateIndex, folder: Path) -> Mapping[str, str]:
    program = folder / "bin" / "keyring"
    program.parent.mkdir()
    program.write_text(KEYRING)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    asked = index.url.replace("http://", f"http://{USER}@")
    path = f"{program.parent}:{os.environ['PATH']}"
    return {"PATH": path, "UV_KEYRING_PROVIDER": "subprocess", "UV_INDEX": asked}


def by_pip_conf(index: PrivateIndex, folder: Path) -> Mapping[str, str]:
    path = folder / "pip.conf"
    path.write_text(f"[global]\nextra-index-url = {index.url_of(USER, SECRET)}\n")
    return {"PIP_CONFIG_FILE": str(path)}


def by_variable(index: PrivateIndex, folder: Path) -> Mapping[str, str]:
    """The requirements themselves name the index: the test writes them so."""
    return {}


Way = Callable[[PrivateIndex, Path], Mapping[str, str]]


@pytest.mark.parametrize("way", [by_environment, by_netrc, by_keyring, by_pip_conf, by_variable])
def test_an_index_lets_in_by_every_usual_way_and_no_lock_keeps_it(
    app: App, index: PrivateIndex, home: Path, tmp_path: Path, way: Way
) -> None:
    asked = "lading-secretive\n"
    if way is by_variable:
        asked = f"--extra-index-url {index.url_of(USER, '${INDEX_TOKEN}')}\n{asked}"
    (app.folder / "requirements.txt").write_text(asked)
    app = App(app.folder, app.port, {**app.environ, **way(index, tmp_path)})
    index.served.clear()
    index.processes.clear()
    done = app.lading("lock")
    assert done.returncode == 0, done.stderr
    assert "GET /files/lading_secretive-1.0.tar.gz" in index.served
    told = [done.stdout, done.stderr, (app.folder / "lading.lock").read_text()]
    assert "lading_secretive-1.0.tar.gz#sha256=" in told[2]
    assert not any(found(text.encode()) for text in told)
    assert leaks(home) == []
    assert any(b"lading\0lock" in one for one in index.processes)
    assert [one for one in index.processes if found(one)] == []


def test_who_is_not_let_in_is_told_so_without_what_was_tried(
    app: App, index: PrivateIndex, tmp_path: Path
) -> None:
    (app.folder / "requirements.txt").write_text("lading-secretive\n")
    wrong = {"PIP_EXTRA_INDEX_URL": index.url_of(USER, "Wr0ng-" + SECRET)}
    said = App(app.folder, app.port, {**app.environ, **wrong}).refused("lock")
    assert (
        f"lading: {index.url}: the index lets nobody in: expected that {USER} may read it, got "
        "HTTP status 401; give what it lets in by in its URL, a netrc or a keyring"
    ) in said
    assert not found(said.encode())
    bare = {"PIP_EXTRA_INDEX_URL": index.url}
    said = App(app.folder, app.port, {**app.environ, **bare}).refused("lock")
    assert "expected a user and a password, and none are known for it" in said


def test_nothing_of_a_credential_is_anywhere_after_lock_build_up_and_push(
    app: App, index: PrivateIndex, home: Path, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        data = tmp_path / "registry"
        data.mkdir()
        host = stack.enter_context(registries.running(data))
        settings = app.settings.read_text()
        extra = f"registry: {host}/team\nregistries: {{'{host}': {{insecure: true}}}}\n"
        app.settings.write_text(settings + extra)
        url = index.url_of(USER, "${INDEX_TOKEN}")
        (app.folder / "requirements.txt").write_text(f"--extra-index-url {url}\nlading-secretive\n")
        ways = {**by_environment(index, tmp_path), **by_netrc(index, tmp_path)}
        app = App(app.folder, app.port, {**app.environ, **ways})
        stack.callback(app.lading, "down")
        told = []
        for command in (["lock"], ["build"], ["up", "-d"], ["push"], ["bill", "probe"], ["ps"]):
            done = app.lading(*command)
            assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
            told += [done.stdout, done.stderr]
        assert not any(found(text.encode()) for text in told)
        assert leaks(home) == []
        assert leaks(data) == []
        # The folder of requirements says by which variable; nothing says its value.
        assert leaks(app.folder) == []


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(f"x{SECRET}".encode())
    (tmp_path / "packed.zst").write_bytes(zstandard.ZstdCompressor().compress(SECRET.encode()))
    (tmp_path / "packed.gz").write_bytes(gzip.compress(SECRET.encode()))
    (tmp_path / "header").write_bytes(base64.b64encode(f"{USER}:{SECRET}".encode()))
    assert len(leaks(tmp_path)) == 4


def found(content: bytes) -> bool:
    """Whether the secret is in it: as it is, as URLs have it, or as HTTP sends it."""
    basic = base64.b64encode(f"{USER}:{SECRET}".encode())
    return any(one in content for one in (SECRET.encode(), quoted(), basic))


def quoted() -> bytes:
    return urllib.parse.quote(SECRET, safe="").replace("-", "%2D").encode()


def leaks(folder: Path) -> list[str]:
    """Every file below `folder` with the secret in it, also within what is compressed.

    Debian's own packages, which are linked here, are nobody's secret and large: passed over.
    """
    paths = (Path(top) / name for top, _, names in os.walk(folder) for name in names)
    return [str(path) for path in paths if path.is_file() and found(opened(path.read_bytes()))]


def opened(content: bytes) -> bytes:
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        return zstandard.ZstdDecompressor().stream_reader(content).read()
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    return content
