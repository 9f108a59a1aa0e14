"""The effective settings: options of the command line over DIGITQ_* over defaults."""

from __future__ import annotations

from pydantic import ValidationError

from cli.exits import UsageError
from shared.settings import Settings


def settings_with(**options: object) -> Settings:
    """The settings, with the whole path of the data folder; an option that is None was not given.

    Raises UsageError that names the faulty ones.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = "; ".join(f"{_name(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise UsageError(f"These settings make no sense: {faults}.") from error
    return settings.model_copy(update={"data": settings.data.expanduser().resolve()})


def _name(location: tuple[int | str, ...]) -> str:
    return "DIGITQ_" + "_".join(map(str, location)).upper() if location else "settings"
