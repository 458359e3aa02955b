"""The shape of the database. A change here needs a migration in `migrations/versions`.

Of all that belongs to an app, `app` is its name; of all that belongs to one folder on one machine,
`site` says which. Both are empty in a file that is one app's own.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

metadata = MetaData()

revisions = Table(
    "revisions",
    metadata,
    Column("app", String(64)),
    Column("service", String(64)),
    Column("number", Integer, autoincrement=False),
    Column("created_at", DateTime, nullable=False, comment="UTC"),
    Column("ready_at", DateTime, comment="UTC; when all of its replicas first answered"),
    Column("image", String(80), nullable=False, comment="digest"),
    Column("content", Text, nullable=False, comment="JSON; never changed once written"),
    Column("told", Text, nullable=False, comment="JSON: who, why, from what; never changed"),
    PrimaryKeyConstraint("app", "service", "number", name="revisions_key"),
)

wanted = Table(
    "wanted",
    metadata,
    Column("app", String(64)),
    Column("site", String(64)),
    Column("service", String(64)),
    Column("revision", Integer, nullable=False),
    Column("replicas", Integer, nullable=False),
    PrimaryKeyConstraint("app", "site", "service", name="wanted_key"),
    ForeignKeyConstraint(
        ["app", "service", "revision"],
        ["revisions.app", "revisions.service", "revisions.number"],
        name="wanted_is_a_revision",
    ),
)

facts = Table(
    "facts",
    metadata,
    Column("app", String(64)),
    Column("site", String(64)),
    Column("key", String(64)),
    Column("value", Text, nullable=False, comment="JSON"),
    PrimaryKeyConstraint("app", "site", "key", name="facts_key"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("app", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("at", DateTime, nullable=False, comment="UTC"),
    Column("subject", String(128), nullable=False, comment="a service or replica"),
    Column("text", Text, nullable=False),
    Index("events_of_a_site", "app", "site", "id"),
)

pushes = Table(
    "pushes",
    metadata,
    Column("image", String(80), comment="digest"),
    Column("location", String(512), comment="host/repository"),
    Column("at", DateTime, nullable=False, comment="UTC; the last time"),
    PrimaryKeyConstraint("image", "location", name="pushes_key"),
)
