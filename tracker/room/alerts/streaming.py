"""The answer that is a stream: sends as fast as the client takes it, drops one that takes nothing, ends when either side goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tracker.room.alerts.hub import STALL_S, Hub


class EventStream(Response):
    """Server-sent events of the hub, for one client."""

    media_type = "text/event-stream"

    def __init__(
        self,
        hub: Hub,
        last_id: str | None,
        compartments_now: Callable[[], frozenset[str] | None],
        stopping: asyncio.Event,
        person_id: str = "",
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._person_id = person_id
        self._hub, self._last_id, self._compartments_now, self._stopping = hub, last_id, compartments_now, stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client goes, takes nothing for too long, or the room ends."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_left(receive))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({sending, leaving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving, stopping):
                task.cancel()
                with suppress(asyncio.CancelledError, TimeoutError, OSError):
                    await task
        if not leaving.done() or leaving.cancelled():
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send) -> None:
        async with aclosing(self._hub.follow(self._last_id, self._compartments_now, self._person_id)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                async with asyncio.timeout(STALL_S):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
