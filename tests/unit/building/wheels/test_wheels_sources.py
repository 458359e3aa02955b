"""Requirements by path or URL: what they say, what is fetched, and how a lock tells it."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import subprocess
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from lading.building.wheels.requirements import Line
from lading.building.wheels.sources import direct, tree
from lading.building.wheels.sources.fetch import Sources
from lading.building.wheels.sources.git import Repository
from lading.building.wheels.sources.origin import Kind, Origin
from lading.errors import RequirementsError
from tests import private_index


def said(folder: Path, text: str) -> direct.Direct | None:
    return direct.find(Line(folder / "requirements.txt", 3, text))


def wanted(folder: Path, text: str) -> direct.Direct:
    found = said(folder, text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "kind", "name", "extras", "marker"),
    [
        ("-e ./lib[fast]", Kind.FOLDER, "", "[fast]", ""),
        ("--editable=../lib", Kind.FOLDER, "", "", ""),
        (".", Kind.FOLDER, "", "", ""),
        ("One @ file:///srv/lib", Kind.FOLDER, "one", "", ""),
        ("vendor/one-1.0-py3-none-any.whl", Kind.WHEEL, "", "", ""),
        ("./a-1.tar.gz ; os_name == 'posix'", Kind.ARCHIVE, "", "", "os_name == 'posix'"),
        ("git+https://host/a.git@main#egg=A_b", Kind.GIT, "a-b", "", ""),
        ("a[x,y] @ git+ssh://git@host/a@v1", Kind.GIT, "a", "[x,y]", ""),
        ("a @ https://host/a-1.zip --hash=sha256:00", Kind.URL, "a", "", ""),
    ],
)  # fmt: skip
def test_what_is_named_by_path_or_url_is_told_from_names(
    tmp_path: Path, text: str, kind: Kind, name: str, extras: str, marker: str
) -> None:
    found = wanted(tmp_path, text)
    assert (found.kind, found.name, found.extras, found.marker) == (kind, name, extras, marker)


@pytest.mark.parametrize(
    "text",
    [
        "numpy",
        "numpy>=2 ; sys_platform == 'linux'",
        "-r more.txt",
        "--find-links vendor/",
        "one[fast]==1.0 --hash=sha256:00",
    ],
)
def test_what_an_index_has_by_name_is_not(tmp_path: Path, text: str) -> None:
    assert said(tmp_path, text) is None


def test_other_version_controls_than_git_are_refused_without_their_password(tmp_path: Path) -> None:
    with pytest.raises(RequirementsError) as refused:
        assert wanted(tmp_path, "hg+https://me:secret@host/a").kind
    assert str(refused.value) == (
        f"{tmp_path}/requirements.txt:3: cannot be fetched: got hg+https://host/a; "
        "name a git repository, git+https://…, a file, or a folder"
    )


def test_an_origin_is_read_as_it_was_written() -> None:
    origin = Origin(Kind.GIT, "https://host/a b", "ab", "12", "feature/x&y", "sub/folder")
    assert str(origin) == (
        "git:https://host/a%20b#sha256=ab&commit=12&ref=feature%2Fx%26y&subdirectory=sub%2Ffolder"
    )
    assert Origin.parse(str(origin)) == origin
    for text in ("sdist", "nothing:a#sha256=1", "sdist:a"):
        with pytest.raises(ValueError, match=text.partition(":")[0]):
            Origin.parse(text)


def test_a_repository_is_shown_without_what_lets_in() -> None:
    token = Repository.parse("git+https://t0ken:x@host/me/a.git@v1.0")
    assert (token.public, token.ref) == ("https://host/me/a.git", "v1.0")
    assert token.url == "https://t0ken:x@host/me/a.git"
    scoped = Repository.parse("git+https://host/@me/a@v1.0")
    assert (scoped.public, scoped.ref) == ("https://host/@me/a", "v1.0")
    assert Repository.parse("git+https://host/a.git@lib@1.0").ref == "lib@1.0"
    ssh = Repository.parse("git+ssh://git@host/me/a.git")
    assert (ssh.public, ssh.ref) == ("ssh://git@host/me/a.git", "")
    assert Repository.parse("git@host:me/a.git@main").public == "ssh://git@host/me/a.git"


def test_a_folder_is_the_same_bytes_wherever_it_lies_without_what_is_no_source(
    tmp_path: Path,
) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        for path in ("a.py", ".git/config", ".venv/pyvenv.cfg", "a.egg-info/PKG-INFO", ".env"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(path)
        (folder / "run").write_text("#!")
        (folder / "run").chmod(0o700)
        (folder / "link").symlink_to("a.py")
    os.utime(tmp_path / "two" / "a.py", (1, 1))
    assert tree.sha256(tmp_path / "one") == tree.sha256(tmp_path / "two")
    packed = io.BytesIO()
    tree.write(tmp_path / "one", packed)
    assert hashlib.sha256(packed.getvalue()).hexdigest() == tree.sha256(tmp_path / "one")
    with tarfile.open(fileobj=io.BytesIO(packed.getvalue())) as tar:
        assert [(one.name, one.mode) for one in tar if one.isfile()] == [
            ("source/a.py", 0o644),
            ("source/run", 0o755),
        ]
    (tmp_path / "two" / "a.py").write_text("other")
    assert tree.sha256(tmp_path / "one") != tree.sha256(tmp_path / "two")


def repository(folder: Path) -> str:
    """One commit, tagged v1.2; its hash."""
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    hooks = folder / ".git" / "hooks"
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (["init", "-qb", "main"], ["add", "."], [*who, "commit", "-qm", "one"],
                    ["tag", "v1.2"]):  # fmt: skip
        subprocess.run(["git", *command], cwd=folder, check=True)
    assert hooks.is_dir()
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True)
    return head.stdout.decode().strip()


def test_a_branch_is_a_commit_and_a_kept_commit_stays(tmp_path: Path) -> None:
    commit = repository(tmp_path / "repository")
    sources = Sources(tmp_path / "cache", tmp_path / "requirements.txt", {})
    url = f"git+file://{tmp_path}/repository"
    found = sources.direct(wanted(tmp_path, f"{url}@main#subdirectory=python"))
    assert (found.origin.commit, found.origin.ref) == (commit, "main")
    assert (found.origin.subdirectory, found.version) == ("python", "1.2")
    with pytest.raises(RequirementsError) as refused:
        sources.direct(wanted(tmp_path, f"{url}@nowhere"))
    assert refused.value.problem == "git cannot fetch it"
    assert refused.value.came == "couldn't find remote ref nowhere"


def test_a_repository_lets_in_by_its_url_which_no_process_is_told(tmp_path: Path) -> None:
    repository(tmp_path / "a.git")
    subprocess.run(["git", "update-server-info"], cwd=tmp_path / "a.git", check=True)
    secret, told = "s3:cr@t/%", []
    known = base64.b64encode(f"me:{secret}".encode()).decode()

    class Guarded(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            told.extend(private_index.commands())
            if self.headers.get("Authorization") == f"Basic {known}":
                super().do_GET()
                return
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="a"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    handler = partial(Guarded, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_port}/a.git/.git@main"
        line = wanted(tmp_path, f"git+http://me:${{TOKEN}}@{place}")
        asked = tmp_path / "requirements.txt"
        right = {"TOKEN": quote(secret, safe="")}
        found = Sources(tmp_path / "cache", asked, right).direct(line)
        with pytest.raises(RequirementsError) as refused:
            Sources(tmp_path / "cache", asked, {"TOKEN": "wr0ng"}).direct(line)
        server.shutdown()
    assert found.origin.place == f"http://127.0.0.1:{server.server_port}/a.git/.git"
    assert "wr0ng" not in str(refused.value)
    assert told
    spelled = (secret.encode(), right["TOKEN"].encode(), known.encode(), b"wr0ng")
    assert not [one for one in told for word in spelled if word in one]


def test_what_is_not_there_is_said_with_its_line(tmp_path: Path) -> None:
    sources = Sources(tmp_path / "cache", tmp_path / "requirements.txt", {})
    with pytest.raises(RequirementsError) as refused:
        sources.direct(wanted(tmp_path, "-e ./gone"))
    assert str(refused.value) == (
        f"{tmp_path}/requirements.txt:3: names what is not there: expected a folder with a project "
        f"at {tmp_path}/gone, got nothing there"
    )


def test_a_credential_does_not_follow_to_another_host_nor_into_an_error(tmp_path: Path) -> None:
    wheel = private_index.put_wheel(tmp_path, "one")
    asked = tmp_path / "requirements.txt"
    asked.touch()
    sources = Sources(tmp_path / "cache", asked, {"TOKEN": "s3cret"})
    with (
        private_index.serving(tmp_path, "me", "s3cret") as first,
        private_index.serving(tmp_path, "nobody", "") as second,
    ):
        first.elsewhere = second.url.removesuffix("/simple").replace("127.0.0.1", "localhost")
        line = wanted(tmp_path, f"http://me:${{TOKEN}}@{first.host}/files/{wheel.name}?a=s3cret")
        with pytest.raises(RequirementsError) as refused:
            sources.direct(line)
    assert first.headers == [f"Basic {base64.b64encode(b'me:s3cret').decode()}"]
    assert second.headers == [""]
    assert refused.value.came == "HTTP status 401"
    assert "s3cret" not in str(refused.value)


def test_an_address_with_a_variable_that_is_not_set_is_none(tmp_path: Path) -> None:
    sources = Sources(tmp_path / "cache", tmp_path / "requirements.txt", {})
    with pytest.raises(RequirementsError) as refused:
        sources.direct(wanted(tmp_path, "https://me:s3cret@host:${PORT}/one-1.0.tar.gz"))
    assert (refused.value.problem, refused.value.came) == (
        "is no address",
        "https://host:${PORT}/one-1.0.tar.gz",
    )


def test_a_url_is_fetched_with_its_credential_and_told_without(tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    wheel = private_index.put_wheel(served, "one")
    environ = {"TOKEN": "s3cret"}
    (tmp_path / "requirements.txt").touch()
    with private_index.serving(served, "me", "s3cret") as index:
        url = f"http://me:${{TOKEN}}@{index.host}/files/{wheel.name}?signature=abc"
        sources = Sources(tmp_path / "cache", tmp_path / "requirements.txt", environ)
        found = sources.direct(wanted(tmp_path, f"one @ {url}"))
        assert found.is_wheel
        assert found.path.read_bytes() == wheel.read_bytes()
        assert found.origin.place == f"http://{index.host}/files/{wheel.name}"
        wrong = Sources(tmp_path / "cache", tmp_path / "requirements.txt", {"TOKEN": "wr0ng"})
        with pytest.raises(RequirementsError) as refused:
            wrong.direct(wanted(tmp_path, f"one @ {url}"))
    assert refused.value.came == "HTTP status 401"
    assert refused.value.todo == "correct the credential"
    assert "wr0ng" not in str(refused.value)
