"""Every option of digitq, with its unit and its sentence; set by DIGITQ_<NAME> in the environment."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import FaultySettings
from shared.faults import faults

PROJECT = Path(__file__).resolve().parent.parent
MIB = 2**20
#: What the name of a setting's variable begins with.
PREFIX = "DIGITQ_"
#: How the URLs may begin, and what such a one looks like.
SCHEMES = {
    "database_url": ("sqlite", "postgresql", "postgres", "postgresql+psycopg"),
    "redis_url": ("redis", "rediss", "unix"),
    "store_url": ("file", "s3"),
}
EXAMPLES = {
    "database_url": "postgresql://user:password@host:5432/name",
    "redis_url": "redis://host:6379/0",
    "store_url": "s3://bucket/folder",
}


def available_cores() -> int:
    """Cores this process may use, which in a container are fewer than the host has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def _makes_sense(name: str, url: str) -> bool:
    """Whether those that will use a URL can take it apart; it may hold a password, and is not quoted."""
    try:
        if name == "database_url":
            # Few commands set one, and the others start sooner without it.
            from sqlalchemy import make_url

            return bool(make_url(url))
        parts = urlsplit(url)
        if parts.scheme in {"redis", "rediss"}:
            return parts.port != 0 and (parts.path in {"", "/"} or parts.path[1:].isdecimal())
        return parts.scheme != "s3" or bool(parts.netloc)
    except ValueError:
        return False


class Settings(BaseSettings):
    """The effective settings of one process; `digitq doctor` prints them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    data: Path = Field(Path("data"), description="Folder for the database, the packs and the embedded Redis.")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite in the data folder.")
    redis_url: str = Field("", description="Redis URL; empty means the embedded server's socket in the data folder.")
    store_url: str = Field("", description="Where packs lie: file:// or s3:// URL; empty means the data folder.")

    host: str = Field("127.0.0.1", description="Address the API listens on.")
    hosts: str = Field(
        "",
        description="Names with a dot that the API is called by, with commas between, or * for any; "
        "empty means any, but none if it listens on 127.0.0.1 only.",
    )
    port: int = Field(8000, ge=0, le=65535, description="Port the API listens on.")
    workers: int = Field(default_factory=available_cores, ge=1, description="Worker processes; one per core is best.")
    worker_name: str = Field("", description="Name of this host's workers, if it stays the same over restarts.")

    models: Path = Field(PROJECT / "models", description="Folder of installed models.")
    model: str = Field("digits", description="Default model: a name, name@version, or the path of a .keras file.")
    engine: Literal["openvino", "tensorflow"] = Field("openvino", description="What runs the network.")

    max_image_bytes: int = Field(20 * MIB, ge=1, description="Bytes one image may have.")
    max_image_pixels: int = Field(100_000_000, ge=1, description="Pixels one image may have.")
    max_upload_bytes: int = Field(20 * 2**30, ge=1, description="Bytes one job may have, also once unpacked.")
    max_images: int = Field(2_000_000, ge=1, description="Images one job may have.")
    max_json_bytes: int = Field(32 * MIB, ge=1, description="Bytes a JSON body may have; NDJSON has no such limit.")

    pack_images: int = Field(512, ge=1, le=4096, description="Images in one pack, which a worker reads in one task.")
    pack_bytes: int = Field(8 * MIB, ge=1, description="Bytes of images after which a pack is closed.")
    window: int = Field(
        16, ge=1, description="Chunks in Redis per queue; about four per worker process, which `digitq up` sees to."
    )

    soft_limit_seconds: float = Field(30, gt=0, description="A chunk that takes longer is interrupted.")
    hard_limit_seconds: float = Field(45, gt=0, description="A chunk that takes longer is killed.")
    lease_seconds: float = Field(60, gt=0, description="A chunk whose worker is silent this long is given to another.")
    visibility_seconds: int = Field(300, gt=0, description="A message not acknowledged this long is sent again.")
    sweep_seconds: float = Field(5, gt=0, description="How often lost work is looked for.")
    retention_hours: float = Field(24 * 30, gt=0, description="How long a job and its results are kept.")
    uploads_hours: float = Field(24 * 7, gt=0, description="How long uploads are kept; those of corrected jobs stay.")
    max_backlog_images: int = Field(20_000_000, ge=1, description="Images that may wait before new ones are refused.")
    max_backlog_bytes: int = Field(200 * 2**30, ge=1, description="Bytes that may wait before new ones are refused.")

    alive_file: Path | None = Field(
        None, description="A file that workers and beat touch while they can do their work."
    )

    predict_seconds: float = Field(30, gt=0, description="How long POST /predict waits for its answer.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")

    @field_validator(*SCHEMES)
    @classmethod
    def urls_can_be_used(cls, url: str, field: ValidationInfo) -> str:
        """Else each process would learn it by itself when it first connects."""
        name = str(field.field_name)
        if url and url.partition("://")[0] not in SCHEMES[name]:
            raise ValueError(f"it must begin with {' or '.join(f'{scheme}://' for scheme in SCHEMES[name])}")
        if url and not _makes_sense(name, url):
            raise ValueError(f"it should look like {EXAMPLES[name]}")
        return url

    @model_validator(mode="after")
    def timers_are_ordered(self) -> Self:
        """Each timer must outlast the one before it, or a slow chunk is read twice."""
        timers = ("soft_limit_seconds", "hard_limit_seconds", "lease_seconds", "visibility_seconds")
        for shorter, longer in pairwise(timers):
            if getattr(self, shorter) >= getattr(self, longer):
                raise ValueError(f"{variable(shorter)} must be less than {variable(longer)}")
        return self

    @property
    def database(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data.resolve() / 'digitq.sqlite3'}"

    @property
    def redis(self) -> str:
        """Redis' URL, with the default filled in; a link leads to a socket whose path in there would be too long."""
        return self.redis_url or f"unix://{(self.data / 'redis.sock').resolve()}"

    @property
    def store(self) -> str:
        """The store's URL, with the default filled in."""
        return self.store_url or (self.data.resolve() / "packs").as_uri()


def load_settings(**options: object) -> Settings:
    """The settings in force; an option goes before its variable. Raises FaultySettings that names the faulty ones."""
    try:
        return Settings(**options)  # type: ignore[arg-type]  # pydantic looks at what they are
    except ValidationError as error:
        raise FaultySettings(f"These settings make no sense: {faults(error, variable)}.") from error
