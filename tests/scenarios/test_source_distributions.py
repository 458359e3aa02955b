"""What has no wheel: built in a container that reaches nothing, locked, and the same again."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import textwrap
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests import private_index
from tests.registry_server import serving
from tests.scenarios import based
from tests.scenarios.conftest import HOME, App

NATIVE_C = """\
#define PY_SSIZE_T_CLEAN
#include <Python.h>
{include}
static PyObject *answer(PyObject *self, PyObject *none) {{ return PyLong_FromLong({value}); }}
static PyMethodDef methods[] = {{{{"answer", answer, METH_NOARGS, ""}}, {{NULL}}}};
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "native", NULL, -1, methods}};
PyMODINIT_FUNC PyInit_native(void) {{ return PyModule_Create(&module); }}
"""
SETUP = """\
import os, pathlib, socket
from setuptools import Extension, setup
# {salt}
pathlib.Path({canary!r}).parent.mkdir(parents=True, exist_ok=True)
pathlib.Path({canary!r}).write_text("ran here")
assert os.getuid() == 65532, os.getuid()
try:
    socket.create_connection(("1.1.1.1", 53), 1)
    raise SystemExit("it reaches the network")
except OSError:
    pass
extension = Extension("native", ["native.c"], libraries={libraries})
setup(name="native", version="1.0", ext_modules=[extension])
"""
HANDLER = """\
class Probe:
    def predict(self, action: str) -> dict:
        import docopt, native, taken, tracked
        return {"answer": native.answer(), "docopt": docopt.__version__, "taken": taken.HERE,
                "tracked": tracked.HERE}
"""


def native(
    folder: Path, canary: Path, include: str = "", value: str = "42", libraries: str = "[]"
) -> None:
    """A project with an extension in C, that was never built before; it tells where it runs."""
    folder.mkdir(exist_ok=True)
    salt = uuid.uuid4()
    setup = SETUP.format(salt=salt, canary=str(canary), libraries=libraries)
    (folder / "setup.py").write_text(setup)
    (folder / "native.c").write_text(NATIVE_C.format(include=include, value=value))


def repository(folder: Path) -> None:
    for name, text in private_index.project("tracked").items():
        path = folder / "python" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *command], cwd=folder, check=True)


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> App:
    app = make_app("sourced")
    app.change("handler: probe:Probe", "handler: probe:Probe\n    build_packages: [libyaml-dev]")
    app.change('["*.lock"]', '["*.lock", lib, vendor]')
    (app.folder / "probe.py").write_text(HANDLER)
    (app.folder / "vendor").mkdir()
    private_index.put_wheel(app.folder / "vendor", "taken")
    kept = tmp_path_factory.mktemp("repository")
    repository(kept)
    native(app.folder / "lib", canary(app))
    (app.folder / "requirements.txt").write_text(
        "-e ./lib\n"
        "./vendor/taken-1.0-py3-none-any.whl\n"
        f"tracked @ git+file://{kept}@main#subdirectory=python\n"
        "docopt==0.6.2\n"
    )
    app.ok("lock")
    return app


def canary(app: App) -> Path:
    """Both here and in a build's container, /tmp may be written to."""
    return Path("/tmp/lading-canary") / app.folder.parent.name / "ran"


def refused(app: App, tmp_path: Path, **parts: str) -> str:
    """What locking says of another extension."""
    folder = tmp_path / "app"
    shutil.copytree(app.folder, folder)
    native(folder / "lib", canary(app), **parts)
    (folder / "requirements.txt").write_text("./lib\n")
    return App(folder, app.port).refused("lock")


def installed(debian: bytes) -> bytes:
    """dpkg's own list of what an image has, as a Debian has it."""
    with tarfile.open(fileobj=io.BytesIO(debian)) as tar:
        files = [tar.extractfile(one) for one in tar if "/status.d/" in one.name and one.isfile()]
        return b"\n".join(file.read().strip() + b"\n" for file in files if file)


def origins(app: App) -> list[str]:
    lines = (app.folder / "lading.lock").read_text().splitlines()
    found = (line.partition('"origin":"')[2].partition("#")[0] for line in lines)
    return [origin for origin in found if origin]


def kept(app: App) -> list[Path]:
    """The wheels of the app's lock that no index has, as they lie in the cache."""
    lines = (app.folder / "lading.lock").read_text().splitlines()
    hashes = [line.partition('"sha256":"')[2][:64] for line in lines if '"origin":"' in line]
    return [path for one in hashes for path in (HOME / "cache" / "wheels" / one).glob("*.whl")]


def test_the_lock_says_what_each_was_made_of(app: App) -> None:
    kinds = [one.partition(":")[0] for one in origins(app)]
    assert kinds == ["sdist", "folder", "wheel", "git"]
    text = (app.folder / "lading.lock").read_text()
    assert '"origin":"folder:lib#sha256=' in text
    assert '"origin":"wheel:vendor/taken-1.0-py3-none-any.whl#sha256=' in text
    assert "&ref=main&subdirectory=python" in text
    assert str(app.folder) not in text


def test_nothing_of_a_source_runs_on_this_machine(app: App) -> None:
    assert not canary(app).exists()


def test_it_is_served(app: App) -> None:
    app.ok("up", "-d")
    expected = {"answer": 42, "docopt": "0.6.2", "taken": True, "tracked": True}
    assert app.ask("any") == expected


def test_another_machine_makes_the_same_of_the_same_lock(app: App) -> None:
    here = app.json("build")[0]["digest"]
    forgotten = kept(app)
    assert len(forgotten) == 4
    for path in forgotten:
        path.unlink()
    shutil.rmtree(HOME / "cache" / "sources")
    # What is built already asks for none of them.
    assert app.json("build")[0]["digest"] == here
    assert kept(app) == []
    assert "probe: the same, " in app.ok("verify")
    assert kept(app) == forgotten


def test_a_wheel_that_comes_out_another_is_named_with_both_hashes(app: App, tmp_path: Path) -> None:
    shutil.copytree(app.folder, tmp_path / "app")
    other = App(tmp_path / "app", app.port)
    native(other.folder / "lib", canary(app), value='__LINE__ + sizeof(__TIMESTAMP__ "x")')
    random = "import random; import os; V = os.urandom(4).hex()\n"
    setup = other.folder / "lib" / "setup.py"
    setup.write_text(random + setup.read_text().replace('version="1.0"', 'version="1.0", url=V'))
    (other.folder / "requirements.txt").write_text("./lib\n")
    other.ok("lock")
    for path in kept(other):
        path.unlink()
    said = other.refused("build")
    assert "native 1.0: built again, it is another wheel than is locked" in said
    assert "into a folder that --find-links names; or run `lading lock`" in said


def test_a_lock_is_out_of_date_with_the_folder_it_names(app: App, tmp_path: Path) -> None:
    shutil.copytree(app.folder, tmp_path / "app")
    other = App(tmp_path / "app", app.port)
    native(other.folder / "lib", canary(app), value="43")
    said = other.refused("build")
    assert "requirements.txt changed, or a folder or file that it names" in said


def test_a_missing_header_is_named_with_its_package(app: App, tmp_path: Path) -> None:
    said = refused(app, tmp_path, include="#include <zmq.h>")
    assert "requirements.txt:1: lib cannot be built: got no header zmq.h" in said
    assert "add libzmq3-dev to `build_packages`" in said


def test_a_library_that_the_image_lacks_is_named_with_its_package(app: App, tmp_path: Path) -> None:
    parts = {"include": "#include <yaml.h>", "value": "yaml_get_version_string()[0]"}
    said = refused(app, tmp_path, **parts, libraries="['yaml']")
    assert "lib needs the library libyaml-0.so.2, which the image does not have" in said
    assert "add libyaml-0-2 to `packages`" in said


def test_a_build_ends_when_its_time_is_up(app: App, tmp_path: Path) -> None:
    shutil.copytree(app.folder, tmp_path / "app")
    lib = tmp_path / "app" / "lib"
    shutil.rmtree(lib)
    lib.mkdir()
    for name, text in private_index.project("slow").items():
        (lib / name).write_text(text)
    endless = textwrap.dedent(f"""\
        import time  # {uuid.uuid4()}
        print("waiting for ever", flush=True)
        time.sleep(600)
        """)
    (lib / "own.py").write_text(endless)
    (tmp_path / "app" / "requirements.txt").write_text("./lib\n")
    done = App(tmp_path / "app", app.port).lading("lock", LADING_WHEEL_MINUTES="0.05")
    assert done.returncode == 1
    assert "lib was not built in 0.05 minutes: got waiting for ever" in done.stderr
    assert "give it more with LADING_WHEEL_MINUTES" in done.stderr


def test_on_an_image_of_others_it_is_built_on_that_image(
    make_app: Callable[..., App], tmp_path: Path
) -> None:
    app = make_app("sourced-on")
    native(app.folder / "lib", canary(app))
    (app.folder / "requirements.txt").write_text("./lib\ndocopt==0.6.2\n")
    text = "class Probe:\n    def predict(self) -> int:\n        import docopt, native\n"
    (app.folder / "probe.py").write_text(f"{text}        return native.answer()\n")
    with serving() as registry:
        debian = based.debian(HOME / "cache")
        layers = [debian, based.virtual(), based.packed({"var/lib/dpkg/status": installed(debian)})]
        config = {"Env": ["PATH=/opt/venv/bin:/usr/bin:/bin"]}
        based.put(registry, "team/python", "1", layers, config)
        app.change("handler:", f"base: {registry.host}/team/python:1\n    handler:")
        app.change("gateway:", f'registries: {{"{registry.host}": {{insecure: true}}}}\ngateway:')
        app.ok("lock")
        assert [one.partition(":")[0] for one in origins(app)] == ["sdist", "folder"]
        app.ok("up", "-d")
    answer = httpx.post(app.url(), json={}, timeout=60, trust_env=False)
    assert (answer.status_code, answer.json()) == (200, 42)
