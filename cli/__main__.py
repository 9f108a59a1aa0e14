"""`python -m cli` is `digitq`; where its packages are missing it says so in a sentence."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        from cli.main import app
    except ModuleNotFoundError as error:
        sys.exit(
            f"digitq: The command line needs {error.name}, which is not installed here; run it from a checkout after "
            "`make setup`, with --server for a service elsewhere."
        )
    app(prog_name="digitq")


if __name__ == "__main__":
    main()
