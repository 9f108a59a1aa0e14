"""The errors that several folders know, so that each caller can say what to do next; cli and api add some of their own.

DigitqError                     code, message
├── Refused                     what the client sent cannot be taken
│   ├── InvalidRequest
│   ├── UnsupportedMedia
│   ├── TooLarge
│   ├── BrokenArchive
│   ├── UploadStalled
│   └── KeyReused
├── Missing                     there is no such thing
│   ├── NoSuchJob
│   ├── NoSuchItem
│   └── NoSuchModel
├── Conflict                    not in this state
│   └── KeyInFlight
├── Unavailable                 a part is out of reach; the same call works later
│   ├── BacklogFull
│   ├── TooManyUploads
│   ├── StoreUnavailable
│   │   └── StoreFull
│   ├── DatabaseUnavailable
│   │   └── DatabaseOutdated
│   ├── BrokerUnavailable
│   └── NoAnswerInTime
├── PackLost                    the bytes of an accepted upload are gone or damaged
├── CannotStart                 a process refuses to start and says why
│   ├── FaultySettings
│   ├── ModelMissing
│   ├── ModelBroken
│   └── ModelSlow
└── ImageError                  one image cannot be read; its neighbors can
    ├── NotAnImage
    ├── UnsupportedFormat
    ├── ImageTruncated
    └── ImageTooLarge

The class docstring is the default message; `code` is the word clients see.
"""

from __future__ import annotations

from typing import ClassVar


class DigitqError(Exception):
    """Something went wrong in digitq."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        super().__init__(self.message)


class Refused(DigitqError):
    """The request cannot be taken as it is."""

    code = "refused"


class InvalidRequest(Refused):
    """The request does not have the documented form; see /docs."""

    code = "invalid_request"


class UnsupportedMedia(Refused):
    """Send images as multipart/form-data, an archive (zip, tar, tar.gz), JSON or NDJSON."""

    code = "unsupported_media_type"


class TooLarge(Refused):
    """The upload is larger than this service accepts; send it in several jobs."""

    code = "too_large"


class BrokenArchive(Refused):
    """The archive is damaged or cut short; what could be read of it was read. Pack it again."""

    code = "broken_archive"


class UploadStalled(Refused):
    """The upload has brought nothing for half a minute and was given up; send it again."""

    code = "upload_stalled"


class KeyReused(Refused):
    """This Idempotency-Key came with another payload before; use a new key for a new job."""

    code = "idempotency_key_reused"


class Missing(DigitqError):
    """There is no such thing here."""

    code = "not_found"


class NoSuchJob(Missing):
    """There is no job with this id; GET /v1/jobs lists yours."""

    code = "job_not_found"


class NoSuchItem(Missing):
    """The job has no result with this index yet."""

    code = "item_not_found"


class NoSuchModel(Missing):
    """There is no such model; GET /v1/models lists what is installed."""

    code = "model_not_found"


class Conflict(DigitqError):
    """The job is in a state that does not allow this."""

    code = "conflict"


class KeyInFlight(Conflict):
    """The first request with this Idempotency-Key is still under way; ask again when it has been answered."""

    code = "idempotency_key_in_flight"


class Unavailable(DigitqError):
    """A part of the service is out of reach; try again in a few seconds."""

    code = "unavailable"


class BacklogFull(Unavailable):
    """As much work is waiting as this service takes on; try again when some of it is done."""

    code = "backlog_full"


class TooManyUploads(Unavailable):
    """As many uploads are under way as this service takes at a time; try again when one of them is done."""

    code = "too_many_uploads"


class StoreUnavailable(Unavailable):
    """The store of uploaded images is out of reach; try again in a few seconds."""

    code = "store_unavailable"


class StoreFull(StoreUnavailable):
    """There is no room left on the disk; nothing of the request was kept. Delete old jobs or add room."""

    code = "insufficient_storage"


class DatabaseUnavailable(Unavailable):
    """The database is out of reach; try again in a few seconds."""

    code = "database_unavailable"


class DatabaseOutdated(DatabaseUnavailable):
    """The database lacks tables of this version; run `digitq migrate`, or `python -m migrations` in a container."""

    code = "database_outdated"


class BrokerUnavailable(Unavailable):
    """Redis is out of reach; accepted work starts when it is back."""

    code = "broker_unavailable"


class NoAnswerInTime(Unavailable):
    """No worker answered in time; the job goes on, poll it."""

    code = "no_answer_in_time"


class PackLost(DigitqError):
    """The stored upload is gone or damaged; submit these images again."""

    code = "upload_lost"


class CannotStart(DigitqError):
    """This process cannot start."""

    code = "cannot_start"


class FaultySettings(CannotStart):
    """These settings make no sense; docs/reference/settings.md says what each may be."""

    code = "faulty_settings"


class ModelMissing(CannotStart):
    """There is no model to serve; put a .keras file into the models folder or pass --model."""

    code = "model_missing"


class ModelBroken(CannotStart):
    """The model cannot be served; its file or its manifest is damaged."""

    code = "model_broken"


class ModelSlow(CannotStart):
    """The model takes longer to load than a chunk has time; raise DIGITQ_SOFT_LIMIT_SECONDS and the limits above it."""

    code = "model_slow"


class ImageError(DigitqError):
    """This image cannot be read."""

    code = "unreadable"


class NotAnImage(ImageError):
    """This is not an image; send PNG, JPEG, BMP, GIF, TIFF or WebP."""

    code = "not_an_image"


class UnsupportedFormat(ImageError):
    """This image format is not supported; send PNG, JPEG, BMP, GIF, TIFF or WebP."""

    code = "unsupported_format"


class ImageTruncated(ImageError):
    """The image is damaged or cut short; send the whole file."""

    code = "image_truncated"


class ImageTooLarge(ImageError):
    """The image is larger than this service accepts; scale it down or crop it."""

    code = "image_too_large"
