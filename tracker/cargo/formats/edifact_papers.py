"""EDIFACT messages to papers: each kind of message has its reader; what is amiss in a message is told, and what is good in it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from tracker.cargo.formats import edifact_boxes, edifact_schedules
from tracker.cargo.formats.edifact import messages
from tracker.cargo.formats.gathered import Gathered
from tracker.cargo.formats.segments import Message

MESSAGES: Final[dict[str, Callable[[Message, Gathered], None]]] = {
    "BAPLIE": edifact_boxes.read_baplie,
    "COARRI": edifact_boxes.read_coarri,
    "CODECO": edifact_boxes.read_codeco,
    "COPRAR": edifact_boxes.read_coprar,
    "IFTSTA": edifact_boxes.read_iftsta,
    "IFTSAI": edifact_schedules.read_iftsai,
    "CUSREP": edifact_schedules.read_cusrep,
}


def read(content: bytes, gathered: Gathered) -> None:
    """Read every message of a file."""
    read_messages(messages(content), MESSAGES, gathered)


def read_messages(
    found: Iterable[Message], readers: dict[str, Callable[[Message, Gathered], None]], gathered: Gathered
) -> None:
    """Read some messages, each by the reader of its kind."""
    for message in found:
        _tell_faults(message, gathered)
        reader = readers.get(message.kind)
        if reader is not None:
            reader(message, gathered)
        elif message.kind:
            note = f"message {message.reference[:14]} is {message.kind[:6]} {message.version[:12]}, which is not read here; read are {', '.join(readers)}"
            gathered.origin(message.offset, message.kind).reject(message.kind, note)


def _tell_faults(message: Message, gathered: Gathered) -> None:
    file = gathered.file
    for fault in message.faults:
        kind = f"{message.kind} {message.reference[:14]}: " if message.kind else ""
        note = f"{kind}byte {fault.offset}: {fault.what}; ask the sender for the whole message"
        if fault.is_incomplete:
            file.break_off(fault.offset, note)
        else:
            file.rows_in += 1
            file.reject(fault.offset, message.kind, f"{kind}byte {fault.offset}: {fault.what}; correct it there")
