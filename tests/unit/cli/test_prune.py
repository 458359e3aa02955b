"""What `lading prune` says, whom it asks, and where it refuses."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lading.cli.prune import command
from lading.controller import everywhere
from lading.engines.engine import BRIDGE
from lading.errors import LadingError
from lading.oci import Digest, Image, Reference
from lading.releases.revision import Spec
from lading.state.address import Kept, remember
from lading.state.database import open_file
from lading.state.glance import LAST
from lading.state.record import NewRevision, Record
from lading.state.rows import Want
from lading.stores import pruning
from lading.stores.layout import Layout
from tests.conftest import Images

NAME = Reference("shop/a")
Prune = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LADING_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def store(home: Path, images: Images) -> Layout:
    """Four images have had the name; the last has it now."""
    made = Layout(home / "data/store")
    for number in range(1, 5):
        made.write(an_image(images, number), NAME)
    return made


def an_image(images: Images, number: int) -> Image:
    return images.image(images.layer({"number": str(number).encode()}))


@pytest.fixture
def database(home: Path) -> Path:
    return home / "data/apps/0123456789/state.db"


@pytest.fixture
def record(database: Path, store: Layout, images: Images) -> Record:
    """Revisions 1 to 3, of the first three images."""
    made = Record(open_file(database))
    for number in (1, 2, 3):
        spec = Spec(an_image(images, number).digest)
        made.add_revision(NewRevision("a", str(spec.image), spec.to_json()))
    made.want([Want("a", 3, 1)], {"name": '"shop"'})
    return made


@pytest.fixture
def prune() -> Prune:
    def run(*words: str) -> Result:
        return CliRunner().invoke(command, words)

    return run


def numbered(images: Images, *numbers: int) -> list[str]:
    return [str(an_image(images, number).digest) for number in numbers]


def kept(done: Result) -> dict[str, Any]:
    return {one["digest"]: one["reasons"] for one in json.loads(done.output)["kept"]}


def test_the_newest_revisions_stay_and_what_is_wanted_however_old_it_is(
    prune: Prune, record: Record, store: Layout, images: Images
) -> None:
    record.want([Want("a", 1, 1)], {})
    first, second, third, fourth = numbered(images, 1, 2, 3, 4)
    assert kept(prune("--keep", "1", "--json")) == {
        first: ["is wanted as shop/a revision 1"],
        third: ["is shop/a revision 3"],
        fourth: ["is shop/a:latest"],
    }
    assert not store.blobs.has(Digest.parse(second))


def test_of_an_app_that_is_down_what_it_was_stays(
    prune: Prune, record: Record, images: Images
) -> None:
    record.want([], {LAST: '[["a", 2, 1]]'})
    assert numbered(images, 2)[0] in kept(prune("--keep", "1", "--json"))


def test_a_person_is_told_what_stays_why_and_what_goes(
    prune: Prune, record: Record, store: Layout, images: Images
) -> None:
    # What compresses layers may do it better one day.
    each = {pruning.size(store, one) for one in store.unnamed()}
    assert len(each) == 1
    size = each.pop()
    told = prune("--keep", "1", "--dry-run").output.splitlines()
    first, second, third, fourth = (one.split(":")[1][:12] for one in numbered(images, 1, 2, 3, 4))
    assert [" ".join(line.split()) for line in told] == [
        "STAYS SIZE SINCE IT",
        f"{fourth} {size} is shop/a:latest",
        f"{third} {size} is wanted as shop/a revision 3",
        "",
        "WOULD GO SIZE",
        f"{second} {size}",
        f"{first} {size}",
        "",
        f"{2 * size / 1024:.1f}Ki would be freed: {2 * size / 1024:.1f}Ki in the store",
    ]


def test_where_a_database_cannot_be_read_nothing_goes(
    prune: Prune, database: Path, record: Record, store: Layout
) -> None:
    record._engine.dispose()
    database.write_bytes(b"no database" * 1000)
    before = set(store.blobs.all())
    refused = prune("--keep", "1").exception
    assert isinstance(refused, LadingError)
    assert str(refused) == (
        f"{database}: the database cannot be read: got file is not a database; "
        f"if the app is no more, delete {database.parent}"
    )
    assert set(store.blobs.all()) == before


def test_where_a_server_does_not_answer_it_is_said_whose_it_was(
    prune: Prune, database: Path, record: Record, store: Layout
) -> None:
    kept = database.with_name("database.json")
    remember(kept, Kept("postgresql://127.0.0.1:1/lading", "shop"))
    before = set(store.blobs.all())
    refused = str(prune("--keep", "1").exception)
    assert refused.startswith("postgresql://127.0.0.1:1/lading: the database does not answer: got ")
    assert refused.endswith(
        "; the app shop was last up with it: if it is gone for good, delete "
        f"{kept}, and the app begins anew in a file"
    )
    assert set(store.blobs.all()) == before


def test_where_what_is_wanted_cannot_be_read_nothing_goes(
    prune: Prune, database: Path, record: Record, store: Layout
) -> None:
    record.want([], {LAST: "[["})
    before = set(store.blobs.all())
    refused = prune("--keep", "1").exception
    assert f"{database}: what the app wants cannot be read" in str(refused)
    assert set(store.blobs.all()) == before


def test_what_is_needed_is_asked_for_while_nobody_can_start_anything(
    prune: Prune, record: Record, store: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = []

    def asked(*arguments: Any) -> Any:
        with (store.folder / "use.lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                refused.append(True)
        return needed(*arguments)

    needed = everywhere.needed
    monkeypatch.setattr(everywhere, "needed", asked)
    assert prune("--keep", "1").exit_code == 0
    assert refused == [True]


def test_the_engines_own_image_is_nobodys_to_forget(
    prune: Prune, store: Layout, images: Images
) -> None:
    store.write(an_image(images, 9), BRIDGE)
    refused = prune("--forget", "lading.bridge").exception
    assert str(refused) == (
        "--forget lading.bridge: names no image; `lading images --all` shows what there is"
    )
    assert prune("--forget", "shop").exit_code == 0
    assert [name for name, _ in store.references()] == [BRIDGE]
