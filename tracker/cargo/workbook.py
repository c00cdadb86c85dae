"""Workbooks to rows of cells: ``.xlsx``, ``.xlsm``, ``.xlsb``, ``.xls`` and ``.ods``, by calamine.

A workbook is a ZIP that may unpack to more than memory, and a sheet of a kilobyte may claim a cell in its last corner, for which a grid of seventeen thousand million is made. So
before calamine sees it every member is unpacked once, counted and thrown away, and the corners of its sheets are looked at. What calamine gives as an empty cell, and is none, is told: errors of the
spreadsheet's own, formulas whose result was never computed, cells merged over several rows (of ``.xlsx`` and ``.xlsm``; the other forms give errors as empty cells, too).

Numbers and dates become text of one form (``PlainText``): a decimal point, ISO 8601. Cells that are merged hold their value in the first one alone, as calamine gives them.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from tracker.cargo.ledger import CargoFile
from tracker.cargo.limits import Room
from tracker.cargo.sheets import LONG_ROWS, PlainText, Sheet, SheetRow, without_unseen
from tracker.errors import CargoError

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHEET: Final = re.compile(r"(?:xl/worksheets/|content\.xml$)")
_ROW: Final = re.compile(rb'<(?:\w+:)?row [^>]*?\br="(\d{1,9})"')
_CELL: Final = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,4})(\d{1,9})"')
_ERRONEOUS: Final = re.compile(
    rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,4}\d{1,9})"[^>]*?\bt="e"|<(?:\w+:)?c [^>]*?\bt="e"[^>]*?\br="([A-Z]{1,4}\d{1,9})"'
)
_UNCOMPUTED: Final = re.compile(
    rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,4}\d{1,9})"[^>]*>\s*<(?:\w+:)?f(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>'
)
_MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?\bref="([A-Z]{1,4})(\d{1,9}):([A-Z]{1,4})(\d{1,9})"')
_HEAD_ROWS: Final = 2
"""Merged cells that begin in the first rows are titles."""
_REPEATED: Final = re.compile(rb'number-(rows|columns)-repeated="(\d+)"([^>]*)')
_PIECE_BYTES: Final = 1 << 20
_OVERLAP_BYTES: Final = 4096
_MOST_MEMBERS: Final = 10_000
_MOST_SHEETS: Final = 256
_HALF_SECOND: Final = timedelta(milliseconds=500)
"""Spreadsheets hold an hour as a fraction of a day: 14:00 may be 13:59:59.999."""
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")
"""The part in which an ``.xlsx`` stands that is locked by a password."""
_LOCKED_ODS: Final = b"encryption-data"
_IS_LOCKED, _UNLOCK = "is a workbook locked by a password", "save it without one"
_ODD: Final = {
    "error": "hold an error of the spreadsheet's own (as #REF!), and are taken as empty; mend their formulas",
    "formula": "hold a formula whose result was never computed, and are taken as empty; open the workbook with a spreadsheet program and save it again",
    "merged": "are merged over several rows, and only the first row has what they hold; write it into each row it is meant for",
}
"""What is told of cells that look empty to who reads."""
_MEND: Final = "open it with a spreadsheet program and save it again, or save the sheet as CSV"


def is_workbook(content: bytes) -> bool:
    """Whether bytes begin as a workbook does; a ZIP may still be something else."""
    return content.startswith((_ZIP, _OLE))


def workbook_sheets(content: bytes, file: CargoFile, room: Room) -> list[Sheet]:
    """The sheets of a workbook that hold anything, in their order.

    Raises ``CargoError`` where it is none, is locked by a password, or unpacks to more than ``room`` allows.
    """
    if content.startswith(_ZIP):
        _check_zip(content, file, room)
    elif _LOCKED in content:
        raise CargoError(_IS_LOCKED, file.path, _UNLOCK)
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum  # noqa: PLC0415 - few have workbooks

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        kinds = {one.name: one.typ for one in book.sheets_metadata}
        sheets = []
        for name in book.sheet_names[:_MOST_SHEETS]:
            if kinds.get(name, SheetTypeEnum.WorkSheet) != SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(name)
            room.take_values(sheet.height * sheet.width, file.path)
            if sheet.height:
                first = (sheet.start or (0, 0))[0] + 1
                sheets.append(Sheet(name, _rows(sheet, first), is_long=sheet.height > LONG_ROWS))
    except PasswordError as exc:
        raise CargoError(_IS_LOCKED, file.path, _UNLOCK) from exc
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as exc:
        raise CargoError(f"is a workbook that cannot be read ({str(exc)[:120]})", file.path, _MEND) from exc
    return sheets


def _rows(sheet: Any, first: int) -> Iterator[SheetRow]:
    for at, cells in enumerate(sheet.iter_rows(), first):
        texts = [_text(cell) for cell in cells]
        if any(text.strip() for text in texts):
            yield SheetRow(at, texts)


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return without_unseen(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return PlainText(int(cell) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}")
    if isinstance(cell, datetime):
        cell = (cell + _HALF_SECOND).replace(microsecond=0)
        return PlainText(cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds"))
    if isinstance(cell, (date, time)):
        return PlainText(cell.isoformat())
    if isinstance(cell, timedelta):
        return PlainText(cell)
    return "" if cell is None else PlainText(cell)


def _check_zip(content: bytes, file: CargoFile, room: Room) -> None:
    """Unpack every member once within the limits, and look at the corners of the sheets."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
                raise CargoError("is a ZIP and no workbook", file.path, "unpack it, and give the papers in it")
            if len(members) > _MOST_MEMBERS:
                raise CargoError(f"is a workbook of {len(members):,} parts", file.path, _MEND)
            for member in members:
                cells = _Cells(member.filename)
                with archive.open(member) as packed:
                    while piece := packed.read(_PIECE_BYTES):
                        room.check(len(piece), file.path)
                        room.bytes_left -= len(piece)
                        if member.filename == "META-INF/manifest.xml" and _LOCKED_ODS in piece:
                            raise CargoError(_IS_LOCKED, file.path, _UNLOCK)
                        cells.see(piece)
                cells.check(room, file.path)
                cells.tell(file)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        OverflowError,
        UnicodeDecodeError,
    ) as exc:
        raise CargoError(
            f"is a workbook that is damaged or cut ({str(exc)[:120]})", file.path, "send it again whole"
        ) from exc


class _Cells:
    """How large a grid the XML of a sheet asks for."""

    def __init__(self, name: str) -> None:
        self._is_sheet = _SHEET.search(name) is not None
        self._rows = self._columns = self._repeats = 0
        self._rest = b""
        self._odd: dict[str, dict[str, None]] = {"error": {}, "formula": {}, "merged": {}}
        """Cells that look empty to who reads, and are not; the last piece's are seen twice."""

    def see(self, piece: bytes) -> None:
        if not self._is_sheet:
            return
        text = self._rest + piece
        for found in _CELL.finditer(text):
            self._columns = max(self._columns, _column(found[1]))
            self._rows = max(self._rows, int(found[2]))
        for found in _ROW.finditer(text):
            self._rows = max(self._rows, int(found[1]))
        for found in _REPEATED.finditer(text):
            if b"value" in found[3] or found[1] == b"rows":
                self._repeats = max(self._repeats, int(found[2]) if b"value" in found[3] else 0)
        for found in _ERRONEOUS.finditer(text):
            self._odd["error"][(found[1] or found[2]).decode()] = None
        for found in _UNCOMPUTED.finditer(text):
            self._odd["formula"][found[1].decode()] = None
        for found in _MERGED.finditer(text):
            if int(found[4]) > int(found[2]) > _HEAD_ROWS - 1:
                self._odd["merged"][f"{found[1].decode()}{int(found[2])}:{found[3].decode()}{int(found[4])}"] = None
        self._rest = text[-_OVERLAP_BYTES:]

    def tell(self, file: CargoFile) -> None:
        """Tell what looks empty and is not, each kind once."""
        for kind, cells in self._odd.items():
            if cells:
                first, more = next(iter(cells)), f" and {len(cells) - 1:,} more" if len(cells) > 1 else ""
                file.warn(
                    int("".join(filter(str.isdigit, first.partition(":")[0]))), first, f"{first}{more} {_ODD[kind]}"
                )

    def check(self, room: Room, path: str) -> None:
        room.take_values(0, path)
        if max(self._rows * self._columns, self._repeats) > room.values_left:
            raise CargoError(
                f"holds a sheet of {self._rows:,} rows and {max(self._columns, self._repeats):,} columns, more values than the {room.config.most_values:,} that all cargo may have",
                path, "delete the empty cells at its far end, or raise [cargo] most_values",
            )  # fmt: skip


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
