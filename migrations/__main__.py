"""`python -m migrations` brings the database up to date and exits 0."""

from __future__ import annotations

from pathlib import Path

from migrations.upgrade import upgrade
from shared.database import open_engine
from shared.endings import ending_in_a_sentence
from shared.errors import CannotStart
from shared.settings import load_settings


def main() -> None:
    with ending_in_a_sentence():
        settings = load_settings()
        if not settings.database_url:
            _make(settings.data)
        upgrade(open_engine(settings.database, patient=True))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be written ({error.strerror}); "
            "change its permissions or choose another with DIGITQ_DATA."
        ) from error


if __name__ == "__main__":
    main()
