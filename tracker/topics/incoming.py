"""What others tell the program: flags on consignments and parties, orders to start and stop tracking a craft. Bytes in, a value or a reject out.

Every message is a JSON object of the fields in ``MESSAGES``, the table that ``docs/schemas/flag.schema.json`` and ``order.schema.json`` are
made from. Sizes are bounded, an unknown or doubled key is refused: a risk engine that misspells ``severity`` must hear of it. Sentences of
rejects name fields and never quote what stands in a party.

What names something (an id, a number, a profile, who speaks) is compared, printed and searched for: a character in it that is not seen, or that
turns text round, is refused. Free text (a reason, a party's name) keeps what its script needs, and is printed through ``tracker.printable``; only
control characters, line separators and halves of surrogate pairs are refused, for no paper has them.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tracker.cargo.codes import compact
from tracker.cargo.flagging import ConsignmentTarget, FlagMessage, PartyTarget
from tracker.cargo.values import KINDS
from tracker.decode.rejects import RejectCause
from tracker.identity import craft_text, parse_craft

MAX_MESSAGE_BYTES: Final = 65_536
"""Longer messages are refused unread."""
SEEN: Final = (
    r"\u0020-\u007e\u00a0-\u00ac\u00ae-\u034e\u0350-\u061b\u061d-\u115e\u1161-\u17b3\u17b6-\u180a\u1810-\u200a\u2010-\u2027\u202f-\u205f"
    r"\u2070-\u27ff\u2801-\u3163\u3165-\ud7ff\uf900-\ufdff\ufe10-\ufefe\uff00-\uff9f\uffa1-\uffef"
)
"""Characters a name may have, as a class of regular expressions that Python and ECMA-262 read alike: the basic plane without controls, bidi and other
format characters, letters drawn as nothing, surrogates and private use (Unicode 16, DerivedCoreProperties Default_Ignorable_Code_Point)."""
NOT_IN_TEXT: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff"
"""Characters free text may not have."""
_NAME: Final = re.compile(f"[{SEEN}]*")
_FREE: Final = re.compile(f"[^{NOT_IN_TEXT}]*")


@dataclass(frozen=True, slots=True)
class Reject:
    """A message that was refused, and why in a sentence that may be logged."""

    cause: RejectCause
    sentence: str
    command_id: str | None = None
    """The id of the message, where that much could be read."""
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One message of the topic of orders. ``craft`` is text as everywhere, or None where the ship is named by ``imo``."""

    order_id: str
    action: Literal["start", "stop"]
    craft: str | None
    imo: int | None
    reason: str
    by: str
    time_us: int
    correlation_id: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class MessageField:
    """One field of a message: ``kind`` is a key of ``_READERS``, ``limit`` the most characters of a name or text, or the choices."""

    name: str
    kind: str
    required: bool
    sentence: str
    limit: int = 200
    choices: tuple[str, ...] = ()


_WHO: Final = (
    MessageField("by", "name", True, "Who says so: a person, a desk or a program."),
    MessageField("time", "time", True, "When, ISO 8601; UTC where no zone is given."),
    MessageField("correlation_id", "name", False, "Given back in the answer, for whoever asks to know it by."),
)
MESSAGES: Final[Mapping[str, tuple[MessageField, ...]]] = {
    "flag": (
        MessageField("flag_id", "name", True, "Names the flag for ever; the same id again replaces it."),
        MessageField("action", "choice", True, "flag puts it on, clear takes it off.", choices=("flag", "clear")),
        MessageField(
            "target",
            "target",
            False,
            "What is flagged: one consignment, or a party wherever it appears. Needed to flag; in a clear it lifts earlier flags of the target, too.",
        ),
        MessageField("flag", "name", False, "Short name of the risk, for example of a profile. Needed to flag."),
        MessageField("severity", "severity", False, "How grave, 0 to 1; 0.5 where missing."),
        MessageField("reason", "text", False, "Why, in plain words; officers read it in the alert.", limit=4000),
        *_WHO,
    ),
    "consignment": (
        MessageField("document_number", "number", False, "Number of the bill of lading or air waybill."),
        MessageField("consignment_id", "name", False, "The consignment's name within its manifest."),
        MessageField("manifest_id", "name", False, "The manifest, where the others are not enough."),
    ),
    "party": (
        MessageField("name", "text", False, "Whole name as on the papers, in any case.", limit=500),
        MessageField(
            "id", "number", False, "Registered number (EORI, VAT, tax); it decides where the papers have one."
        ),
    ),
    "order": (
        MessageField("order_id", "name", True, "Names the order for ever; the same id again is the same order."),
        MessageField(
            "action",
            "choice",
            True,
            "start or stop tracking. While a craft is tracked, whatever it does is put before an officer, cargo known aboard or not.",
            choices=("start", "stop"),
        ),
        MessageField("craft", "craft", True, 'Which craft: "mmsi:219001234", "icao24:4b1812", or {"imo": 9074729}.'),
        MessageField("reason", "text", True, "Why, in plain words.", limit=4000),
        *_WHO,
    ),
}
TARGETS: Final = ("consignment", "party")
_NAMES: Final = {record: frozenset(item.name for item in table) for record, table in MESSAGES.items()}


def read_flag(value: bytes | None) -> FlagMessage | Reject:
    """A message of the topic of flags, or why it is none."""
    found = _read("flag", value)
    if isinstance(found, Reject):
        return found
    severity = 0.5 if found["severity"] is None else found["severity"]
    return FlagMessage(**{**found, "severity": severity})


def read_order(value: bytes | None) -> Order | Reject:
    """A message of the topic of orders, or why it is none."""
    found = _read("order", value)
    if isinstance(found, Reject):
        return found
    craft, imo = found.pop("craft")
    return Order(**found, craft=craft, imo=imo)


def _read(record: str, value: bytes | None) -> dict[str, Any] | Reject:
    """The fields of a message with its time as ``time_us``; a reject names the message where it can."""
    raw: dict[str, Any] = {}
    try:
        raw = _object(value)
        found = _fields(record, raw, "")
        if record == "flag" and found["action"] == "flag":
            for name in ("target", "flag"):
                if found[name] is None:
                    raise _Refused(RejectCause.BAD_JSON, f"{name} is missing; a message that flags needs it")
    except _Refused as exc:
        names = (_name_or_none(raw.get(name)) for name in (f"{record}_id", "correlation_id"))
        return Reject(exc.cause, f"{record} refused: {exc}", *names)
    found["time_us"] = found.pop("time")
    return found


class _Refused(ValueError):
    """Why a message is refused."""

    def __init__(self, cause: RejectCause, sentence: str) -> None:
        self.cause = cause
        super().__init__(sentence)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Refused(RejectCause.BAD_JSON, "a key stands twice in one object; write it once")
    return found


def _no_number(_: str) -> None:
    raise _Refused(RejectCause.BAD_JSON, "NaN and Infinity are no JSON; leave the field out")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)


def _object(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise _Refused(RejectCause.BAD_JSON, "it has no value; send a JSON object")
    if len(value) > MAX_MESSAGE_BYTES:
        raise _Refused(RejectCause.TOO_LONG, f"it has {len(value)} bytes; {MAX_MESSAGE_BYTES} are allowed")
    try:
        found = _DECODER.decode(value.decode("utf-8"))
    except _Refused:
        raise
    except (ValueError, RecursionError):
        raise _Refused(RejectCause.BAD_JSON, "it is no JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise _Refused(RejectCause.BAD_JSON, "it is JSON, but no object")
    return found


def _fields(record: str, raw: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values of a record's fields, None where missing."""
    table, known = MESSAGES[record], _NAMES[record]
    names = [item.name for item in table] if raw.keys() - known else []
    for key in raw if names else ():
        if key not in known:
            if record == "party":  # the key itself may be somebody's name
                raise _Refused(RejectCause.BAD_JSON, f"{where[:-1]} has an unknown key; it may have {', '.join(names)}")
            near = difflib.get_close_matches(key[:200], names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it may have {', '.join(names)}"
            raise _Refused(RejectCause.BAD_JSON, f"unknown key {where}{_quoted(key)}; {hint}")
    found: dict[str, Any] = {}
    for item in table:
        if item.name not in raw:
            if item.required:
                raise _Refused(RejectCause.BAD_JSON, f"{where}{item.name} is missing; {item.sentence}")
            found[item.name] = None
            continue
        try:
            found[item.name] = _READERS[item.kind](item, raw[item.name])
        except ValueError as exc:
            if isinstance(exc, _Refused):
                raise
            cause = {"time": RejectCause.BAD_TIME, "craft": RejectCause.BAD_IDENTITY}.get(
                item.kind, RejectCause.BAD_JSON
            )
            raise _Refused(cause, f"{where}{item.name} {exc}") from None
    return found


def _text(item: MessageField, raw: Any) -> str:
    """Free text."""
    if not isinstance(raw, str):
        raise ValueError("is no text; write one in quotes")
    if not raw.strip() or len(raw) > item.limit:
        raise ValueError(f"has {len(raw)} characters; 1 to {item.limit} that are no spaces are allowed")
    if (seen := _FREE.match(raw)) is None or seen.end() < len(raw):
        bad = 0 if seen is None else seen.end()
        raise ValueError(f"has the control character U+{ord(raw[bad]):04X} at {bad + 1}; leave it out")
    return raw


def _name(item: MessageField, raw: Any) -> str:
    """What names something."""
    text = _text(item, raw)
    if (seen := _NAME.match(text)) is None or seen.end() < len(text):
        bad = 0 if seen is None else seen.end()
        raise ValueError(
            f"has U+{ord(text[bad]):04X} at {bad + 1}, which is not seen or turns text round; a name may not have it"
        )
    return text


def _number(item: MessageField, raw: Any) -> str:
    """A number on papers: without letters and digits it would fit every other that has none."""
    text = _name(item, raw)
    if not compact(text):
        raise ValueError("has neither a letter A to Z nor a digit, by which numbers are compared")
    return text


def _name_or_none(raw: Any) -> str | None:
    try:
        return _name(MessageField("", "name", False, ""), raw)
    except ValueError:
        return None


def _choice(item: MessageField, raw: Any) -> str:
    if raw not in item.choices:
        raise ValueError(f"is none of {', '.join(item.choices)}")
    return str(raw)


def _severity(_: MessageField, raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 <= raw <= 1:
        raise ValueError("is no number from 0 to 1")
    return float(raw)


def _time(item: MessageField, raw: Any) -> int:
    return int(KINDS["time"].parse(_text(item, raw)))


def _craft(item: MessageField, raw: Any) -> tuple[str | None, int | None]:
    if isinstance(raw, Mapping):
        imo = raw.get("imo")
        if set(raw) != {"imo"} or isinstance(imo, bool) or not isinstance(imo, int) or not 10**6 <= imo < 10**7:
            raise ValueError('is no craft; write {"imo": seven digits}')
        return None, imo
    try:
        return craft_text(parse_craft(_text(item, raw))), None
    except ValueError:
        raise ValueError('is no craft; write "mmsi:219001234", "icao24:4b1812" or {"imo": 9074729}') from None


def _target(_: MessageField, raw: Any) -> ConsignmentTarget | PartyTarget:
    if not isinstance(raw, Mapping) or len(raw) != 1 or next(iter(raw)) not in TARGETS:
        raise ValueError(f"is not one of {', '.join(TARGETS)}; name one of them")
    ((record, inner),) = raw.items()
    if not isinstance(inner, Mapping):
        raise ValueError(f"names a {record} that is no object")
    found = _fields(record, inner, f"target.{record}.")
    if record == "party":
        if found["name"] is None and found["id"] is None:
            raise ValueError("names no party; give name or id")
        return PartyTarget(**found)
    if found["document_number"] is None and found["consignment_id"] is None:
        raise ValueError("names no consignment; give document_number or consignment_id")
    return ConsignmentTarget(**found)


_READERS: Final[Mapping[str, Any]] = {
    "text": _text, "name": _name, "number": _number, "choice": _choice, "severity": _severity, "time": _time, "craft": _craft, "target": _target,
}  # fmt: skip


def _quoted(key: str) -> str:
    return "".join(c for c in key[:40] if 32 < ord(c) < 127) or "(not printable)"
