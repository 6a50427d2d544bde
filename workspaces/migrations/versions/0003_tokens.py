"""Links are signed, and an ended sign-in is ended for every process.

Links shared before carry no signature and could not be told from forged ones: they end here.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "signing_key",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    op.create_table(
        "ended_session",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("until", sa.DateTime, nullable=False),
    )
    op.execute("DELETE FROM link")


def downgrade() -> None:
    op.drop_table("ended_session")
    op.drop_table("signing_key")
