"""POST /predict: one image, one answer, through the same queue and the same worker as all else."""

from __future__ import annotations

from functools import partial

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from api.deps import HouseDep
from api.openapi import ERRORS, PREDICT_BODY
from api.schemas import ModelName, Prediction, ScoreOut
from api.submission import submit
from shared.domain import Digit, Result, Unreadable
from shared.errors import Conflict, ImageError, ImageTooLarge, NoAnswerInTime, NotAnImage, UnsupportedFormat

router = APIRouter(tags=["predict"], responses=ERRORS)


@router.post("/predict", openapi_extra=PREDICT_BODY)
async def predict(request: Request, house: HouseDep) -> Prediction:
    """Read one digit: a file under any field name, or JSON {"data": [[28 rows of 28 numbers]]}."""
    desk = house.desk
    job = await submit(request, house.single_desk, house.places)
    ended = await house.waiting.until_ended(partial(desk.parts.book.find, job.id), desk.settings.predict_seconds)
    if not ended.status.terminal:
        raise NoAnswerInTime(f"No worker answered in time; poll /v1/jobs/{job.id}, it is not lost.")
    if not ended.counts.succeeded + ended.counts.failed:
        raise Conflict(f"The job was {ended.status} before the image was read; send it again.")
    return _prediction(await run_sync(desk.parts.book.result, job.id, 0), job.id)


def _prediction(result: Result, job_id: str) -> Prediction:
    if isinstance(result.reading, Unreadable):
        raise _fault(result.reading)
    digit: Digit = result.reading
    return Prediction(
        prediction=digit.label,
        digit=digit.label,
        confidence=digit.confidence,
        decision=digit.decision,
        reasons=list(digit.reasons),
        top_k=[ScoreOut(label=score.label, score=score.score) for score in digit.top_k],
        model=ModelName(name=result.model.name, version=result.model.version),
        job_id=job_id,
    )


def _fault(reading: Unreadable) -> ImageError:
    """The error of an unreadable image, of the class its code names."""
    kinds = {kind.code: kind for kind in (NotAnImage, UnsupportedFormat, ImageTooLarge)}
    error = kinds.get(reading.code, ImageError)(reading.message)
    error.code = reading.code  # type: ignore[misc]  # a class attribute, made this error's own
    return error
