"""Requirements resolve to hashed files for the image's Python; the lock names no index."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import uv

from lading.building.lockfile import Wheel
from lading.building.progress import Silent
from lading.building.wheels import indexes, requirements, resolve
from lading.building.wheels.making.ground import Ground
from lading.building.wheels.making.maker import Maker, no_workshop
from lading.building.wheels.target import Target
from lading.errors import EngineUnavailable, RequirementsError

BOOKWORM = Target("3.11", "linux/amd64", (2, 36))
TRIXIE_ARM = Target("3.13", "linux/arm64", (2, 41))


def put(folder: Path, filename: str, *requires: str) -> str:
    """Write a wheel that holds nothing but its metadata; its SHA-256."""
    name, version = filename.split("-")[:2]
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {each}\n" for each in requires)
    tags = filename.removesuffix(".whl").split("-", 2)[2]
    with zipfile.ZipFile(folder / filename, "w") as wheel:
        wheel.writestr(f"{name}-{version}.dist-info/METADATA", metadata)
        wheel.writestr(f"{name}-{version}.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tags}\n")
        wheel.writestr(f"{name}-{version}.dist-info/RECORD", "")
    return hashlib.sha256((folder / filename).read_bytes()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all there is of an index."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.chdir(tmp_path)
    return wheels


def asked(folder: Path, text: str, name: str = "requirements.txt") -> Path:
    path = folder.parent / name
    path.write_text(text)
    return path


def resolved(path: Path, target: Target, versions: Mapping[str, str]) -> tuple[Wheel, ...]:
    """What `path` needs, where nothing can be built; `versions` are locked already."""
    bench = no_workshop(path.parent / "cache", Silent())
    before = [Wheel(name, version, "", "", 0) for name, version in versions.items()]
    return resolve.wheels(path, Maker(bench, path, target, unbuilt), before).wheels


def unbuilt(platform: str) -> Ground:
    raise AssertionError(platform)


def test_the_file_that_fits_best_is_locked_by_its_hash(folder: Path) -> None:
    put(folder, "fast-1.0-py3-none-any.whl")
    put(folder, "fast-1.0-cp311-cp311-manylinux_2_99_x86_64.whl")
    put(folder, "fast-1.0-cp311-cp311-manylinux_2_28_aarch64.whl")
    put(folder, "fast-1.0-cp311-cp311-manylinux2014_x86_64.whl")
    sha256 = put(folder, "fast-1.0-cp311-cp311-manylinux_2_28_x86_64.whl")
    (found,) = resolved(asked(folder, "Fast\n"), BOOKWORM, {})
    assert found.filename == "fast-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
    assert (found.name, found.version, found.sha256) == ("fast", "1.0", sha256)


def test_another_python_and_machine_have_their_own_files(folder: Path) -> None:
    put(folder, "fast-2.0-cp311-cp311-manylinux_2_28_x86_64.whl")
    put(folder, "fast-1.0-cp313-cp313-manylinux_2_28_aarch64.whl")
    path = asked(folder, "fast\n")
    assert [one.version for one in resolved(path, BOOKWORM, {})] == ["2.0"]
    assert [one.version for one in resolved(path, TRIXIE_ARM, {})] == ["1.0"]


def test_markers_are_the_images_and_extras_count(folder: Path) -> None:
    for name in ("arm", "intel", "inner", "extra"):
        put(folder, f"{name}-1.0-py3-none-any.whl")
    put(folder, "outer-1.0-py3-none-any.whl", "inner", "extra; extra == 'more'")
    text = (
        "outer[more]\narm; platform_machine == 'aarch64' and python_version >= '3.13'\n"
        "intel; platform_machine == 'x86_64'\n"
    )
    found = resolved(asked(folder, text), TRIXIE_ARM, {})
    assert [one.name for one in found] == ["arm", "extra", "inner", "outer"]


def test_a_locked_version_stays_while_it_satisfies(folder: Path) -> None:
    for version in ("1.0", "1.5", "2.0"):
        put(folder, f"one-{version}-py3-none-any.whl")
    path = asked(folder, "one\n")
    (kept,) = resolved(path, BOOKWORM, {"one": "1.5"})
    assert kept.version == "1.5"
    (moved,) = resolved(asked(folder, "one>1.5\n"), BOOKWORM, {"one": "1.5"})
    assert moved.version == "2.0"


def test_a_project_is_read_without_building_it(folder: Path) -> None:
    put(folder, "one-1.0-py3-none-any.whl")
    text = '[project]\nname = "app"\nversion = "1"\ndependencies = ["one"]\n'
    (found,) = resolved(asked(folder, text, "pyproject.toml"), BOOKWORM, {})
    assert found.name == "one"


def test_an_unknown_requirement_is_named_with_its_line(folder: Path) -> None:
    put(folder, "one-1.0-py3-none-any.whl")
    asked(folder, "# ours\nnowhere>1\n", "more.txt")
    with pytest.raises(RequirementsError) as refused:
        resolved(asked(folder, "one\n-r more.txt\n"), BOOKWORM, {})
    assert refused.value.where == "more.txt:2"
    assert refused.value.problem == "no index has a package of the name nowhere"


def test_a_conflict_is_told_in_uvs_own_words(folder: Path) -> None:
    put(folder, "one-1.0-py3-none-any.whl", "two<2")
    put(folder, "two-1.0-py3-none-any.whl")
    put(folder, "two-2.0-py3-none-any.whl")
    with pytest.raises(RequirementsError) as refused:
        resolved(asked(folder, "one\ntwo>=2\n"), BOOKWORM, {})
    assert refused.value.problem == "the requirements cannot be met together"
    assert refused.value.where.startswith("requirements.txt:")
    assert "two<2" in refused.value.came
    assert "two>=2" in refused.value.came
    assert "\n" not in str(refused.value)


def test_what_has_only_source_is_built_in_a_container_or_not_at_all(folder: Path) -> None:
    (folder / "one-1.0.tar.gz").write_bytes(b"never opened")
    with pytest.raises(EngineUnavailable) as refused:
        resolved(asked(folder, "\none==1.0\n"), BOOKWORM, {})
    assert refused.value.where == "requirements.txt:2"
    assert refused.value.problem == "one 1.0 has to be built, in a container: nothing here runs any"


def test_wheels_for_others_alone_are_refused_by_name(folder: Path) -> None:
    put(folder, "one-1.0-cp311-cp311-win_amd64.whl")
    with pytest.raises(RequirementsError) as refused:
        resolved(asked(folder, "\none==1.0\n"), BOOKWORM, {})
    assert refused.value.where == "requirements.txt:2"
    assert refused.value.problem == "one has no wheel for this image"
    assert refused.value.expected == "a wheel for Python 3.11 on x86_64, glibc 2.36"


def test_a_line_that_is_no_requirement_is_named(folder: Path) -> None:
    put(folder, "one-1.0-py3-none-any.whl")
    with pytest.raises(RequirementsError) as refused:
        resolved(asked(folder, "one\none=<2\n"), BOOKWORM, {})
    assert (refused.value.where, refused.value.problem) == (
        "requirements.txt:2",
        "is no requirement",
    )


@pytest.mark.parametrize("first", ["", "./wheels/one-1.0-py3-none-any.whl\n"])
@pytest.mark.parametrize("line", ["two =<2", "--nonsense two", "two[x"])
def test_a_line_is_named_in_the_file_that_it_stands_in(folder: Path, first: str, line: str) -> None:
    put(folder, "one-1.0-py3-none-any.whl")
    asked(folder, f"# more\n{line}\n", "more.txt")
    with pytest.raises(RequirementsError) as refused:
        resolved(asked(folder, f"{first}one\n-r more.txt\n"), BOOKWORM, {})
    assert (refused.value.where, refused.value.problem) == ("more.txt:2", "is no requirement")


def test_what_is_asked_for_after_constraints_is_no_constraint(folder: Path) -> None:
    put(folder, "one-1.0-py3-none-any.whl")
    for version in ("1.0", "2.0"):
        put(folder, f"two-{version}-py3-none-any.whl")
    asked(folder, "two<2\n", "limits.txt")
    text = "-c limits.txt\n./wheels/one-1.0-py3-none-any.whl\ntwo\n"
    found = resolved(asked(folder, text), BOOKWORM, {})
    assert [(one.name, one.version) for one in found] == [("one", "1.0"), ("two", "1.0")]


def test_an_include_by_address_is_refused(folder: Path) -> None:
    with pytest.raises(RequirementsError) as refused:
        resolved(asked(folder, "-c https://me:s3cret@host/c.txt\n"), BOOKWORM, {})
    assert str(refused.value) == (
        "requirements.txt:1: is at an address, not in a folder: got host/c.txt; "
        "download it, and name the file"
    )


def test_a_missing_include_is_named_where_it_is_asked_for(folder: Path) -> None:
    with pytest.raises(RequirementsError) as refused:
        resolved(asked(folder, "\n-r gone.txt\n"), BOOKWORM, {})
    assert refused.value.where.endswith("requirements.txt:2")
    assert refused.value.came == "No such file or directory"


def test_the_users_pin_wins_over_the_runtimes(folder: Path) -> None:
    for requirement in requirements.of_runtime():
        for version in ("0.50", "99.0"):
            put(folder, f"{requirement.name.replace('-', '_')}-{version}-py3-none-any.whl")
    user = resolved(asked(folder, "msgspec==0.50\n"), BOOKWORM, {})
    found = resolve.runtime(asked(folder, "msgspec==0.50\n"), user, BOOKWORM, {})
    names = {requirement.name for requirement in requirements.of_runtime()}
    assert {one.name for one in found} == names - {"msgspec"}


def test_a_pin_the_runtime_cannot_work_with_is_named_with_both_sides(folder: Path) -> None:
    put(folder, "msgspec-0.1-py3-none-any.whl")
    path = asked(folder, "\nmsgspec==0.1\n")
    user = resolved(path, BOOKWORM, {})
    with pytest.raises(RequirementsError) as refused:
        resolve.runtime(path, user, BOOKWORM, {})
    assert refused.value.where == "requirements.txt:2"
    assert refused.value.came == "msgspec==0.1 (yours)"
    assert refused.value.expected.endswith("(lading_runtime)")
    assert refused.value.expected.startswith("msgspec")


def test_pips_settings_are_said_in_uvs_words(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://a/simple\nextra-index-url =\n  https://b/s\n")
    told = indexes.environment({"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(config)})
    assert told["UV_DEFAULT_INDEX"] == "https://a/simple"
    assert told["UV_EXTRA_INDEX_URL"] == "https://b/s"
    assert told["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_the_environment_overrules_pip_conf_and_uv_overrules_pip(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://file/simple\n")
    pip = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(config), "PIP_INDEX_URL": "https://env/s"}
    assert indexes.environment(pip)["UV_DEFAULT_INDEX"] == "https://env/s"
    both = {**pip, "UV_DEFAULT_INDEX": "https://uv/s"}
    assert indexes.environment(both)["UV_DEFAULT_INDEX"] == "https://uv/s"


def test_a_lock_of_uv_is_taken_as_it_stands(folder: Path) -> None:
    put(folder, "one-1.0-py3-none-any.whl", "two; python_version < '3.12'")
    put(folder, "two-1.0-py3-none-any.whl")
    text = (
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
        'dependencies = ["one"]\n[dependency-groups]\ndev = ["two"]\n'
    )
    asked(folder, text, "pyproject.toml")
    command = [uv.find_uv_bin(), "lock", "--no-index", "--find-links", str(folder)]
    subprocess.run(command, check=True, cwd=folder.parent, capture_output=True)
    put(folder, "one-2.0-py3-none-any.whl")
    path = folder.parent / "uv.lock"
    on_311 = resolved(path, BOOKWORM, {})
    on_313 = resolved(path, TRIXIE_ARM, {})
    assert [(one.name, one.version) for one in on_311] == [("one", "1.0"), ("two", "1.0")]
    assert [(one.name, one.version) for one in on_313] == [("one", "1.0")]


def test_a_file_of_another_hash_than_is_asked_for_is_refused(folder: Path) -> None:
    sha256 = put(folder, "one-1.0-py3-none-any.whl")
    text = f"one==1.0 \\\n  --hash=sha256:{{}} \\\n  --hash=sha256:{'1' * 64}\n"
    (found,) = resolved(asked(folder, text.format(sha256)), BOOKWORM, {})
    assert found.sha256 == sha256
    with pytest.raises(RequirementsError) as refused:
        resolved(asked(folder, text.format("0" * 64)), BOOKWORM, {})
    assert refused.value.where == "requirements.txt:1"
    assert refused.value.problem == "one 1.0 has another hash than is asked for"
    assert refused.value.came == f"one-1.0-py3-none-any.whl, sha256:{sha256}"


def test_a_projects_own_extras_are_part_of_what_is_asked_for(folder: Path) -> None:
    text = '[project]\ndependencies = ["app[more]"]\noptional-dependencies.more = ["one{}"]\n'
    before = requirements.fingerprint(asked(folder, text.format(""), "pyproject.toml"))
    after = requirements.fingerprint(asked(folder, text.format(">1"), "pyproject.toml"))
    assert before != after
