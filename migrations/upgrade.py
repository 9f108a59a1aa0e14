"""Brings the database's schema up to date; safe to run from several hosts at once and at every start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from shared.database import one_at_a_time, writing

#: Names the lock that lets one migration run at a time; any fixed number does.
LOCK = 20_261_121


def upgrade(engine: Engine) -> None:
    """Apply what is missing. Raises DatabaseUnavailable."""
    with writing(engine) as connection:
        one_at_a_time(connection, LOCK)
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config() -> Config:
    """Alembic's configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
