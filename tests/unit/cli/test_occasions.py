"""Of which services it is told who starts them and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lading import bills
from lading.bills import provenance
from lading.bills.bill import Bill, encoded
from lading.bills.circumstances import Circumstances
from lading.bills.git import Commit
from lading.cli.occasions import Teller, who
from lading.controller.messages import WantedApp, WantedService
from lading.engines.engine import Limits
from lading.gateway.route import Listener
from lading.oci import Digest
from lading.releases.revision import Occasion
from lading.state.folders import Folders
from tests.unit.bills.built_image import Workshop

ONE = WantedService("one", str(Digest.of(b"1")), Limits(), False, 1, 60.0, revision=3)
OTHER = replace(ONE, name="other", occasion=Occasion("ann@box", "before"))


def told(folder: Path, service: WantedService) -> list[tuple[str, str]]:
    before = WantedApp("app", Listener(port=9000), (ONE, OTHER))
    teller = Teller(Folders.of_user({"LADING_HOME": str(folder)}), "because")
    after = teller.told(replace(before, services=(service, OTHER)), before)
    return [(one.occasion.who, one.occasion.why) for one in after.services]


def test_what_differs_is_told_of_and_nothing_else(tmp_path: Path) -> None:
    changed = replace(ONE, image=str(Digest.of(b"2")), revision=None)
    assert told(tmp_path, changed) == [(who(), "because"), ("ann@box", "before")]
    assert told(tmp_path, replace(ONE, revision=None)) == [("", ""), ("ann@box", "before")]


def test_a_way_back_to_what_is_wanted_already_is_told_of_too(tmp_path: Path) -> None:
    back = replace(ONE, revision=None, occasion=Occasion(returns_to=2))
    assert told(tmp_path, back) == [(who(), "because"), ("ann@box", "before")]


def test_what_is_gone_back_to_was_made_of_what_its_own_bill_says(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "data")
    made = workshop.made()
    around, later = Circumstances(workshop.app, {}), Commit("b" * 40, "", "", "", "", ())
    said = encoded(provenance.statement(made, around, later, b""))
    bills.attach(workshop.store, Bill(made.built.image.descriptor, said, b""))
    built = replace(ONE, image=str(made.built.image.digest), revision=None)
    was = Occasion(commit="a" * 40, bill=str(Digest.of(b"earlier")), returns_to=2)
    teller = Teller(Folders.of_user({"LADING_HOME": str(tmp_path)}))
    commits = []
    for service in (built, replace(built, occasion=was)):
        after = teller.told(WantedApp("app", Listener(port=9000), (service,)), None)
        commits.append(after.services[0].occasion.commit)
    assert commits == ["b" * 40, "a" * 40]
