"""Dependencies are closed over the same way each time, and what cannot be had is named."""

from __future__ import annotations

import pytest

from lading.building.debian.index import Index, Package, dump, load, parse
from lading.building.debian.relations import Relation, groups
from lading.building.debian.resolve import ESSENTIAL, close, packages
from lading.errors import ArchiveError


def package(name: str, version: str = "1.0", **fields: str) -> Package:
    known = {"priority": "optional", "depends": "", "provides": "", "conflicts": "", **fields}
    return Package(name, version, "amd64", "http://archive", f"{name}.deb", "0", 1, **known)


def names(found: list[Package]) -> list[str]:
    return [one.name for one in found]


def test_dependencies_are_followed_to_the_end() -> None:
    index = Index(
        "bookworm", [package("a", depends="b"), package("b", depends="c, a"), package("c")]
    )
    assert names(close(index, ["a"])) == ["a", "b", "c"]


def test_the_newest_version_is_taken_as_debian_compares_versions() -> None:
    index = Index("bookworm", [package("a", v) for v in ("1.0~rc1", "1:0.1", "9.9", "1.10")])
    assert [one.version for one in index.versions("a")] == ["1:0.1", "9.9", "1.10", "1.0~rc1"]


def test_a_preferred_version_stays_while_the_index_has_it() -> None:
    index = Index("bookworm", [package("a", "1.0"), package("a", "2.0")])
    assert close(index, ["a"], prefer={"a": "1.0"})[0].version == "1.0"
    assert close(index, ["a"], prefer={"a": "0.5"})[0].version == "2.0"


def test_a_preferred_version_yields_to_a_dependency() -> None:
    index = Index("bookworm", [package("x", depends="a (>= 2)"), package("a"), package("a", "2")])
    assert close(index, ["x"], prefer={"a": "1.0"})[0].version == "2"


def test_the_first_alternative_is_taken_unless_another_is_there() -> None:
    index = Index("bookworm", [package("x", depends="a | b"), package("a"), package("b")])
    assert names(close(index, ["x"])) == ["a", "x"]
    assert names(close(index, ["b", "x"])) == ["b", "x"]


def test_an_alternative_that_does_not_exist_is_passed_over() -> None:
    index = Index("bookworm", [package("x", depends="gone (>= 3) | b:any"), package("b")])
    assert names(close(index, ["x"])) == ["b", "x"]


def test_a_virtual_package_has_its_most_usual_provider() -> None:
    index = Index(
        "bookworm",
        [
            package("x", depends="awk"),
            package("gawk", provides="awk"),
            package("mawk", provides="awk", priority="required"),
        ],
    )
    assert names(close(index, ["x"])) == ["mawk", "x"]


def test_a_versioned_relation_wants_a_versioned_provider() -> None:
    index = Index(
        "bookworm",
        [
            package("x", depends="api (>= 2)"),
            package("old", provides="api"),
            package("right", provides="api (= 2.1)"),
        ],
    )
    assert names(close(index, ["x"])) == ["right", "x"]


def test_what_only_maintainer_scripts_use_is_left_out() -> None:
    index = Index(
        "bookworm",
        [package("x", depends="debconf (>= 0.5) | debconf-2.0, ucf"), package("debconf")],
    )
    assert names(close(index, ["x"])) == ["x"]


def test_packages_bring_the_essential_part_but_not_the_base() -> None:
    index = Index("bookworm", [*(package(name) for name in ESSENTIAL), package("x", depends="c")])
    assert names(packages(index, ["x"], [package("c")], {})) == sorted([*ESSENTIAL, "x"])


def test_an_unknown_package_is_named_with_its_neighbours() -> None:
    index = Index("bookworm", [package("tesseract-ocr"), package("zlib1g")])
    with pytest.raises(ArchiveError) as refused:
        close(index, ["teseract-ocr"])
    assert str(refused.value) == (
        "teseract-ocr: Debian bookworm has no such package: expected a package's name, such as"
        " tesseract-ocr, got teseract-ocr; look it up at https://packages.debian.org/bookworm/"
    )


def test_a_dependency_that_cannot_be_met_is_named() -> None:
    index = Index("bookworm", [package("x", depends="libc6 (>> 3) | musl"), package("libc6")])
    with pytest.raises(ArchiveError) as refused:
        close(index, ["x"])
    assert str(refused.value) == (
        "x: needs what Debian bookworm does not have together with the rest:"
        " expected libc6 (>> 3) or musl, got libc6 1.0, no musl"
    )


def test_packages_that_exclude_each_other_are_refused() -> None:
    index = Index("bookworm", [package("a", conflicts="b (<< 2)"), package("b")])
    with pytest.raises(ArchiveError, match="a and b: cannot be in one image"):
        close(index, ["a", "b"])


def test_relations_are_read_as_policy_writes_them() -> None:
    assert groups("libc6 (>=2.14), a:any | b (= 1:2~x-3) , c") == [
        (Relation("libc6", ">=", "2.14"),),
        (Relation("a"), Relation("b", "=", "1:2~x-3")),
        (Relation("c"),),
    ]


def test_an_index_comes_back_from_its_compact_form(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = (
        b"Package: a\nVersion: 1\nArchitecture: all\nFilename: p/a.deb\nSize: 7\nSHA256: 00\n"
        b"Pre-Depends: b\nDepends: c,\nDescription: x\n Depends: not this\n\nPackage: broken\n\n"
    )
    parsed = parse(text, "http://archive")
    assert [(one.name, one.depends, one.size) for one in parsed] == [("a", "b, c,", 7)]
    (tmp_path / "kept").write_bytes(dump(parsed))
    assert load(tmp_path / "kept") == parsed


def test_a_damaged_compact_form_is_as_good_as_none(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "kept").write_bytes(dump([package("a")])[:-3])
    assert load(tmp_path / "kept") is None
    assert load(tmp_path / "missing") is None
