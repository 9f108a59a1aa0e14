"""The migrations make exactly the tables that the code uses, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, inspect, select

from migrations.upgrade import alembic_config, upgrade
from shared.database import open_engine, writing
from shared.domain import Counts, Decision, Job, ModelRef, Queue, ReadOptions, Status
from shared.errors import DatabaseUnavailable
from shared.rows import job_values
from shared.settings import PROJECT
from shared.tables import jobs, metadata, results


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def test_an_empty_database_comes_to_have_the_tables(engine: Engine) -> None:
    upgrade(engine)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_migrations_equal_the_tables(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_upgraded_database_is_left_as_it_is(engine: Engine) -> None:
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO receipts (owner, key, created_at) VALUES ('local', 'key', '2026-01-01 00:00:00')"
        )
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM receipts").scalar() == 1


def test_rejected_readings_of_earlier_jobs_come_to_be_counted(engine: Engine) -> None:
    config, now = alembic_config(), datetime(2026, 1, 1, tzinfo=UTC)
    job = Job("job_1", "local", Status.COMPLETED, Queue.BULK, ModelRef("m", "1"), ReadOptions(), Counts(3), now, now)
    decided = (Decision.REJECT, Decision.ACCEPT, Decision.REJECT)
    rows = [
        {"job_id": "job_1", "item_index": index, "filename": "", "status": "", "model_version": "1", "decision": word}
        for index, word in enumerate(decided)
    ]
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    with writing(engine) as connection:
        connection.execute(insert(jobs), job_values(job))
        connection.execute(insert(results), rows)

    upgrade(engine)

    with engine.connect() as connection:
        assert connection.scalar(select(jobs.c.rejected)) == 2


def test_the_migrations_can_be_taken_back(engine: Engine) -> None:
    upgrade(engine)
    config = alembic_config()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]


def test_the_history_is_one_line() -> None:
    revisions = list(ScriptDirectory.from_config(alembic_config()).walk_revisions())
    assert [revision.revision for revision in revisions] == sorted((r.revision for r in revisions), reverse=True)
    assert all(revision.doc for revision in revisions)


def test_several_hosts_may_upgrade_at_once(database_url: str) -> None:
    environment = os.environ | {"DIGITQ_DATABASE_URL": database_url}
    upgrading = [
        subprocess.Popen([sys.executable, "-m", "migrations"], cwd=PROJECT, env=environment, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [(process.communicate()[1], process.returncode) for process in upgrading] == [(b"", 0)] * 3


def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(f"postgresql://postgres@/test?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable):
        upgrade(engine)
    engine.dispose()
