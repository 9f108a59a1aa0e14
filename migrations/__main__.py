"""`python -m migrations` brings the database up to date and exits 0."""

from __future__ import annotations

import sys

from migrations.upgrade import upgrade
from shared.database import open_engine
from shared.errors import DigitqError
from shared.settings import Settings


def main() -> int:
    settings = Settings()
    if not settings.database_url:
        settings.data.mkdir(parents=True, exist_ok=True)
    try:
        upgrade(open_engine(settings.database))
    except DigitqError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
