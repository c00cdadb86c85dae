"""Settings of the room (``[room]``)."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class RoomConfig:
    """The room: sessions, sign-in, limits of requests. Used by ``tidewaiter room``."""

    session_idle_min: float = threshold(
        60.0,
        "A session that asked for nothing so long asks for the password again; what it shows stays readable.",
        "ours: the response time of an alert (60 min); NIST SP 800-63B 2.2.3 says 1 h for its second level",
        low=1.0,
        high=1440.0,
    )
    session_most_h: float = threshold(
        13.0,
        "A session ends so long after the password was given last, however busy it is.",
        "ours: a night of twelve hours and its hand-over; NIST SP 800-63B 2.2.3 says 24 h at most",
        low=0.1,
        high=24.0,
    )

    def __post_init__(self) -> None:
        check_thresholds(self)
