"""Which versions are affected, by the evaluation of the OSV schema."""

import itertools
import random
import shutil
import subprocess

import pytest

from lading.bills.audit import osv
from lading.bills.audit.osv import Affected, Event, Package, Range


def affected(*events, ecosystem="PyPI", versions=(), kind="ECOSYSTEM"):
    ranges = (Range(kind, tuple(Event(**x) for x in events)),) if events else ()
    return Affected(Package(ecosystem, "x"), ranges, versions)


ALWAYS = {"introduced": "0"}


@pytest.mark.parametrize(
    ("events", "inside", "outside"),
    [
        ([ALWAYS], ["0", "1.0", "99"], []),
        ([ALWAYS, {"fixed": "2.11.3"}], ["0.1", "2.11.2", "2.11.3rc1"], ["2.11.3", "3.0"]),
        ([ALWAYS, {"last_affected": "2.1"}], ["2.1", "2.1.0"], ["2.1.post1", "2.2"]),
        (
            [{"introduced": "1.0"}, {"fixed": "1.0.2"}, {"introduced": "3.0"}, {"fixed": "3.2.5"}],
            ["1.0", "1.0.1", "3.0", "3.2.4"],
            ["0.9", "1.0.2", "2.5", "3.2.5", "4"],
        ),
        # Events in whatever order.
        ([{"fixed": "2"}, {"introduced": "1"}], ["1", "1.5"], ["0.5", "2"]),
        # What ends and begins at one version.
        ([ALWAYS, {"fixed": "2"}, {"introduced": "2"}, {"fixed": "3"}], ["1", "2"], ["3"]),
        ([ALWAYS, {"limit": "2"}], ["1"], ["2", "3"]),
        ([ALWAYS, {"limit": "*"}], ["1", "99"], []),
        # By PEP 440, not by text.
        ([ALWAYS, {"fixed": "1.10"}], ["1.9", "1.2", "1.10.dev1"], ["1.10", "1!0.1"]),
        ([{"introduced": "nonsense"}, {"fixed": "2"}], [], ["1", "2"]),
    ],
)
def test_ranges(events, inside, outside):
    one = affected(*events)
    assert [x for x in (*inside, *outside) if osv.is_affected(one, x)] == inside


@pytest.mark.parametrize(
    ("fixed", "inside", "outside"),
    [
        ("2.36-9+deb12u4", ["2.36-9", "2.36-9+deb12u3", "2.4-1~rc1"], ["2.36-9+deb12u4", "2.40-1"]),
        ("1:1.0-1", ["2.0-1", "1:0.9-1", "1:1.0-1~deb12u1"], ["1:1.0-1", "2:0.1"]),
        ("3.0.11-1~deb12u2", ["3.0.9-1", "3.0.11-1~deb12u1"], ["3.0.11-1~deb12u2", "3.0.11-1"]),
    ],
)
def test_debian_versions_are_ordered_as_dpkg_orders_them(fixed, inside, outside):
    one = affected(ALWAYS, {"fixed": fixed}, ecosystem="Debian:12")
    assert [x for x in (*inside, *outside) if osv.is_affected(one, x)] == inside


def test_versions_that_are_listed_are_affected_however_they_are_written():
    one = affected(versions=("1.0", "2.0.post1", "no-version"))
    assert osv.is_affected(one, "1.0.0")
    assert osv.is_affected(one, "no-version")
    assert not osv.is_affected(one, "2.0")
    assert not osv.is_affected(one, "other")


def test_commits_say_nothing_of_a_package():
    one = affected(ALWAYS, {"fixed": "c43455749b914feef56b178b256f29b3016146eb"}, kind="GIT")
    assert not osv.is_affected(one, "1.0")


def test_fixes_are_those_past_the_version_the_next_one_first():
    one = Affected(
        Package("PyPI", "x"),
        (
            Range("ECOSYSTEM", (Event(introduced="0"), Event(fixed="1.9.4"))),
            Range("ECOSYSTEM", (Event(introduced="2.0"), Event(fixed="2.10"))),
            Range("ECOSYSTEM", (Event(introduced="2.0"), Event(fixed="2.9"))),
        ),
    )
    assert osv.fixes(one, "2.1") == ["2.9", "2.10"]


@pytest.mark.parametrize("ecosystem", ["PyPI", "Debian:12"])
def test_ranges_hold_what_a_second_reading_of_them_holds(ecosystem):
    """Against intervals of whole numbers, for ranges that a seed draws."""
    drawn = random.Random(1)
    for _ in range(300):
        edges = sorted(drawn.sample(range(12), drawn.choice([2, 4, 6])))
        inside, events = set(), []
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            events.append(Event(introduced=f"{first}.0" if first else "0"))
            is_last = drawn.random() < 0.5
            events.append(Event(last_affected=f"{end}.0") if is_last else Event(fixed=f"{end}.0"))
            inside |= set(range(first, end + is_last))
        drawn.shuffle(events)
        ranges = (Range("ECOSYSTEM", tuple(events)),)
        affected = Affected(Package(ecosystem, "x"), ranges)
        assert {x for x in range(12) if osv.is_affected(affected, f"{x}.0")} == inside, events


@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not installed")
def test_debian_versions_are_ordered_as_dpkg_itself_says():
    versions = [
        "1:2.36-9",
        "2.36-9+deb12u14",
        "2.36-9",
        "2.36~rc1-1",
        "2.36",
        "0:2.36-9+b1",
        "2.4a",
    ]
    order = osv.order_of("Debian:12")
    for one, other in itertools.combinations(versions, 2):
        said = subprocess.run(["dpkg", "--compare-versions", one, "lt", other], check=False)
        assert (order(one) < order(other)) is (said.returncode == 0), (one, other)
