"""Which upload holds an Idempotency-Key, and quick ways from a job to its key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("receipts", sa.Column("upload_id", sa.String(64), nullable=True))
    op.create_index("ix_receipts_job_id", "receipts", ["job_id"])


def downgrade() -> None:
    op.drop_index("ix_receipts_job_id", "receipts")
    op.drop_column("receipts", "upload_id")
