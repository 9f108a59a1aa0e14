"""When each chunk was done, for the rates that the system page shows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chunks", sa.Column("done_at", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("chunks", "done_at")
