"""What is said of the times of recorded inputs, and of their receiver: on the command line of all of them, in a sidecar ``FILE.json`` of one.

::

    {"start_time": "2026-03-01T00:00:00Z", "zone": "Europe/Paris", "date_order": "dmy", "clock": "gps", "mapping": "columns.toml",
     "receiver": "53.63,9.99"}

Each member may be left out; what a sidecar says of its file goes before what the command says of all. A file's own time of modification is
when somebody copied it, more often than not: it is used only where somebody says ``mtime``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from streams.errors import StreamError
from streams.files import Stored, read_whole
from tracker.decode.input_times import InputTimes, receiver_place
from tracker.errors import InputError
from tracker.inputs.opening import SIDECAR_BYTES
from tracker.nearest import meant
from tracker.units import US_PER_S, Micros

MTIME: Final = "mtime"
_MEMBERS: Final = ("start_time", "zone", "date_order", "clock", "mapping", "receiver")
_LIKE: Final = 'write {"start_time": "2026-03-01T00:00:00Z"} or remove it'
_HOW: Final = "write it like 2026-03-01T00:00:00Z, or mtime for the time of the file itself"


@dataclass(frozen=True, slots=True)
class TimesSaid:
    """The words as they are written. Empty: nothing is said.

    Raises
    ------
    InputError
        for a word that is none; it names the option and the nearest right word.
    """

    undated: str = ""
    """A time, or ``mtime``: when a recording without times began."""
    date_order: str = ""
    zone: str = ""
    clock: str = ""
    receiver: str = ""
    """Where the receiver of Mode S frames stands: ``LAT,LON``, or with its height in metres."""

    def __post_init__(self) -> None:
        _checked("--date-order", InputTimes, date_order=self.date_order)
        _checked("--zone", InputTimes, zone=self.zone or "UTC")
        _checked("--clock", InputTimes, beast_clock=self.clock or "auto")
        try:
            receiver_place(self.receiver)
        except InputError as exc:
            raise InputError(exc.what, "--receiver", exc.mend) from exc
        if self.undated and self.undated != MTIME:
            _start_us(self.undated, self, "--undated")

    def of(self, stored: Stored) -> InputTimes:
        """What is said of one recording, by its sidecar before by these; of a member of an archive ``mtime`` is the archive's."""
        said = _with_sidecar(self, stored)
        undated = None
        if said.undated == MTIME:
            undated = _modified_us(stored)
        elif said.undated:
            undated = _start_us(said.undated, said, stored.name)
        return InputTimes(
            undated, said.date_order, said.zone or "UTC", said.clock or "auto", receiver=receiver_place(said.receiver)
        )


def read_sidecar(stored: Stored) -> dict[str, str]:
    """The members of the sidecar of a recording, beside it or in its archive; empty where there is none.

    Raises
    ------
    InputError
        where it is no sidecar, has a member that is none, or one that is no text.
    """
    sidecar = stored.sidecar
    if sidecar is None:
        return {}
    try:
        members = json.loads(read_whole(sidecar, SIDECAR_BYTES).decode("utf-8-sig"))
        if not isinstance(members, dict) or not members:
            raise TypeError(members)
    except (ValueError, TypeError, RecursionError, StreamError) as exc:
        raise InputError("is no sidecar", sidecar.name, _LIKE) from exc
    for name, value in members.items():
        if name not in _MEMBERS:
            raise InputError(f"a sidecar has no {name!r}", sidecar.name, meant(name, _MEMBERS, "it may have"))
        if not isinstance(value, str):
            raise InputError(f"{name!r} is no text", sidecar.name, _LIKE)
    return members


def _with_sidecar(said: TimesSaid, stored: Stored) -> TimesSaid:
    members = read_sidecar(stored)
    words = {{"start_time": "undated"}.get(name, name): value for name, value in members.items() if name != "mapping"}
    try:
        return replace(said, **words) if words else said
    except InputError as exc:
        raise InputError(exc.what, stored.sidecar.name if stored.sidecar else "", exc.mend) from exc


def _modified_us(stored: Stored) -> Micros:
    """When the file that a person knows was written last: what comes through a pipe, or is unpacked for us, is written now."""
    file = Path(stored.name.partition("!")[0])
    if not file.is_file():
        raise InputError("has no time of its own", stored.name, "write --undated 2026-03-01T00:00:00Z")
    return Micros(int(file.stat().st_mtime) * US_PER_S)


def _checked(option: str, make: Any, **words: str) -> None:
    try:
        make(**words)
    except InputError as exc:
        raise InputError(exc.what, option, exc.mend) from exc


def _start_us(text: str, said: TimesSaid, where: str) -> Micros:
    """A written time, in the zone that is said where it has none of its own."""
    from tracker.decode.written_times import AMBIGUOUS_TIME, NO_TIME, time_us

    found = time_us(text, said.date_order, said.zone or "UTC")
    if found in (NO_TIME, AMBIGUOUS_TIME):
        near = "did you mean mtime? " if text.strip().lower().startswith("m") else ""
        why = "is no time" if found == NO_TIME else "can be read in two ways"
        raise InputError(f"{text!r} {why}", where, near + _HOW)
    return Micros(found)


NOTHING_WRITTEN: Final = TimesSaid()
"""Nobody says anything but the sidecars."""
