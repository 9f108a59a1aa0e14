"""What the exit code of `digitq` says, and the errors that only the command line knows.

docs/reference/cli.md lists these codes; scripts may rely on them.
"""

from __future__ import annotations

from enum import IntEnum

from shared.errors import CannotStart, DigitqError, FaultySettings, NoSuchModel


class Exit(IntEnum):
    """The exit codes of every `digitq` command."""

    OK = 0  #: all is well
    TROUBLE = 1  #: `doctor` found something, or digitq itself went wrong
    USAGE = 2  #: the command line or a setting does not make sense, or `models` is asked for one that is not installed
    SOME_FAILED = 3  #: the job is complete; some images could not be read, or not even be sent
    ALL_FAILED = 4  #: the job is complete; no image could be read
    STOPPED = 5  #: the job was canceled, expired or failed as a whole
    UNREACHABLE = 6  #: the server does not answer, or the connection broke off
    REFUSED = 7  #: the server said no, and why
    CANNOT_START = 78  #: a process of the service refuses to start (EX_CONFIG)
    INTERRUPTED = 130  #: Ctrl-C


class UsageError(DigitqError):
    """The command line does not make sense; see `digitq --help`."""


class OutputUnwritable(UsageError):
    """The results cannot be written there; choose another --output."""


class ServerUnreachable(DigitqError):
    """The server does not answer; start it, or choose another one with --server."""


class ConnectionLost(ServerUnreachable):
    """The connection to the server broke off; try again."""


class RequestRefused(DigitqError):
    """The server refused the request."""


class Interrupted(DigitqError):
    """Interrupted."""


#: The first class that fits decides.
CODES: tuple[tuple[type[DigitqError], Exit], ...] = (
    (UsageError, Exit.USAGE),
    (FaultySettings, Exit.USAGE),
    (NoSuchModel, Exit.USAGE),
    (ServerUnreachable, Exit.UNREACHABLE),
    (RequestRefused, Exit.REFUSED),
    (Interrupted, Exit.INTERRUPTED),
    (CannotStart, Exit.CANNOT_START),
)


def exit_code(error: DigitqError) -> Exit:
    """The exit code with which an error ends the command."""
    return next((code for kind, code in CODES if isinstance(error, kind)), Exit.TROUBLE)
