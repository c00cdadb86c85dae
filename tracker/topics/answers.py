"""The answer to a flag or an order: what became of it, and what it matched. Pure: no topic, no clock.

Every message that came in has exactly one answer, in the transaction in which it takes effect. Its id is made of where the message stood (topic,
partition, offset; or the number of the command that came by the door), so a program killed and started anew gives the same answer under the same id.
``ANSWER_FIELDS`` is the table that ``docs/schemas/answer.schema.json`` and docs/topics.md are made from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from tracker.cargo.flagging import FlagMessage
from tracker.identity import craft_text
from tracker.schema import JSON_COUNT, JSON_ID, JSON_TEXT, JSON_TEXT_OR_NULL, JSON_TIME, JSON_TIME_OR_NULL, JsonField
from tracker.topics.incoming import Order, Reject
from tracker.units import US_PER_S, iso_time

MOST_NAMED: Final = 50
"""So many consignments and craft are named in an answer; all are counted."""
FUTURE_S: Final = 300
"""A message dated later than it was received by more than this is taken, and told: the clock of whoever sent it is wrong, or the zone."""


class Result(StrEnum):
    """What became of a message."""

    IN_FORCE = "in_force"
    REPLACED = "replaced"
    CLEARED = "cleared"
    NOTHING_TO_CLEAR = "nothing_to_clear"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


RESULTS: Final[Mapping[Result, str]] = MappingProxyType(
    {
        Result.IN_FORCE: "The flag is on, or the craft is tracked, from now on.",
        Result.REPLACED: "The same, in place of what was in force under this flag_id, or for this craft.",
        Result.CLEARED: "The flag is off, or the craft is tracked no longer.",
        Result.NOTHING_TO_CLEAR: "No such flag or order is in force: cleared before, or never given.",
        Result.UNCHANGED: "The same message again: nothing changed.",
        Result.REFUSED: "Not acted upon; `cause` and `sentence` say why.",
    }
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message stood: in a topic, or as the n-th command of a store. ``topic_id`` tells a topic made anew from the one before."""

    topic: str | None
    partition: int
    offset: int
    topic_id: str = ""

    def to_json(self) -> dict[str, Any] | None:
        """For the answer; None for a command that came by the door."""
        if self.topic is None:
            return None
        return {"topic": self.topic, "partition": self.partition, "offset": self.offset}

    def __str__(self) -> str:
        return "door" if self.topic is None else f"{self.topic}/{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``consignments`` are (manifest, consignment, document number), ``crafts`` the craft that their papers mean or the order names."""

    kind: str
    message: FlagMessage | Order | Reject
    result: Result
    origin: Origin
    received_us: int
    consignments: Sequence[tuple[str, str, str]] = ()
    crafts: Sequence[int] = ()

    @property
    def answer_id(self) -> str:
        """The same for the same message, however often it is answered."""
        place = self.origin
        text = f"{self.kind}|{place.topic}|{place.topic_id}|{place.partition}|{place.offset}"
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    @property
    def command_id(self) -> str | None:
        """Id of the message; None where it could not be read."""
        if isinstance(self.message, Reject):
            return self.message.command_id
        return self.message.flag_id if isinstance(self.message, FlagMessage) else self.message.order_id

    def to_json(self) -> dict[str, Any]:
        """The value of the record."""
        message = self.message
        refused = message if isinstance(message, Reject) else None
        said = None if isinstance(message, Reject) else message
        return {
            "answer_id": self.answer_id,
            "kind": self.kind,
            "command_id": self.command_id,
            "correlation_id": message.correlation_id,
            "action": None if said is None else said.action,
            "result": str(self.result),
            "sentence": self._sentence() if refused is None else refused.sentence,
            "cause": None if refused is None else str(refused.cause),
            "warnings": [] if said is None else self._warnings(said),
            "origin": self.origin.to_json(),
            "received": iso_time(self.received_us),
            "dated": None if said is None else iso_time(said.time_us),
            "consignments_matched": len(self.consignments),
            "consignments": [
                {"manifest_id": manifest, "consignment_id": item, "document_number": number}
                for manifest, item, number in self.consignments[:MOST_NAMED]
            ],
            "crafts_matched": len(self.crafts),
            "crafts": [craft_text(craft) for craft in self.crafts[:MOST_NAMED]],
        }

    def _warnings(self, said: FlagMessage | Order) -> list[str]:
        ahead_s = (said.time_us - self.received_us) // US_PER_S
        if ahead_s <= FUTURE_S:
            return []
        return [
            f"It is dated {_span(ahead_s)} ahead of when it was received; it took effect at once. Look at the clock, and the zone, of whoever sent it."
        ]

    def _sentence(self) -> str:
        return self._of_flag(self.message) if isinstance(self.message, FlagMessage) else self._of_order()

    def _of_flag(self, message: FlagMessage) -> str:
        name = f"Flag {message.flag_id}"
        if self.result is Result.NOTHING_TO_CLEAR:
            return f"{name} is not in force: it was cleared before, or never put on."
        if self.result is Result.UNCHANGED:
            return f"{name} says the same as before; nothing changed."
        count, crafts = len(self.consignments), len(self.crafts)
        found = (
            "It matches no consignment of the papers at hand; those that come later are compared, too."
            if not count
            else f"It matches {_count(count, 'consignment')}, "
            + ("whose craft is not known yet." if not crafts else f"by their papers on {_count(crafts, 'craft')}.")
        )
        if self.result is Result.CLEARED:
            return f"{name} is cleared." if message.target is None else f"What it lifts is cleared. {found}"
        return f"{name} is in force{' in place of the one before' if self.result is Result.REPLACED else ''}. {found}"

    def _of_order(self) -> str:
        order = self.message
        assert isinstance(order, Order)
        what = order.craft or f"IMO {order.imo}"
        if self.result is Result.NOTHING_TO_CLEAR:
            return f"{what} was not tracked: stopped before, or never ordered."
        if self.result is Result.UNCHANGED:
            return f"Order {order.order_id} says the same as before; nothing changed."
        if self.result is Result.CLEARED:
            return f"{what} is tracked no longer."
        known = f"{what} is tracked: whatever it does is put before an officer."
        if order.imo is None or self.crafts:
            return known if order.imo is None else f"{known} {_count(len(self.crafts), 'craft')} gave this number."
        return f"{known} No craft has given this number yet; tracking begins when one does."


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 or thing == 'craft' else 's'}"


def _span(seconds: int) -> str:
    for name, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {name}"
    return f"{seconds} seconds"


ANSWER_FIELDS: Final = (
    JsonField("answer_id", JSON_ID, "The same for the same message, in every repetition; also ce_id."),
    JsonField("kind", {"enum": ["flag", "order"]}, "What was sent."),
    JsonField("command_id", JSON_TEXT_OR_NULL, "flag_id or order_id; null where that much could not be read."),
    JsonField("correlation_id", JSON_TEXT_OR_NULL, "As in the message: its field correlation_id, else its Kafka header of that name."),
    JsonField("action", {"enum": ["flag", "clear", "start", "stop", None]}, "As in the message; null where it is refused."),
    JsonField("result", {"enum": [str(result) for result in Result]}, "What became of it."),
    JsonField("sentence", JSON_TEXT, "The same in plain words; of a refused one, why."),
    JsonField("cause", JSON_TEXT_OR_NULL, "Why it was refused, in one word, as in dead letters; else null."),
    JsonField("warnings", {"type": "array", "items": JSON_TEXT}, "What is odd about a message that was taken, in sentences: dated in the future, for instance."),
    JsonField(
        "origin",
        {
            "type": ["object", "null"],
            "properties": {"topic": JSON_TEXT, "partition": JSON_COUNT, "offset": JSON_COUNT},
            "required": ["topic", "partition", "offset"],
            "additionalProperties": False,
        },
        "Where the message stood; null where it came by the command line.",
    ),
    JsonField("received", JSON_TIME, "When it was received."),
    JsonField("dated", JSON_TIME_OR_NULL, "The time in the message."),
    JsonField("consignments_matched", JSON_COUNT, "How many consignments of the papers at hand the flag means."),
    JsonField(
        "consignments",
        {
            "type": "array",
            "maxItems": MOST_NAMED,
            "items": {
                "type": "object",
                "properties": {"manifest_id": JSON_TEXT, "consignment_id": JSON_TEXT, "document_number": JSON_TEXT},
                "required": ["manifest_id", "consignment_id", "document_number"],
                "additionalProperties": False,
            },
        },
        f"The first {MOST_NAMED} of them.",
    ),
    JsonField("crafts_matched", JSON_COUNT, "How many craft the papers of these mean, or the order."),
    JsonField("crafts", {"type": "array", "maxItems": MOST_NAMED, "items": JSON_TEXT}, f"The first {MOST_NAMED} of them."),
)  # fmt: skip
