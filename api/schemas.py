"""What goes over the wire; never a table, never a domain class."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.domain import Decision, Digit, Job, Outcome, Queue, Result, Status, Unreadable
from shared.manifest import DIGITS
from shared.reviewing import NOT_A_DIGIT, Correction

#: Seconds that a job may ask to have at most: a year.
LONGEST_DEADLINE = 366 * 24 * 3600

Metadata = dict[str, str]
T = TypeVar("T")


class OptionsOut(BaseModel):
    """How a job is read."""

    model: str | None = Field(None, description="A name or name@version of GET /v1/models; the default one if absent.")
    top_k: int = Field(3, description="How many digits each result lists.")
    threshold: float | None = Field(None, ge=0, le=1, description="Confidence from which a reading is accepted.")
    target_accuracy: float | None = Field(
        None, gt=0, lt=1, description="Choose the threshold at which accepted readings are right this often."
    )
    normalize: Literal["auto", "mnist", "plain"] = Field("auto", description="How pictures are prepared.")
    priority: Literal["auto", "bulk"] = Field("auto", description="Small jobs go first, unless they are 'bulk'.")


class JobOptions(OptionsOut):
    """How a job is to be read."""

    model_config = ConfigDict(extra="forbid")

    # Bounds are for what is asked: a kept job may have been given others.
    top_k: int = Field(3, ge=1, le=len(DIGITS), description="How many digits each result lists.")
    deadline_seconds: float | None = Field(
        None, gt=0, le=LONGEST_DEADLINE, description="What is not read by then is not read at all."
    )

    @model_validator(mode="after")
    def one_threshold(self) -> Self:
        """A threshold is given or chosen, not both."""
        if self.threshold is not None and self.target_accuracy is not None:
            raise ValueError("give threshold or target_accuracy, not both")
        return self


class ModelName(BaseModel):
    """A model and its version."""

    name: str
    version: str


class CountsOut(BaseModel):
    """How many images are where, which adds up to total; and how many of succeeded were decided upon in which way."""

    total: int
    queued: int
    processing: int
    succeeded: int
    failed: int
    canceled: int
    expired: int
    accepted: int
    needs_review: int
    rejected: int


class Progress(BaseModel):
    """How far a job is, and when it may be done."""

    percent: float
    items_per_second: float | None = Field(
        description="Null before the first result, and once some images are read again."
    )
    eta_seconds: float | None = Field(description="Null as the pace is, and at the end.")


class ErrorOut(BaseModel):
    """What went wrong, as a word and a sentence."""

    code: str
    message: str

    @classmethod
    def of(cls, error: Unreadable | None) -> ErrorOut | None:
        return cls(code=error.code, message=error.message) if error else None


class Urls(BaseModel):
    """Where to go on from here."""

    self: str
    results: str
    events: str
    cancel: str
    retry: str


class JobOut(BaseModel):
    """A job."""

    id: str
    object: Literal["job"] = "job"
    status: Status
    outcome: Outcome | None
    model: ModelName
    counts: CountsOut
    accepted_share: float | None = Field(
        description="Which share of the images that were read so far was accepted; null while there are none."
    )
    progress: Progress
    created_at: datetime
    started_at: datetime | None = Field(
        description="When the first image was begun; null before, and once some images are read again."
    )
    ended_at: datetime | None
    expires_at: datetime
    options: OptionsOut
    metadata: Metadata
    errors: list[ErrorOut]
    deadline_at: datetime | None
    urls: Urls

    @classmethod
    def of(cls, job: Job, now: datetime) -> JobOut:
        return cls(
            id=job.id,
            status=job.status,
            outcome=job.outcome,
            model=ModelName(name=job.model.name, version=job.model.version),
            counts=_counts(job),
            accepted_share=job.counts.accepted_share,
            progress=_progress(job, now),
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            expires_at=job.expires_at,
            options=_options(job),
            metadata=dict(job.metadata),
            errors=[ErrorOut(code=job.error.code, message=job.error.message)] if job.error else [],
            deadline_at=job.deadline_at,
            urls=_urls(job),
        )


def _urls(job: Job) -> Urls:
    path = f"/v1/jobs/{job.id}"
    steps = {name: f"{path}/{name}" for name in ("results", "events", "cancel", "retry")}
    return Urls(self=path, **steps)


def _counts(job: Job) -> CountsOut:
    counts = job.counts
    return CountsOut(
        total=counts.total,
        queued=counts.queued,
        processing=counts.processing,
        succeeded=counts.succeeded,
        failed=counts.failed,
        canceled=counts.canceled,
        expired=counts.expired,
        accepted=counts.accepted,
        needs_review=counts.needs_review,
        rejected=counts.rejected,
    )


def _options(job: Job) -> OptionsOut:
    options = job.options
    return OptionsOut(
        model=str(job.model),
        top_k=options.top_k,
        threshold=options.threshold,
        target_accuracy=options.target_accuracy,
        normalize=options.normalize,
        priority="bulk" if job.queue is Queue.BULK else "auto",
    )


def _progress(job: Job, now: datetime) -> Progress:
    done, total = job.counts.ended, job.counts.total
    seconds = ((job.ended_at or now) - job.started_at).total_seconds() if job.started_at else 0
    rate = done / seconds if done and seconds > 0 else None
    eta = (total - done) / rate if rate and not job.status.terminal else None
    return Progress(percent=round(100 * done / total, 2), items_per_second=rate, eta_seconds=eta)


class ScoreOut(BaseModel):
    """A class and its probability."""

    label: str
    score: float


class CorrectionOut(BaseModel):
    """What a person said that an image shows: a digit, or null for not a digit."""

    label: str | None
    reviewer: str
    reviewed_at: datetime

    @classmethod
    def of(cls, correction: Correction | None) -> Self | None:
        if correction is None:
            return None
        label = None if correction.label == NOT_A_DIGIT else correction.label
        return cls(label=label, reviewer=correction.reviewer, reviewed_at=correction.reviewed_at)


class ResultOut(BaseModel):
    """One image's result: a digit, or why there is none."""

    index: int
    custom_id: str | None
    filename: str
    status: Literal["succeeded", "failed"]
    prediction: str | None = None
    confidence: float | None = None
    top_k: list[ScoreOut] = []
    decision: Decision | None = None
    reasons: list[str] = []
    model_version: str
    normalization: dict[str, object] = {}
    error: ErrorOut | None = None
    correction: CorrectionOut | None = None

    @classmethod
    def of(cls, result: Result, correction: Correction | None = None) -> ResultOut:
        common = {
            "index": result.index,
            "custom_id": result.custom_id,
            "filename": result.filename,
            "model_version": result.model.version,
            "correction": CorrectionOut.of(correction),
        }
        if isinstance(result.reading, Unreadable):
            return cls(**common, status="failed", error=ErrorOut.of(result.reading))
        return cls(**common, status="succeeded", **_digit(result.reading))


def _digit(digit: Digit) -> dict[str, object]:
    return {
        "prediction": digit.label,
        "confidence": digit.confidence,
        "top_k": [ScoreOut(label=score.label, score=score.score) for score in digit.top_k],
        "decision": digit.decision,
        "reasons": list(digit.reasons),
        "normalization": digit.normalization._asdict(),
    }


class Prediction(BaseModel):
    """The answer of POST /predict."""

    prediction: str
    digit: str
    confidence: float
    decision: Decision
    reasons: list[str]
    top_k: list[ScoreOut]
    model: ModelName
    job_id: str


class Page(BaseModel, Generic[T]):
    """A list, one page of it."""

    object: Literal["list"] = "list"
    data: list[T]
    first_id: str | None
    last_id: str | None
    has_more: bool


class ModelOut(BaseModel):
    """An installed model; with a fault it is not served."""

    name: str
    version: str
    default: bool
    labels: list[str]
    metrics: dict[str, object]
    fault: str | None = None


class Health(BaseModel):
    """Whether a process can do its work, and each part of it."""

    status: Literal["ok", "unavailable"]
    parts: dict[str, str]
