"""SqlReceipts: which Idempotency-Key stands for which job."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shared.database import reading, writing
from shared.domain import Receipt
from shared.errors import KeyInFlight
from shared.tables import receipts


class SqlReceipts:
    """The receipts in SQLite or PostgreSQL; see `shared.ports.Receipts` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reserve(self, receipt: Receipt, now: datetime, stale: datetime) -> Receipt | None:
        abandoned = receipts.c.job_id.is_(None) & (receipts.c.created_at < stale)
        try:
            with writing(self._engine) as connection:
                connection.execute(delete(receipts).where(_same_key(receipt), abandoned))
                reserved = {"owner": receipt.owner, "key": receipt.key, "upload_id": receipt.upload_id}
                connection.execute(insert(receipts).values(**reserved, created_at=now))
        except IntegrityError:
            return self._standing(receipt)
        return None

    def _standing(self, receipt: Receipt) -> Receipt:
        with reading(self._engine) as connection:
            row = connection.execute(select(receipts).where(_same_key(receipt))).first()
        return Receipt(receipt.owner, receipt.key, row.fingerprint, row.job_id) if row else receipt

    def renew(self, receipt: Receipt, now: datetime) -> None:
        with writing(self._engine) as connection:
            held = update(receipts).where(_same_key(receipt), receipts.c.job_id.is_(None))
            connection.execute(held.values(created_at=now))

    def give_back(self, receipt: Receipt) -> None:
        with writing(self._engine) as connection:
            held = receipts.c.job_id.is_(None) & (receipts.c.upload_id == receipt.upload_id)
            connection.execute(delete(receipts).where(_same_key(receipt), held))

    def forget(self, before: datetime) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(receipts).where(receipts.c.created_at < before))


def fill_in(connection: Connection, receipt: Receipt, job_id: str) -> None:
    """Write down, in the transaction that makes the job exist, that it is what the key stands for.

    Raises KeyInFlight if the key stands for a job by now, or nobody holds it. Who holds it is not asked: of two uploads
    that have held it, one after the other, the first to end becomes the job, since it may be the only one that ends.
    """
    filled = update(receipts).where(_same_key(receipt), receipts.c.job_id.is_(None))
    if connection.execute(filled.values(job_id=job_id, fingerprint=receipt.fingerprint)).rowcount == 0:
        raise KeyInFlight


def _same_key(receipt: Receipt) -> ColumnElement[bool]:
    return (receipts.c.owner == receipt.owner) & (receipts.c.key == receipt.key)
