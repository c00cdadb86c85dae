"""The built page, served at ``/``: ``index.html`` and the files it names, whose names change with their contents.

The files are made by ``npm run build`` beside this module (``deploy/setup.sh`` does it). They are read once, when the room starts, and only those that were found
then are served: no part of an address ever becomes a path. Anybody may have them, for they hold no data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracker.room.shell.problems import Problem, not_found

BUILT: Final = Path(__file__).with_name("built")
HOW_TO_BUILD: Final = "the page is not built; run '. deploy/setup.sh && prepare_page' in the checkout, which needs Node.js 20 and npm, and start the room again (its API is at /api/v1)"
_INDEX: Final = "index.html"
_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page: its contents plain and packed, and its kind."""

    content: bytes
    packed: bytes | None
    kind: str
    etag: str


def read_page(folder: Path = BUILT) -> Mapping[str, PageFile]:
    """Name -> file; empty where the page is not built."""
    if not (folder / _INDEX).is_file():
        return {}
    found: dict[str, PageFile] = {}
    for path in sorted(folder.iterdir()):
        kind = _KINDS.get(path.suffix)
        if kind is None or not path.is_file():
            continue
        content = path.read_bytes()
        packed = path.with_name(path.name + ".gz")
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        found[path.name] = PageFile(content, packed.read_bytes() if packed.is_file() else None, kind, etag)
    return found


def add_page(app: Starlette, files: Mapping[str, PageFile] | None = None) -> None:
    """Serve the page with an application. Without ``files`` those beside this module."""
    page = read_page() if files is None else files

    async def show_index(request: Request) -> Response:
        if _INDEX not in page:
            raise Problem(503, HOW_TO_BUILD)
        return _answer(request, page[_INDEX], "no-cache")

    async def show_file(request: Request) -> Response:
        found = page.get(request.path_params["name"])
        if found is None or found is page.get(_INDEX):
            raise not_found()
        return _answer(request, found, _FOR_EVER)

    app.router.routes.append(Route("/", show_index, methods=["GET"]))
    app.router.routes.append(Route("/assets/{name}", show_file, methods=["GET"]))


def _answer(request: Request, file: PageFile, cache: str) -> Response:
    headers = {"Cache-Control": cache, "ETag": file.etag, "Vary": "Accept-Encoding", "Content-Type": file.kind}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.content, headers=headers)
