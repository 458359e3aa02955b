"""Several apps and machines in one database; who, why and when ready, of a revision; pushes."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_EARLIER = "_0001"


def upgrade() -> None:
    for name in ("wanted", "revisions", "events"):
        op.rename_table(name, f"{name}{_EARLIER}")
    _make()
    _revisions()
    _copy("wanted", f"wanted{_EARLIER}", "service, revision, replicas")
    _copy("facts", "app", "key, value")
    _copy("events", f"events{_EARLIER}", "id, at, subject, text")
    for name in (f"wanted{_EARLIER}", f"revisions{_EARLIER}", "app", f"events{_EARLIER}"):
        op.drop_table(name)


def _make() -> None:
    op.create_table(
        "revisions",
        sa.Column("app", sa.String(64)),
        sa.Column("service", sa.String(64)),
        sa.Column("number", sa.Integer, autoincrement=False),
        sa.Column("created_at", sa.DateTime, nullable=False, comment="UTC"),
        sa.Column("ready_at", sa.DateTime, comment="UTC; when all of its replicas first answered"),
        sa.Column("image", sa.String(80), nullable=False, comment="digest"),
        sa.Column("content", sa.Text, nullable=False, comment="JSON; never changed once written"),
        sa.Column(
            "told", sa.Text, nullable=False, comment="JSON: who, why, from what; never changed"
        ),
        sa.PrimaryKeyConstraint("app", "service", "number", name="revisions_key"),
    )
    op.create_table(
        "wanted",
        sa.Column("app", sa.String(64)),
        sa.Column("site", sa.String(64)),
        sa.Column("service", sa.String(64)),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("replicas", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("app", "site", "service", name="wanted_key"),
        sa.ForeignKeyConstraint(
            ["app", "service", "revision"],
            ["revisions.app", "revisions.service", "revisions.number"],
            name="wanted_is_a_revision",
        ),
    )
    op.create_table(
        "facts",
        sa.Column("app", sa.String(64)),
        sa.Column("site", sa.String(64)),
        sa.Column("key", sa.String(64)),
        sa.Column("value", sa.Text, nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("app", "site", "key", name="facts_key"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer),
        sa.Column("app", sa.String(64), nullable=False),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False, comment="UTC"),
        sa.Column("subject", sa.String(128), nullable=False, comment="a service or replica"),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="events_key"),
    )
    op.create_index("events_of_a_site", "events", ["app", "site", "id"])
    op.create_table(
        "pushes",
        sa.Column("image", sa.String(80), comment="digest"),
        sa.Column("location", sa.String(512), comment="host/repository"),
        sa.Column("at", sa.DateTime, nullable=False, comment="UTC; the last time"),
        sa.PrimaryKeyConstraint("image", "location", name="pushes_key"),
    )


def _revisions() -> None:
    """What is known of them from elsewhere: the image from the content, the rest from events."""
    connection = op.get_bind()
    first = _first_ready(connection)
    rows = connection.execute(
        sa.text(f"SELECT service, number, created_at, content FROM revisions{_EARLIER}").columns(
            sa.column("service", sa.String),
            sa.column("number", sa.Integer),
            sa.column("created_at", sa.DateTime),
            sa.column("content", sa.Text),
        )
    )
    texts = ("app", "service", "image", "content", "told")
    times = ("created_at", "ready_at")
    revisions = sa.table(
        "revisions",
        sa.column("number", sa.Integer),
        *(sa.column(name, sa.Text) for name in texts),
        *(sa.column(name, sa.DateTime) for name in times),
    )
    told = [
        {
            **row,
            "app": "",
            "ready_at": first.get((row["service"], row["number"])),
            "image": json.loads(row["content"]).get("image", ""),
            "told": "{}",
        }
        for row in rows.mappings()
    ]
    if told:
        connection.execute(sa.insert(revisions), told)


def _first_ready(connection: sa.Connection) -> dict[tuple[str, int], datetime]:
    """Of what was done before, only the journal knows whether it worked."""
    found: dict[tuple[str, int], datetime] = {}
    rows = connection.execute(
        sa.text(
            f"SELECT at, subject FROM events{_EARLIER} WHERE text = 'ready' ORDER BY id"
        ).columns(sa.column("at", sa.DateTime), sa.column("subject", sa.String))
    )
    for at, subject in rows:
        service, number, _ = f"{subject}..".split(".", 2)
        if number.isdigit():
            found.setdefault((service, int(number)), at)
    return found


def _copy(table: str, earlier: str, columns: str) -> None:
    others = "'', ''" if table != "revisions" else "''"
    op.execute(
        f"INSERT INTO {table} (app, site, {columns}) SELECT {others}, {columns} FROM {earlier}"
    )


def downgrade() -> None:
    raise NotImplementedError("revisions of several apps have no place in the earlier shape")
