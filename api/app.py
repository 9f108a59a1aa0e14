"""Puts the front end together: parts, routes, one form of error, an id for every request."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from redis.asyncio import Redis

from api import problems
from api.arrival import Desk
from api.deps import House
from api.middleware.client_left import ClientLeft
from api.middleware.cut_off import CutOff
from api.middleware.head import Head
from api.middleware.known_host import KnownHost
from api.middleware.request_id import RequestId
from api.middleware.same_origin import SameOrigin
from api.middleware.small_bodies import SmallBodies
from api.routes import events, health, jobs, models, pages, predict, results, reviews, tiles
from api.submission import Places
from api.views import open_views
from api.waiting import Waiting
from shared.catalog import ModelCatalog
from shared.database import open_engine
from shared.settings import Settings
from shared.wiring import open_parts, open_pulse, open_review_book

ABOUT = "Reads handwritten digits in bulk: submit images, poll the job, take the numbers home."


def create_app(settings: Settings) -> FastAPI:
    """The ASGI application; it connects to its parts when it is first used."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = open_engine(settings.database)
        waiting, views = Waiting(Redis.from_url(settings.redis)), open_views(settings)
        app.state.house = House(
            desk=Desk(open_parts(settings, engine), ModelCatalog(settings.models, settings.model), settings),
            reviews=open_review_book(engine),
            views=views,
            pulse=open_pulse(engine),
            waiting=waiting,
            places=Places(),
        )
        async with waiting.listening():
            gc.freeze()  # what is loaded stays, and need not be looked through for garbage during an upload
            yield
        await views.aclose()
        engine.dispose()

    # FastAPI's own pages of documentation load their scripts from another host; ours is among the pages.
    app = FastAPI(
        title="digitq", version=version("digitq"), description=ABOUT, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    problems.install(app)
    app.add_middleware(Head)
    app.add_middleware(SmallBodies)
    app.add_middleware(SameOrigin)
    app.add_middleware(KnownHost, settings=settings)
    app.add_middleware(CutOff)
    app.add_middleware(RequestId)
    app.add_middleware(ClientLeft)
    for routes in (jobs, events, results, tiles, reviews, predict, models, health, pages):
        app.include_router(routes.router)
    pages.mount_static(app)
    return app
