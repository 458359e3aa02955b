"""Revisions, what is wanted, facts of the app, and its events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "revisions",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("created_at", sa.DateTime, nullable=False, comment="UTC"),
        sa.Column("content", sa.Text, nullable=False, comment="JSON; never changed once written"),
    )
    op.create_table(
        "wanted",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("replicas", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["service", "revision"], ["revisions.service", "revisions.number"]),
    )
    op.create_table(
        "app",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False, comment="JSON"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False, comment="UTC"),
        sa.Column("subject", sa.String(128), nullable=False, comment="a service or replica"),
        sa.Column("text", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for name in ("events", "app", "wanted", "revisions"):
        op.drop_table(name)
