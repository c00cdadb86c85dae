"""What is refused after the right to it was granted stands in the audit, too: a body that cannot be read, a version that is outdated, an id that is not there.

Most routes write their refusals themselves, with what they know of them. For every other one an entry is written here, before the answer is sent: who, the act that
the route declares, the ids of its address, the status. Who has not signed in is not written, or strangers could fill the audit.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from tracker.room.audited import ACT_KEY, WRITTEN, Act
from tracker.room.rights import NOBODY, Caller
from tracker.room.shell.parts import RoomParts

CALLER: Final = "tidewaiter.caller"
"""In the scope of a request: who was found to call, and may."""


class Noticing:
    """Notes for each request whether the audit has an entry of it."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""
        token = WRITTEN.set([])
        try:
            await self._app(scope, receive, send)
        finally:
            WRITTEN.reset(token)


async def write_refusal(request: Request, status: int) -> None:
    """Write that a request was refused, unless it is written already."""
    caller: Caller | None = request.scope.get(CALLER)
    if caller is None or caller is NOBODY or WRITTEN.get():
        return
    declared = (getattr(request.scope.get("route"), "openapi_extra", None) or {}).get(ACT_KEY)
    if declared is None:
        return
    parts: RoomParts = request.app.state.parts
    objects = [
        f"alert:{value}" if name == "alert_id" else str(value) for name, value in sorted(request.path_params.items())
    ]

    def write() -> None:
        with parts.store.write() as store:
            parts.audit.write(store, caller, Act(declared), objects, is_refused=True, terms={"status": status})

    await run_in_threadpool(write)
