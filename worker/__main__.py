"""`python -m worker` runs the worker processes, `python -m worker beat` the clock of the sweep."""

from __future__ import annotations

import os
import sys

from shared.endings import ending_in_a_sentence


def main(arguments: list[str]) -> None:
    with ending_in_a_sentence():
        from worker.app import celery, settings
    from worker.alive import follow_sends
    from worker.channel import listen_robustly
    from worker.process import exit_status, watch_children

    if arguments == ["beat"]:
        if settings.alive_file:
            follow_sends(settings.alive_file)
        celery.start(["--quiet", "beat", "--loglevel", settings.log_level, "--pidfile="])
        return
    watch_children(settings)
    listen_robustly()
    name = settings.worker_name or f"worker-{os.getpid()}"
    celery.worker_main(
        [
            "--quiet",
            "worker",
            "--loglevel",
            settings.log_level,
            "-n",
            f"{name}@%h",
            "--without-gossip",
            "--without-mingle",
        ]
    )
    sys.exit(exit_status())


if __name__ == "__main__":
    main(sys.argv[1:])
