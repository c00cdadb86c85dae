"""Which flags a consignment bears after a run of messages from the risk engine. Pure: no topic, no clock.

``FlagBook`` says which flags a consignment has after a run of messages. A flag is known by its ``flag_id``::

    (none) --flag--> flagged --flag again--> the newer one in its place --clear--> (none)

A ``clear`` may also name a target: then it lifts the flags of that target which came before it, those on the papers as well; all of them, or
those of one name where ``flag`` is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from tracker.cargo.codes import compact
from tracker.cargo.consignment import Consignment, Flag, Party


@dataclass(frozen=True, slots=True)
class ConsignmentTarget:
    """Consignments by their papers; every field that is given must agree. At least one of the first two is."""

    document_number: str | None = None
    consignment_id: str | None = None
    manifest_id: str | None = None

    def fits(self, manifest_id: str, consignment: Consignment) -> bool:
        """Whether this consignment is meant. Document numbers agree without regard to spaces, hyphens and case."""
        number = self.document_number
        return (
            (number is None or compact(number) == compact(consignment.document_number))
            and self.consignment_id in (None, consignment.consignment_id)
            and self.manifest_id in (None, manifest_id)
        )


@dataclass(frozen=True, slots=True, repr=False)
class PartyTarget:
    """Every consignment on which a party is consignor, consignee or to be notified. Its repr tells nothing, for it may reach a log."""

    name: str | None = None
    id: str | None = None

    def fits(self, manifest_id: str, consignment: Consignment) -> bool:
        """Whether the party is on its papers: by number where both have one, else by the whole name without regard to case."""
        del manifest_id
        parties = (consignment.consignor, consignment.consignee, consignment.notify)
        return any(self._is(party) for party in parties if party is not None)

    def _is(self, party: Party) -> bool:
        if self.id is not None and party.id is not None:
            return compact(self.id) == compact(party.id)
        return self.name is not None and _folded(self.name) == _folded(party.name)

    def __repr__(self) -> str:
        return "PartyTarget(...)"


@dataclass(frozen=True, slots=True)
class FlagMessage:
    """One message of the topic of flags. ``target`` and ``flag`` may be None in a ``clear``."""

    flag_id: str
    action: Literal["flag", "clear"]
    target: ConsignmentTarget | PartyTarget | None
    flag: str | None
    severity: float
    reason: str | None
    by: str
    time_us: int

    def as_flag(self) -> Flag:
        """The flag as a consignment bears it."""
        return Flag(self.flag or "", self.severity, self.reason, self.by, self.time_us)


class FlagBook:
    """The flags in force, as the messages left them: a function of the messages and their order.

    It grows with the flags in force and the clears of targets, not with the messages seen.
    """

    def __init__(self, messages: Iterable[FlagMessage] = ()) -> None:
        self._messages: dict[str, FlagMessage] = {}
        for message in messages:
            self.apply(message)

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def messages(self) -> tuple[FlagMessage, ...]:
        """Those still in force, in order: all that need be kept to make the same book again."""
        return tuple(self._messages.values())

    def apply(self, message: FlagMessage) -> bool:
        """Take in the next message; False when it changes nothing (the same one again)."""
        before = self._messages.get(message.flag_id)
        if before == message or (before is None and message.action == "clear" and message.target is None):
            return False
        self._messages.pop(message.flag_id, None)
        if message.action == "flag" or message.target is not None:
            self._messages[message.flag_id] = message
        return True

    def flags_of(self, manifest_id: str, consignment: Consignment) -> tuple[Flag, ...]:
        """The flags of a consignment: those on its papers, then those of the messages, less what was lifted."""
        flags = list(consignment.flags)
        for message in self._messages.values():
            if message.target is None or not message.target.fits(manifest_id, consignment):
                continue
            if message.action == "flag":
                flags.append(message.as_flag())
            else:
                flags = [flag for flag in flags if message.flag is not None and flag.flag != message.flag]
        return tuple(flags)

    def flagged(self, manifest_id: str, consignment: Consignment) -> Consignment:
        """The consignment with the flags it has now."""
        flags = self.flags_of(manifest_id, consignment)
        return consignment if flags == consignment.flags else replace(consignment, flags=flags)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
