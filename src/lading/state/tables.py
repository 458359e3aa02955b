"""The shape of the database. A change here needs a migration in `migrations/versions`."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

revisions = Table(
    "revisions",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("created_at", DateTime, nullable=False, comment="UTC"),
    Column("content", Text, nullable=False, comment="JSON; never changed once written"),
)

wanted = Table(
    "wanted",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("replicas", Integer, nullable=False),
    ForeignKeyConstraint(["service", "revision"], ["revisions.service", "revisions.number"]),
)

app = Table(
    "app",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False, comment="JSON"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False, comment="UTC"),
    Column("subject", String(128), nullable=False, comment="a service or replica"),
    Column("text", Text, nullable=False),
)
