"""`digitq up`: checks what can be checked, starts the whole service under one supervisor, and ends it cleanly."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.hints import again
from cli.service import plan, redis
from cli.service.checks import listen, locked
from cli.service.contracts import Events, Stop
from cli.service.guard import Guard
from cli.service.plan import EmbeddedRedis
from cli.service.processes import Processes
from cli.service.screen import Screen
from cli.service.supervisor import Supervisor
from cli.show import counted
from shared.catalog import is_path
from shared.errors import CannotStart
from shared.settings import Settings


def run(settings: Settings, *, verbose: bool) -> None:
    """Run the service until SIGINT or SIGTERM. Raises CannotStart with a sentence for the user."""
    began = time.monotonic()
    console = Console(highlight=False)
    with ExitStack() as stack:
        lock = stack.enter_context(locked(settings.data))
        listener = stack.enter_context(listen(settings.host, settings.port))
        settings = resolved(settings, listener)
        embedded = None
        if not settings.redis_url:
            embedded = EmbeddedRedis(redis.find_server(), stack.enter_context(redis.socket_of(settings.data)))
        guard = stack.enter_context(closing(Guard(keep_open=[lock])))
        events: Events = Events()
        _on_signals(events)
        welcome = partial(_welcome, console, settings, began)
        screen = stack.enter_context(closing(Screen(console, settings.data / "logs", verbose=verbose, welcome=welcome)))
        plan.alive_file(settings.data).unlink(missing_ok=True)
        _introduce(console, settings, embedded)
        processes = Processes(events, screen, plan.environment(os.environ, settings, embedded), guard)
        services = plan.services(settings, embedded, listener.fileno())
        Supervisor(services, processes, screen, events).run()
        console.print("Stopped. Nothing is running any more.")


def resolved(settings: Settings, listener: socket.socket) -> Settings:
    """The settings with a model that is not missing and the port that the service listens at. Raises CannotStart."""
    return settings.model_copy(update={"model": _model(settings.model), "port": listener.getsockname()[1]})


def _model(wanted: str) -> str:
    if not is_path(wanted):
        return wanted
    path = Path(wanted).expanduser()
    if not path.exists():
        raise CannotStart(f"There is no model file {wanted}; pass the path of a .keras file or the name of a model.")
    return str(path.resolve())


def _on_signals(events: Events) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: events.put(Stop()))


def _introduce(console: Console, settings: Settings, embedded: EmbeddedRedis | None) -> None:
    rows = {
        "data": str(settings.data),
        "database": settings.database.split("@")[-1],
        "redis": f"{embedded.server.name} on {embedded.socket}" if embedded else settings.redis_url.split("@")[-1],
        "workers": f"{counted(settings.workers, 'process', 'processes')}, model {settings.model}",
        "logs": str(settings.data / "logs"),
    }
    console.print("[bold]digitq[/] is starting")
    for name, value in rows.items():
        console.print(Text(f"  {name:<10}", "dim").append(value, "default"), soft_wrap=True)


def _welcome(console: Console, settings: Settings, began: float) -> None:
    seconds = time.monotonic() - began
    url = plan.address(settings)
    console.print(f"\n[bold green]Ready[/] in {seconds:.1f} s: [bold]{url}[/]\n")
    console.print(f"  submit  {again('submit', 'FOLDER', '--wait', server=url)}", soft_wrap=True)
    console.print(f"  or      curl -F files=@digits.zip {url}/v1/jobs", soft_wrap=True)
    console.print("  stop    Ctrl-C\n")
