"""Flags in force found by asking every message of every consignment: the slow twin of ``tracker.cargo.flagging.FlagBook``."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.cargo.consignment import Consignment, Flag
from tracker.cargo.flagging import FlagMessage


class NaiveFlagBook:
    """As :class:`tracker.cargo.flagging.FlagBook`; each question costs as much as there are flags."""

    def __init__(self, messages: Iterable[FlagMessage] = ()) -> None:
        self._messages: dict[str, FlagMessage] = {}
        for message in messages:
            self.apply(message)

    def apply(self, message: FlagMessage) -> bool:
        """Take in the next message; False when it changes nothing."""
        before = self._messages.get(message.flag_id)
        if before == message or (before is None and message.action == "clear" and message.target is None):
            return False
        self._messages.pop(message.flag_id, None)
        if message.action == "flag" or message.target is not None:
            self._messages[message.flag_id] = message
        return True

    def flags_of(self, manifest_id: str, consignment: Consignment) -> tuple[Flag, ...]:
        """The flags of a consignment."""
        flags = list(consignment.flags)
        for message in self._messages.values():
            if message.target is None or not message.target.fits(manifest_id, consignment):
                continue
            if message.action == "flag":
                flags.append(message.as_flag())
            else:
                flags = [flag for flag in flags if message.flag is not None and flag.flag != message.flag]
        return tuple(flags)
