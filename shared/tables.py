"""The tables, called tables so that "models" can only mean Keras."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its zone: SQLite keeps none, so UTC goes in and UTC comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(128), nullable=False),
    Column("status", String(16), nullable=False),
    Column("outcome", String(16)),
    Column("queue", String(16), nullable=False),
    Column("model_name", String(128), nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("options", JSON, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("succeeded", BigInteger, nullable=False, default=0),
    Column("failed", BigInteger, nullable=False, default=0),
    Column("canceled", BigInteger, nullable=False, default=0),
    Column("expired", BigInteger, nullable=False, default=0),
    Column("needs_review", BigInteger, nullable=False, default=0),
    Column("rejected", BigInteger, nullable=False, server_default="0"),
    Column("error_code", String(64)),
    Column("error_message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False),
    # When the packs may go; empty once they are gone.
    Column("uploads_expire_at", UtcDateTime),
    Column("deadline_at", UtcDateTime),
    # Its upload still comes in: workers may begin with it, and nobody else sees it.
    Column("arriving", Boolean, nullable=False, server_default=false()),
    Index(None, "status"),
    Index(None, "expires_at"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("queue", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("pack", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),
    Column("worker", String(255)),
    # Seconds since 1970 by the database's own clock, so that hosts whose clocks differ agree on them.
    Column("announced_at", Float),
    Column("lease_until", Float),
    Column("done_at", Float),
    Index(None, "job_id", "state", "first"),
    Index(None, "queue", "state"),
)

# What a caller promised to mean with an Idempotency-Key: one job, or none yet while its upload is under way.
receipts = Table(
    "receipts",
    metadata,
    Column("owner", String(128), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64)),
    Column("job_id", String(64)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("upload_id", String(64)),
    Index(None, "created_at"),
    Index(None, "job_id"),
)

results = Table(
    "results",
    metadata,
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("item_index", BigInteger, primary_key=True, autoincrement=False),
    Column("filename", Text, nullable=False),
    Column("custom_id", Text),
    Column("status", String(16), nullable=False),
    Column("prediction", String(16)),
    Column("confidence", Float),
    Column("decision", String(16)),
    # [[label, score], ...], the reasons and the normalization: read whole, never searched.
    Column("top_k", JSON),
    Column("reasons", JSON),
    Column("normalization", JSON),
    Column("error_code", String(64)),
    Column("error_message", Text),
    Column("model_version", String(64), nullable=False),
    Index(None, "job_id", "decision"),
)

# How often chunks had to wait again, by the reason.
requeues = Table(
    "requeues",
    metadata,
    Column("reason", String(32), primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# What people say that an image shows, beside what the model said: the last word on each ...
corrections = Table(
    "corrections",
    metadata,
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("item_index", BigInteger, primary_key=True, autoincrement=False),
    Column("label", String(16), nullable=False),
    Column("reviewer", String(128), nullable=False),
    Column("reviewed_at", UtcDateTime, nullable=False),
)

# ... and every word, in the order in which they were said.
reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("item_index", BigInteger, nullable=False),
    Column("before", String(16)),
    Column("after", String(16)),
    Column("reviewer", String(128), nullable=False),
    Column("reviewed_at", UtcDateTime, nullable=False),
    Index(None, "job_id", "item_index"),
)
