"""People, their roles, invitations, share links, and the audit that nobody can rewrite."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("client", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["client"], ["client.id"], name=f"fk_{table}_client", ondelete="CASCADE"
        ),
    ]


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("email", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("administrator", sa.Boolean, nullable=False),
        sa.Column("joined", sa.DateTime, nullable=False),
    )
    op.create_table(
        "role",
        *_owned("role"),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("client", "email", name="pk_role"),
        sa.ForeignKeyConstraint(
            ["email"], ["person.email"], name="fk_role_person", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "invitation",
        *_owned("invitation"),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("expires", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("client", "email", name="pk_invitation"),
    )
    op.create_table(
        "link",
        sa.Column("sha256", sa.String(64), primary_key=True),
        *_owned("link"),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("expires", sa.DateTime, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("client", sa.String),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_client", "audit", ["client"])
    steps = _SQLITE if op.get_context().dialect.name == "sqlite" else _POSTGRESQL
    for statement in steps:
        op.execute(statement)


# A row may go only with its client, and only after the client itself is gone.
_SQLITE = (
    """CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
       BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
    """CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
       WHEN OLD.client IS NULL OR EXISTS (SELECT 1 FROM client WHERE id = OLD.client)
       BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF TG_OP = 'DELETE' THEN
           IF OLD.client IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM client WHERE id = OLD.client) THEN RETURN OLD; END IF;
       END IF;
       RAISE EXCEPTION 'the audit is append-only'; END $$""",
    """CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit
       FOR EACH ROW EXECUTE FUNCTION audit_refuses()""",
    """CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON audit
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
)


def downgrade() -> None:
    for table in ("audit", "link", "invitation", "role", "person"):
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuses")
