"""What the door answers: one table of routes, one shape of errors, a token for everything.

::

    {"ok": false, "status": 401, "error": "a sentence that says what is wrong and how to mend it"}

Everything is refused without ``Authorization: Bearer TOKEN``. Nothing of what is asked is written into a log.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as StarletteRoute

from tracker.door.alert_stream import After, AlertStream, StalledError, StreamLimits
from tracker.door.clients import SCOPES, Client, Clients
from tracker.door.commands import DECISIONS, KINDS, Answers, Command, CommandQueue
from tracker.door.formats import FORMATS, format_of
from tracker.door.positions import Box, PositionStream
from tracker.door.questions import Asked, DoorError, QuestionLimits, Questions
from tracker.door.routes import ROUTES, DoorRoute
from tracker.door.searching import SearchAsked, Searching
from tracker.errors import InputError, StoreError
from tracker.printable import brief, printable
from tracker.store.verdicts import CONFLICT
from tracker.topics.decisions import read_decisions
from tracker.web.serving import ABORT, Message, is_our_host, refusal

Backup = Callable[[Path], dict[str, Any]]
"""Makes a backup in a new folder and says what it made."""
Papers = Callable[[str, bytes], "Future[dict[str, Any]] | None"]
"""Takes a document by its name and bytes; what becomes of it once that is durable, None where too many wait."""
Reload = Callable[[], dict[str, Any]]
"""Reads again what the program was started with, and says what became of it."""
MOST_BODY_BYTES: Final = 1 << 20
_BODY_S: Final = 10.0
"""So long a body may take to arrive."""
_PAPERS_S: Final = 600.0
"""A million consignments are read in a minute, and the loop takes them over in portions."""
_MOST_NAME_CHARS: Final = 500
_DRAIN_S: Final = 1.0
_COMMAND_S: Final = 30.0
"""A command that the loop has not made durable by then is told as unknown: it may yet be taken in."""
_EVENT_STREAM: Final = "text/event-stream; charset=utf-8"
_MOST_DIGITS: Final = 18
"""Of a number of 63 bits."""
_CLIENT: Final = "tidewaiter.client"
"""In the scope of a request: who asks."""
_WELCOME_S: Final = 2.0
"""So often it is looked whether one that follows may still do so."""
_NUMBER_HEADER: Final = "tidewaiter-question"


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """What a question may take: at most, and where it does not say."""

    default_time_s: float = 30.0
    most_time_s: float = 300.0
    default_rows: int = 10_000_000
    most_bytes: int = 4 << 30
    papers_bytes: int = 200_000_000
    """A document of papers, as ``[papers] document_mb``: a larger one comes in parts."""
    streams: StreamLimits = field(default_factory=StreamLimits)


class Door:
    """The application of the door.

    Parameters
    ----------
    clients:
        Who may come in, and what each may do.
    host:
        The address served, for the ``Host`` header of a browser that was led here.
    lend:
        A cursor of the open store (``Database.lend``); raises ``StoreError`` while there is none.
    status:
        How the program does, as JSON.
    """

    def __init__(
        self,
        clients: Clients,
        host: str,
        lend: Callable[[], AbstractContextManager[Any]],
        status: Callable[[], dict[str, Any]],
        commands: CommandQueue,
        limits: DoorLimits | None = None,
        backup: Backup | None = None,
        reload: Reload | None = None,
        papers: Papers | None = None,
    ) -> None:
        self._backup, self._is_backing_up, self._reload = backup, False, reload
        self._papers, self._are_papers_coming = papers, False
        self._clients, self._host, self._status, self._commands = clients, host, status, commands
        self._limits = limits or DoorLimits()
        self._lend = lend
        self._questions: Questions | None = None
        self._searching: Searching | None = None
        self.positions = PositionStream(self._limits.streams)
        self.alerts = AlertStream(lend, self._beat, self._limits.streams)
        self._starlette = Starlette(
            routes=[StarletteRoute(route.path, self._guarded(route), methods=[route.method]) for route in ROUTES],
            exception_handlers={HTTPException: _as_http, DoorError: _as_door, Exception: _as_fault},
        )
        self._starlette.router.redirect_slashes = False

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        body = _Body(receive)
        try:
            scope[_CLIENT] = self._admit(scope)
        except DoorError as exc:
            await body.drain()
            await _told(exc)(scope, body.receive, send)
            return

        async def send_after(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.drain()
            await send(message)

        with suppress(ClientDisconnect):
            await self._starlette(scope, body.receive, send_after)

    def close(self) -> None:
        """Interrupt all questions and end all streams; called in the event loop."""
        self.alerts.close()
        self.positions.close()
        if self._questions is not None:
            self._questions.close()
        if self._searching is not None:
            self._searching.close()

    def _admit(self, scope: Message) -> Client:
        headers = dict(reversed(scope["headers"]))
        if not is_our_host(headers.get(b"host", b"").decode("latin-1"), self._host):
            raise DoorError(403, "the Host header is neither loopback nor the address served")
        kind, _, given = headers.get(b"authorization", b"").partition(b" ")
        client = self._clients.find(given.strip())
        if client is None or kind.lower() != b"bearer":
            why = f"; {self._clients.why}" if self._clients.why else ""
            raise DoorError(
                401,
                "needs the token: send 'Authorization: Bearer TOKEN' with what stands in the file door.token beside the store, or what "
                f"'tidewaiter door add' printed{why}",
            )
        return client

    def _guarded(self, route: DoorRoute) -> Callable[[Request], Awaitable[Response]]:
        """What answers a route, for those whose token is made for it."""
        answer: Callable[[Request], Awaitable[Response]] = getattr(self, route.handler)

        async def guarded(request: Request) -> Response:
            client: Client = request.scope[_CLIENT]
            scope = route.scope_of(request.path_params)
            if scope in SCOPES and scope not in client.may:
                raise DoorError(
                    403,
                    f"the token of {client.name} may {', '.join(client.may)}, and this needs the scope {scope!r}: "
                    f"make another with 'tidewaiter door add NAME --may {scope}'",
                )
            return await answer(request)

        return guarded

    async def list_routes(self, _: Request) -> Response:
        """The table of routes."""
        rows = [
            {"method": route.method, "path": route.path, "what": route.sentence, "scope": route.scope}
            for route in ROUTES
        ]
        return JSONResponse(
            {"ok": True, "routes": rows, "formats": list(FORMATS), "commands": list(KINDS), "scopes": SCOPES}
        )

    async def status(self, _: Request) -> Response:
        """How the program does."""
        return JSONResponse(self._status(), headers={"cache-control": "no-store"})

    async def fate(self, request: Request) -> Response:
        """Why an answer was cut off."""
        found = None if self._questions is None else self._questions.fate(request.path_params["number"])
        if found is None:
            raise DoorError(404, "no question of this number was cut off")
        return JSONResponse(refusal(*found))

    async def search(self, request: Request) -> Response:
        """What has an identifier or a name."""
        if request.method == "POST":
            given = _object(await _body(request), '{"q": "CSQU3054383"}')
        else:
            given = dict(request.query_params)
        answer = await self._search().answer(SearchAsked.of(given))
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    async def dossier(self, request: Request) -> Response:
        """All that is known of one thing."""
        given = _object(await _body(request), '{"id": "mmsi:219001234"}')
        answer = await self._search().dossier(request.path_params["kind"], given)
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    def _search(self) -> Searching:
        if self._searching is None:
            self._searching = Searching(self._lend)
        return self._searching

    async def command(self, request: Request) -> Response:
        """A flag or an order."""
        kind = request.path_params["kind"]
        if kind not in KINDS:
            raise DoorError(404, f"there is no such command; there are {', '.join(KINDS)}")
        answers = await self._taken(Command(kind, await _body(request)))
        return JSONResponse({"ok": True, "answers": list(answers)})

    async def decisions(self, request: Request) -> Response:
        """What people decided."""
        try:
            told = read_decisions(await _body(request))
        except ValueError as exc:
            raise DoorError(400, f"nothing was taken in: {exc}") from exc
        answers = list(await self._taken(Command(DECISIONS, b"", told, request.scope[_CLIENT].name)))
        refused = [str(answer["decision_id"]) for answer in answers if answer["result"] == CONFLICT]
        if not refused:
            return JSONResponse({"ok": True, "answers": answers})
        many = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        error = (
            f"decision {brief(refused[0])}{many} came before and said something else: what came first stays; "
            "tell what is decided now under another decision_id. All others of this message are taken in"
        )
        return JSONResponse({**refusal(409, error), "answers": answers}, 409)

    async def _taken(self, command: Command) -> Answers:
        """What becomes of a command, once it is durable."""
        if not self._commands.put(command):
            raise DoorError(503, "too many commands wait; come back soon", 2)
        try:
            async with asyncio.timeout(_COMMAND_S):
                answers = await asyncio.wrap_future(command.answers)
        except TimeoutError:
            raise DoorError(
                504,
                f"not durable within {_COMMAND_S:g} s; it may yet be taken in: send the same again, or ask the view for it",
                5,
            ) from None
        except asyncio.CancelledError:
            raise
        except Exception as exc:
            raise DoorError(503, f"the program could not take it in: {exc}", 5) from exc
        return answers

    async def backup(self, request: Request) -> Response:
        """A backup, in a thread of its own: one at a time."""
        try:
            to = json.loads(await _body(request))["to"]
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            raise DoorError(400, 'the body names no folder; write {"to": "/srv/backup/monday"}') from exc
        if not isinstance(to, str) or not to.startswith("/"):
            raise DoorError(400, "the folder must be named from the root on: the program stands in a folder of its own")
        if self._backup is None:
            raise DoorError(503, "this program makes no backups")
        if self._is_backing_up:
            raise DoorError(409, "a backup is being made; one at a time")
        self._is_backing_up = True
        try:
            report = await _in_a_thread("backup", partial(self._backup, Path(to)))
        except (InputError, StoreError) as exc:
            raise DoorError(400 if isinstance(exc, InputError) else 503, str(exc)) from exc
        finally:
            self._is_backing_up = False
        return JSONResponse({"ok": True, **report})

    async def papers(self, request: Request) -> Response:
        """A document of papers, one at a time: its bytes lie in memory."""
        name = request.query_params.get("name", "")
        if not name.strip() or len(name) > _MOST_NAME_CHARS:
            raise DoorError(
                400, f"the document has no name of 1 to {_MOST_NAME_CHARS} characters; write ?name=manifest.csv"
            )
        if self._papers is None:
            raise DoorError(503, "this program takes no papers")
        if self._are_papers_coming:
            raise DoorError(503, "a document is being received; one at a time", 2)
        self._are_papers_coming = True
        try:
            most_bytes = self._limits.papers_bytes
            larger = f"is larger than {most_bytes / 1e6:g} MB ([papers] document_mb) and was not read; send it in parts"
            answer = self._papers(name, await _body(request, most_bytes, _PAPERS_S, f"{printable(name)}: {larger}"))
            if answer is None:
                raise DoorError(503, "too many documents wait; come back soon", 2)
            async with asyncio.timeout(_PAPERS_S):
                told = await asyncio.wrap_future(answer)
        except TimeoutError:
            raise DoorError(
                504, f"not durable within {_PAPERS_S:g} s; it may yet be taken in: send the same again", 5
            ) from None
        except StoreError as exc:
            raise DoorError(503, f"the program could not take it in: {exc}", 5) from exc
        finally:
            self._are_papers_coming = False
        return JSONResponse({"ok": True, **told})

    async def reload(self, _: Request) -> Response:
        """Zones, papers and thresholds, read again in a thread of its own."""
        if self._reload is None:
            raise DoorError(503, "this program reads nothing again")
        try:
            report = await _in_a_thread("reload", self._reload)
        except (InputError, StoreError) as exc:
            raise DoorError(400 if isinstance(exc, InputError) else 503, str(exc)) from exc
        return JSONResponse({"ok": True, **report})

    async def stream_alerts(self, request: Request) -> Response:
        """The alerts, as they become durable."""
        return self._stream(request, self.alerts, partial(self.alerts.serve, _after(request)), _EVENT_STREAM)

    async def stream_positions(self, request: Request) -> Response:
        """Where craft are."""
        return self._stream(request, self.positions, partial(self.positions.serve, _box(request)), FORMATS["arrow"][0])

    def _stream(
        self, request: Request, stream: AlertStream | PositionStream, serve: Callable[..., Awaitable[None]], media: str
    ) -> Response:
        if stream.clients >= self._limits.streams.most_clients:
            raise DoorError(503, "as many follow already as may ([watch] door_streams); end one, or come back", 30)
        return _StreamResponse(serve, partial(self._clients.is_welcome, request.scope[_CLIENT]), media)

    def _beat(self) -> dict[str, Any]:
        told = self._status()
        return {name: told.get(name) for name in ("watermark", "at", "phase")}

    async def sql(self, request: Request) -> Response:
        """A question."""
        asked = self._asked(await _body(request), request)
        if self._questions is None:
            self._questions = Questions(self._lend)
        return _AnswerResponse(self._questions, asked, request)

    def _asked(self, body: bytes, request: Request) -> Asked:
        given: Any
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
            given = _object(body, '{"sql": "SELECT ..."}')
        else:
            try:
                given = {**request.query_params, "sql": body.decode()}
            except UnicodeDecodeError as exc:
                raise DoorError(400, "the body is no UTF-8 text") from exc
        unknown = given.keys() - {"sql", "params", "format", "time_s", "rows"}
        if unknown:
            raise DoorError(
                400,
                f"there is no option {printable(sorted(map(str, unknown))[0])!r}; there are params, format, time_s and rows",
            )
        sql, params = given.get("sql"), given.get("params")
        if not isinstance(sql, str) or not sql.strip():
            raise DoorError(400, 'there is no statement; write {"sql": "SELECT ..."}')
        if params is not None and not isinstance(params, list | dict):
            raise DoorError(400, "params is neither a list nor an object")
        form = format_of(str(given.get("format") or ""), request.headers.get("accept", ""))
        if form is None:
            raise DoorError(406, f"there is no such format; there are {', '.join(FORMATS)}")
        time_s = _number(given, "time_s", self._limits.default_time_s, self._limits.most_time_s)
        rows = int(_number(given, "rows", self._limits.default_rows, 1e12))
        return Asked(sql, params, form, QuestionLimits(time_s, rows, self._limits.most_bytes))


class _Body:
    """What comes in of one request. A refusal is sent when the body is in: a connection closed before would break under a client that still sends."""

    def __init__(self, receive: Any) -> None:
        self._receive = receive
        self._is_whole = False

    async def receive(self) -> Message:
        """The next message."""
        message: Message = await self._receive()
        self._is_whole = self._is_whole or message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Read on and forget, as far as a body may be long and for a moment."""
        left = MOST_BODY_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while not self._is_whole and left > 0:
                    left -= len((await self.receive()).get("body", b""))


async def _in_a_thread(name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a piece of work gives, done in a thread that does not outlive the process: the end of the program does not wait for it."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[dict[str, Any]] = loop.create_future()

    def tell(set_it: Callable[[Any], None], what: Any) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(lambda: None if answer.done() else set_it(what))

    def do() -> None:
        try:
            report = work()
        except BaseException as exc:
            tell(answer.set_exception, exc)
        else:
            tell(answer.set_result, report)

    threading.Thread(target=do, name=name, daemon=True).start()
    return await answer


class _AnswerResponse(Response):
    """Sends an answer as it is found, and cuts the connection where it cannot be found to the end."""

    def __init__(self, questions: Questions, asked: Asked, request: Request) -> None:
        self._questions, self._asked, self._request = questions, asked, request
        self.background = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        number = secrets.token_hex(8)
        loop = asyncio.get_running_loop()
        until_s: list[float] = []
        pieces = self._questions.answer(
            number,
            self._asked,
            lambda: _disconnected(receive),
            lambda: until_s.append(loop.time() + self._asked.limits.time_s + 1.0),
        )
        headers = [
            (b"content-type", FORMATS[self._asked.form][0].encode()),
            (b"cache-control", b"no-store"),
            (_NUMBER_HEADER.encode(), number.encode()),
        ]
        async with aclosing(pieces):
            first = await anext(pieces)
            second = await anext(pieces, None)
            if second is None:
                headers.append((b"content-length", str(len(first)).encode()))
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            try:
                async with asyncio.timeout_at(until_s[0]):
                    await send({"type": "http.response.body", "body": first, "more_body": second is not None})
                    if second is not None:
                        await self._go_on(second, pieces, send)
            except (DoorError, TimeoutError) as exc:
                if isinstance(exc, TimeoutError):
                    self._questions.cut(
                        number, 504, f"the client took longer than {self._asked.limits.time_s:g} s to read the answer"
                    )
                # the head has been sent: only a connection that breaks can say that this is not all
                raise ConnectionAbortedError(str(exc)) from exc

    async def _go_on(self, second: bytes, pieces: AsyncIterator[bytes], send: Any) -> None:
        await send({"type": "http.response.body", "body": second, "more_body": True})
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _StreamResponse(Response):
    """A stream, until whoever follows goes, takes nothing any more, or the door is shut."""

    def __init__(self, serve: Callable[..., Awaitable[None]], is_welcome: Callable[[], bool], media: str) -> None:
        self._serve, self._is_welcome, self._media = serve, is_welcome, media
        self.background = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [
            (b"content-type", self._media.encode()),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),  # nginx would hold events back until a buffer is full
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        is_gone = asyncio.ensure_future(_disconnected(receive))
        loop = asyncio.get_running_loop()
        looked_s = loop.time()

        async def push(piece: bytes) -> None:
            nonlocal looked_s
            if loop.time() - looked_s > _WELCOME_S:
                looked_s = loop.time()
                if not self._is_welcome():
                    is_gone.cancel()
                    return
            await send({"type": "http.response.body", "body": piece, "more_body": True})

        try:
            await self._serve(push, is_gone)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (StalledError, asyncio.CancelledError) as exc:
            scope[ABORT]()  # closing in good order would wait for somebody who takes nothing
            if isinstance(exc, asyncio.CancelledError):
                raise
        finally:
            is_gone.cancel()


def _box(request: Request) -> Box | None:
    """The area asked for."""
    asked = request.query_params
    unknown = asked.keys() - {"bbox"}
    if unknown:
        raise DoorError(400, f"there is no option {printable(sorted(unknown)[0])!r}; there is bbox")
    if not (text := asked.get("bbox", "").strip()):
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = math.nan
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise DoorError(400, "bbox is no area; write west,south,east,north in degrees, as bbox=-10,35,5,60")
    return Box(west, south, east, north)


def _after(request: Request) -> After:
    """Where a client goes on: its last event, as a browser that comes back tells it, else ``after``."""
    asked, unknown = request.query_params, request.query_params.keys() - {"after", "store_id"}
    if unknown:
        raise DoorError(400, f"there is no option {printable(sorted(unknown)[0])!r}; there are after and store_id")
    text = request.headers.get("last-event-id", "").strip() or asked.get("after", "").strip()
    if not text:
        return After(None, asked.get("store_id"))
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise DoorError(
            400, "the sequence is no whole number; write ?after=0 for everything, or the id of the last event taken"
        )
    return After(int(text), asked.get("store_id"))


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(
    request: Request, most_bytes: int = MOST_BODY_BYTES, within_s: float = _BODY_S, larger: str = ""
) -> bytes:
    """The body, bounded in size and time; ``larger`` is said of one that is too long."""
    larger = larger or f"the body is longer than {most_bytes:,} bytes"
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most_bytes:
        raise DoorError(413, larger)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(within_s):
            async for part in request.stream():
                size += len(part)
                if size > most_bytes:
                    raise DoorError(413, larger)
                parts.append(part)
    except TimeoutError:
        raise DoorError(408, f"the body did not arrive within {within_s:g} s") from None
    return b"".join(parts)


def _object(body: bytes, example: str) -> dict[str, Any]:
    """A body that is a JSON object."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise DoorError(400, f"the body is no JSON: {exc}") from exc
    if not isinstance(given, dict):
        raise DoorError(400, f"the body is no object; write {example}")
    return given


def _number(given: dict[str, Any], name: str, default: float, most: float) -> float:
    try:
        value = float(given.get(name, default))
    except (TypeError, ValueError):
        raise DoorError(400, f"{name} is no number") from None
    if not 0 < value <= most:
        raise DoorError(400, f"{name} is not between 0 and {most:g}")
    return value


def _told(exc: DoorError) -> Response:
    headers = {"cache-control": "no-store", "connection": "close"}
    if exc.retry_s is not None:
        headers["retry-after"] = str(exc.retry_s)
    if exc.status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(refusal(exc.status, exc.error), exc.status, headers)


async def _as_door(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, DoorError)
    return _told(exc)


async def _as_http(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    sentence = {404: "there is no such path; GET /v1/ lists what there is", 405: "this path has another method"}
    response = _told(DoorError(exc.status_code, sentence.get(exc.status_code, str(exc.detail))))
    response.headers.update(exc.headers or {})
    return response


async def _as_fault(_: Request, exc: Exception) -> Response:
    return _told(DoorError(500, f"the program failed in answering: {type(exc).__name__}"))
