"""The effective settings: options of the command line over DIGITQ_* over defaults."""

from __future__ import annotations

from shared.settings import Settings, load_settings


def settings_with(**options: object) -> Settings:
    """The settings, with the whole path of the data folder; an option that is None was not given.

    Raises FaultySettings.
    """
    settings = load_settings(**{name: value for name, value in options.items() if value is not None})
    return settings.model_copy(update={"data": settings.data.expanduser().resolve()})
