"""How many readings of a job were rejected, so that a job says how many were accepted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("rejected", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE jobs SET rejected = "
        "(SELECT count(*) FROM results WHERE results.job_id = jobs.id AND results.decision = 'reject')"
    )


def downgrade() -> None:
    op.drop_column("jobs", "rejected")
