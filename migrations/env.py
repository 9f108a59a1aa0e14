"""Alembic's entry: runs the migrations over the connection that `migrations.upgrade` opened."""

from __future__ import annotations

from alembic import context

from shared.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most of a table in place; batch mode writes it anew.
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
