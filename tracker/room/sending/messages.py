"""What is sent, written at the moment of sending by what the subscription is cleared for then: a CloudEvent for a webhook, plain text for a mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row

from streams.time import US_PER_S
from tracker.room.alerts.facts import iso
from tracker.room.alerts.keeping import find_visible
from tracker.room.alerts.showing import row_of
from tracker.room.desk.clocks import ClockSettings
from tracker.room.desk.occasions import CAUSES, Cause
from tracker.room.desk.states import BANDS

MOST_IN_MAIL: Final = 50
"""Alerts told one by one in a mail; further ones are counted."""
_LINE_CHARS: Final = 600


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the outbox with what may be told; ``alert`` is None of a test."""

    message_id: str
    cause: Cause
    at_us: int
    alert: Mapping[str, Any] | None


def message_of(
    connection: Connection, row: Row[Any], compartments: frozenset[str], now_us: int, clocks: ClockSettings
) -> Message | None:
    """The message of a row of the outbox; None where it may no longer be told, or its alert is gone."""
    cause = Cause(row.cause)
    if row.alert_id is None:
        return Message(row.message_id, cause, row.at_us, None)
    kept = find_visible(connection, row.alert_id, compartments)
    if kept is None:
        return None
    return Message(row.message_id, cause, row.at_us, row_of(connection, kept, compartments, now_us, clocks))


def body_of(message: Message, link_base: str) -> bytes:
    """The body of a webhook: a CloudEvent (1.0, JSON)."""
    alert = message.alert
    links = {} if alert is None else {"alert": link_of(alert["alert_id"], link_base)}
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": message.message_id,
            "source": link_base or "tidewaiter/room",
            "type": "tidewaiter.room.test" if alert is None else f"tidewaiter.room.alert.{message.cause}",
            "time": iso(message.at_us),
            **({} if alert is None else {"subject": alert["alert_id"]}),
            "datacontenttype": "application/json",
            "data": {"cause": str(message.cause), "sentence": CAUSES[message.cause], "alert": alert, "links": links},
        }
    )


def link_of(alert_id: str, link_base: str) -> str:
    """Where an alert is found."""
    return f"{link_base.rstrip('/')}/api/v1/alerts/{alert_id}"


def mail_of(
    messages: Sequence[Message], sender: str, to: str, link_base: str, now_us: int, last_until: str | None
) -> EmailMessage:
    """One mail of some messages, the gravest first. Its subject names no craft: heads of mails stand in logs of servers.

    Parameters
    ----------
    last_until:
        Where this is the last mail that the limit lets through: until when no other comes.
    """
    told = sorted(messages, key=lambda one: (-_rank(one), one.at_us))
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = _subject(told)
    mail["Date"] = format_datetime(datetime.fromtimestamp(now_us // US_PER_S, UTC))
    mail["Message-ID"] = f"<{messages[0].message_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    parts = [_told(one, link_base) for one in told[:MOST_IN_MAIL]]
    if len(told) > MOST_IN_MAIL:
        parts.append(f"and {len(told) - MOST_IN_MAIL} more; the list of the room has them all.")
    if last_until is not None:
        parts.append(
            f"This is the last mail to this address until {last_until}: as many as an hour may have were sent. "
            "What comes meanwhile is in the list of the room, and follows then in one mail."
        )
    mail.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
    return mail


def _rank(message: Message) -> int:
    return -1 if message.alert is None else BANDS.index(message.alert["priority_band"])


def _subject(told: Sequence[Message]) -> str:
    alerts = [one for one in told if one.alert is not None]
    if not alerts:
        return "[tidewaiter] test"
    first = alerts[0].alert
    assert first is not None
    if len(alerts) == 1:
        return f"[tidewaiter] {first['priority_band']} alert: {alerts[0].cause}"
    return f"[tidewaiter] {len(alerts)} alerts, the gravest {first['priority_band']}"


def _told(message: Message, link_base: str) -> str:
    alert = message.alert
    if alert is None:
        return "Somebody asked the room for a test. Mails reach this address."
    crafts = " and ".join(_line(str(craft)) for craft in (alert["craft"], alert["other_craft"]) if craft)
    outcome = f" ({_line(alert['outcome'])})" if alert["outcome"] else ""
    return "\n".join(
        (
            f"{message.cause}{outcome}: {alert['priority_band']}, {alert['priority']} points: {_line(alert['kind'])}, {crafts}, {iso(message.at_us)}",
            _line(alert["explanation"]),
            link_of(alert["alert_id"], link_base),
        )
    )


def _line(text: str) -> str:
    """One line of text, whatever it was told as."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= _LINE_CHARS else plain[: _LINE_CHARS - 1] + "…"
