"""`digitq doctor`: the effective settings, the versions, and whether each part is in reach.

It looks at the parts themselves, with their own clients; at a bucket as patiently as the service does.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rich.text import Text

from cli import show
from cli.exits import Exit
from cli.hints import again
from cli.service import redis
from cli.service.plan import address
from cli.settings import settings_with
from shared.catalog import is_model
from shared.errors import CannotStart, StoreUnavailable
from shared.settings import Settings, variable

PACKAGES = ("digitq", "celery", "redis", "fastapi", "sqlalchemy", "keras", "openvino", "numpy", "pillow")
#: The settings that are options of this command, as of `digitq up`.
OPTIONS = ("host", "port", "data")
#: Seconds after which a part counts as out of reach.
PATIENCE = 3


class Fault(Exception):
    """What is wrong with a part, and what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the look at one part has shown."""

    part: str
    well: bool
    words: str


Check = Callable[[Settings], str]


def examine(settings: Settings) -> Exit:
    """Print everything; the exit code says whether all is well."""
    findings = [_look(part, check, settings) for part, check in CHECKS.items()]
    console = show.console()
    console.print(show.table(("setting", "value", "from"), _settings_rows(settings)), "")
    console.print(show.table(("package", "version"), _versions()), "")
    console.print(show.table(("part", "", ""), (_finding_row(finding) for finding in findings)))
    return Exit.OK if all(finding.well for finding in findings) else Exit.TROUBLE


def _settings_rows(settings: Settings) -> Iterator[tuple[str, str, str]]:
    given = _given(settings)
    for name, value in settings.model_dump().items():
        told = variable(name) in os.environ
        origin = "option" if name in given else "environment" if told else "default"
        yield variable(name), without_password(str(value)), origin


def _given(settings: Settings) -> dict[str, str]:
    """The options of this command that change a setting."""
    usual = settings_with()
    values = {name: (getattr(settings, name), getattr(usual, name)) for name in OPTIONS}
    return {name: str(chosen) for name, (chosen, without) in values.items() if chosen != without}


def _way_up(settings: Settings) -> str:
    """The command that starts the service about which this one was asked."""
    return again("up", *(word for name, value in _given(settings).items() for word in (f"--{name}", value)))


def without_password(text: str) -> str:
    """A URL that can be shown to others."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", text)


def _versions() -> Iterator[tuple[str, str]]:
    yield "python", sys.version.split()[0]
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            yield package, "-"


def _look(part: str, check: Check, settings: Settings) -> Finding:
    try:
        return Finding(part, True, check(settings))
    except Exception as error:  # whatever a foreign client raises is what the user came to read
        return Finding(part, False, str(error) if isinstance(error, Fault) else f"{_advice(part)} ({error})")


def _advice(part: str) -> str:
    return f"The {part} does not answer: check its address in the settings above and that it runs."


def _finding_row(finding: Finding) -> tuple[str, Text, str]:
    mark = Text("ok", "green") if finding.well else Text("fault", "bold red")
    return finding.part, mark, without_password(finding.words)


def _server(settings: Settings) -> str:
    if settings.redis_url:
        return "not needed; DIGITQ_REDIS_URL points to one"
    try:
        return str(redis.find_server())
    except CannotStart as error:
        raise Fault(error.message) from error


def _database(settings: Settings) -> str:
    file = settings.data / "digitq.sqlite3"
    if not settings.database_url and not file.exists():
        raise Fault(f"There is no database in {settings.data} yet; `{_way_up(settings)}` makes it.")
    if not _has_tables(settings.database):
        way = again("migrate") if settings.database_url else _way_up(settings)
        raise Fault(f"The database has no tables yet; `{way}` makes them.")
    return settings.database


def _has_tables(database: str) -> bool:
    from sqlalchemy import inspect

    from shared.database import open_engine

    engine = open_engine(database)
    try:
        with engine.connect().execution_options(reading=True) as connection:
            return inspect(connection).has_table("jobs")
    finally:
        engine.dispose()


def _redis(settings: Settings) -> str:
    from redis import Redis, RedisError

    client = Redis.from_url(settings.redis, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        client.ping()
    except RedisError as error:
        if settings.redis_url:
            raise
        raise Fault(f"The Redis in the data folder does not run; `{_way_up(settings)}` starts it.") from error
    return settings.redis


def _store(settings: Settings) -> str:
    url = urlsplit(settings.store)
    if url.scheme == "file":
        folder = Path(unquote(url.path))
        made = next(path for path in (folder, *folder.parents) if path.exists())
        if not (made.is_dir() and os.access(made, os.W_OK | os.X_OK)):
            raise Fault(f"The folder {made} cannot be written; change its permissions.")
        return str(folder)
    from shared.stores import open_store

    try:
        open_store(settings.store).ping()
    except StoreUnavailable as error:
        raise error.__cause__ or error from None
    return settings.store


def _models(settings: Settings) -> str:
    found = [path for path in settings.models.rglob("*") if is_model(path)]
    if not found:
        raise Fault(f"There is no model in {settings.models}; put a .keras file there or set DIGITQ_MODELS.")
    return f"{len(found)} in {settings.models}"


def _api(settings: Settings) -> str:
    told = "" if _given(settings).keys() & {"host", "port"} else os.environ.get("DIGITQ_SERVER", "")
    where = told.rstrip("/") or address(settings)
    if not _is_well(f"{where}/livez"):
        advice = "check DIGITQ_SERVER" if told else f"`{_way_up(settings)}` starts it"
        raise Fault(f"Nothing answers at {where}; {advice}.")
    if not _is_well(f"{where}/readyz"):
        raise Fault(f"It runs, but is not ready: {where}/readyz says why.")
    return where


def _is_well(url: str) -> bool:
    import httpx

    try:
        return httpx.get(url, timeout=PATIENCE).status_code == httpx.codes.OK
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


CHECKS: dict[str, Check] = {
    "redis server": _server,
    "redis": _redis,
    "database": _database,
    "store": _store,
    "models": _models,
    "api": _api,
}
