"""What a project is built with, what comes out of it, and what went wrong."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from lading.building.wheels import backend, uv_settings
from lading.building.wheels.making import explain, needs, project
from lading.building.wheels.making.repacked import repacked
from lading.building.wheels.making.workshop import Worked
from lading.building.wheels.sources.credentials import Place, find
from lading.building.wheels.sources.fetch import Source
from lading.building.wheels.sources.origin import Kind, Origin
from lading.building.wheels.target import Target
from lading.errors import RequirementsError
from tests import private_index

HEADER, GONE = "fatal error: ", ": No such file or directory"


def source(path: Path, subdirectory: str = "") -> Source:
    origin = Origin(Kind.SDIST, path.name, "00", subdirectory=subdirectory)
    return Source(path, path.name, origin)


def test_a_project_says_its_backend_and_looks_native_by_its_files(tmp_path: Path) -> None:
    plain = private_index.put_source(tmp_path, "plain")
    assert project.read(source(plain), "here") == project.Project("own", (".",), (), False)
    legacy = private_index.put_tar(tmp_path, "old", "1", {"setup.py": "", "src/fast.c": ""})
    found = project.read(source(legacy), "here")
    assert (found.backend, found.native) == ("setuptools.build_meta:__legacy__", True)
    assert found.requires == ("setuptools>=40.8.0", "wheel")


def test_a_project_below_is_found_and_another_is_not(tmp_path: Path) -> None:
    files = {f"python/{name}": text for name, text in private_index.project("one").items()}
    path = private_index.put_tar(tmp_path, "one", "1", {**files, "native/fast.c": ""})
    assert project.read(source(path, "python"), "here").native is False
    with pytest.raises(RequirementsError) as refused:
        project.read(source(path, "native"), "requirements.txt:1")
    assert str(refused.value) == (
        "requirements.txt:1: is no Python project: "
        "expected a pyproject.toml or setup.py in native, got neither"
    )


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.tar.gz").write_bytes(b"nothing of the sort")
    with pytest.raises(RequirementsError) as refused:
        project.read(source(tmp_path / "one.tar.gz"), "here")
    assert refused.value.problem == "is no archive of a project"


def wheel(*names: str, year: int = 2020) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            member = zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0))
            archive.writestr(member, "b,,\na,,\n" if name.endswith("RECORD") else name)
    return packed.getvalue()


def test_the_same_files_are_the_same_wheel() -> None:
    about = "a-1.dist-info/RECORD"
    first = repacked(wheel(about, "b.py", "a.py"))
    assert first == repacked(wheel("a.py", "b.py", about, year=2024))
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == ["a.py", "b.py", about]
        assert archive.read(about) == b"a,,\nb,,\n"
    assert first != repacked(wheel("a.py", about))


def test_a_library_that_the_wheel_does_not_bring_is_asked_for(tmp_path: Path) -> None:
    from msgspec import _core

    path = tmp_path / "one-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(_core.__file__, "one/_core.so")
    found = needs.missing(path, {}, {})
    assert needs.has_any(path)
    assert found is not None
    assert found == needs.Missing("libc.so.6", "", "one/_core.so")


@pytest.mark.parametrize(
    ("line", "came", "todo"),
    [
        (f"a.c:1: {HEADER}libxml/tree.h{GONE}", "no header libxml/tree.h", "libxml2-dev"),
        (
            f"x.h:1: {HEADER}odd/own.h{GONE}",
            "no header odd/own.h",
            "the Debian package that has it",
        ),
        ("ld: cannot find -lssl: No such file", "no library ssl to link with", "libssl-dev"),
        ("Error: pg_config executable not found.", "no program pg_config", "libpq-dev"),
        ("error: [Errno 2] No such file or directory: 'swig'", "no program swig", "swig"),
        ("/bin/sh: 1: cmake: not found", "no program cmake", "cmake"),
        (
            "Error: Please make sure the libxml2 and libxslt development packages are installed.",
            "no headers of libxml2 and libxslt",
            "libxml2-dev and libxslt1-dev",
        ),
    ],
)
def test_what_a_build_lacked_is_named_with_its_package(line: str, came: str, todo: str) -> None:
    worked = Worked(1, ("compiling", line, "error: command failed"))
    error = explain.failed("one 1.0", "r.txt:1", worked, Path("/log"), 30)
    assert (error.problem, error.came) == ("one 1.0 cannot be built", came)
    assert error.todo == f"add {todo} to `build_packages`; all that it wrote is in /log"


def test_other_reasons_are_said_as_what_they_are() -> None:
    network = Worked(1, ("urlopen error [Errno -3] Temporary failure in name resolution",))
    error = explain.failed("one", "r.txt:1", network, Path("/log"), 30)
    assert error.came == "it asks for the network, which a build has none of"
    module = Worked(1, ("ModuleNotFoundError: No module named 'numpy'",))
    error = explain.failed("one", "r.txt:1", module, Path("/log"), 30)
    assert error.came == "its build imports numpy, which its [build-system] does not require"
    killed = Worked(1, ("c++: fatal error: Killed",), out_of_memory=True)
    error = explain.failed("one", "r.txt:1", killed, Path("/log"), 30)
    assert error.problem == "one needs more memory to be built than this machine gives"


def test_what_builds_a_source_is_limited_and_added_to_by_uvs_settings(tmp_path: Path) -> None:
    for version in ("1.0", "2.0"):
        private_index.put_wheel(tmp_path, "makes", version)
    asked = tmp_path / "requirements.txt"
    asked.write_text("--no-index\n--find-links .\n")
    target = Target("3.11", "linux/amd64", (2, 36))
    newest = backend.wheels(["makes"], asked, target, "one")
    limits = 'build-constraint-dependencies = ["makes<2"]\n'
    torch = '{ requirement = "torch", match-runtime = false }'
    more = f'[extra-build-dependencies]\nOne_1 = ["numpy", {torch}]\n'
    (tmp_path / "uv.toml").write_text(limits + more)
    limited = backend.wheels(["makes"], asked, target, "one")
    assert [one.version for one in (*newest, *limited)] == ["2.0", "1.0"]
    assert backend.besides(asked, "one-1 2.0") == ("numpy", "torch")
    assert backend.besides(asked, "two 2.0") == ()


def test_a_project_in_rust_is_refused_unless_it_brings_its_crates(tmp_path: Path) -> None:
    system = '[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n'
    files = {"pyproject.toml": system, "Cargo.toml": "", "src/lib.rs": ""}
    bare = private_index.put_tar(tmp_path, "one", "1", files)
    assert project.read(source(bare), "here").crates
    whole = {**files, "vendor/pyo3/.cargo-checksum.json": "{}"}
    vendored = private_index.put_tar(tmp_path, "two", "1", whole)
    assert not project.read(source(vendored), "here").crates
    assert str(explain.without_crates("one 1", "r.txt:1")) == (
        "r.txt:1: one 1 cannot be built: got it is written in Rust, whose crates come from a "
        "network, which a build has none of; choose a version that has a wheel, or build it into "
        "a wheel elsewhere and name that"
    )


def test_a_source_that_its_backend_outgrew_is_told_what_built_it() -> None:
    worked = Worked(1, ("a.c:4:3: error: no member", "error: Command 'gcc' failed: error"))
    error = explain.failed("one", "r.txt:1", worked, Path("/log"), 30, ["cython 3.3.1"])
    assert error.came == "a.c:4:3: error: no member"
    assert error.todo == (
        "mend the source, choose a version that has a wheel, or name older ones of what it was "
        "built with (cython 3.3.1) in a file for UV_BUILD_CONSTRAINT; all that it wrote is in /log"
    )


def test_a_credential_is_looked_for_where_uv_does(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine host login netted password three\n")
    url, home = "https://host/files/a.whl", {"HOME": str(tmp_path)}
    named = {**home, "UV_INDEX_OUR_OWN_USERNAME": "env", "UV_INDEX_OUR_OWN_PASSWORD": "two"}

    def found(url: str, index: Place, environ: dict[str, str]) -> str:
        credential = find(url, [index], keyring=False, environ=environ)
        return f"{credential.user}:{credential.password}" if credential else ""

    assert found("https://me:one@host/a.whl", Place("https://host/simple"), named) == "me:one"
    assert found(url, Place("https://host/simple", "our-own"), named) == "env:two"
    assert found(url, Place("https://in:url@host/simple"), home) == "in:url"
    assert found(url, Place("https://host/simple"), home) == "netted:three"
    assert found("https://other/a.whl", Place("https://in:url@host/simple"), home) == ""
    assert found("http://host:81/a.whl", Place("http://in:url@host/simple"), {"HOME": "/x"}) == ""


def test_uvs_settings_are_merged_as_uv_does_it(tmp_path: Path) -> None:
    project_folder, home = tmp_path / "app" / "below", tmp_path / "home" / "uv"
    project_folder.mkdir(parents=True)
    home.mkdir(parents=True)
    text = '[tool.uv]\nfind-links = ["wheels"]\nresolution = "lowest"\ndev-dependencies = ["x"]\n'
    (tmp_path / "app" / "pyproject.toml").write_text(text)
    user = (
        'resolution = "highest"\nfind-links = ["/srv"]\n[[index]]\nname = "a"\nurl = "https://a"\n'
    )
    (home / "uv.toml").write_text(user)
    found = uv_settings.read(project_folder, {"XDG_CONFIG_HOME": str(tmp_path / "home")})
    assert found == {
        "find-links": [str(tmp_path / "app" / "wheels"), "/srv"],
        "resolution": "lowest",
        "index": [{"name": "a", "url": "https://a"}],
    }
    told = uv_settings.with_metadata(found, [{"name": "one", "requires-dist": []}])
    assert 'dependency-metadata = [{"name" = "one", "requires-dist" = []}]\n' in told
