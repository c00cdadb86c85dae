"""Decisions into the table ``verdicts``: each once, whatever is sent again.

A decision on an alert that the store does not have is taken and marked (``is_known``): a room may be ahead of an engine that was restored from a
backup, and what a person decided is not lost for that. One whose id is there with another content is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import duckdb

from tracker.topics.decisions import Decision

TAKEN: Final = "taken"
REPEATED: Final = "repeated"
CONFLICT: Final = "conflict"


class TakingDecisions:
    """A write (``Database.write``) of some decisions; ``answers`` is filled by it, and valid with the commit after it.

    It may be called again, in a transaction begun anew, and then answers anew.
    """

    def __init__(self, decisions: Sequence[Decision], received_us: int, told_by: str) -> None:
        self._decisions, self._received_us, self._told_by = decisions, received_us, told_by
        self.answers: list[dict[str, Any]] = []

    def __call__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Part of the transaction that is open."""
        self.answers.clear()
        ids = [one.decision_id for one in self._decisions]
        known = {
            str(decision_id): (str(digest), bool(is_known))
            for decision_id, digest, is_known in connection.execute(
                "SELECT decision_id, digest, is_known FROM verdicts WHERE decision_id IN (SELECT unnest(?))", [ids]
            ).fetchall()
        }
        alerts = {
            (str(alert_id), int(revision))
            for alert_id, revision in connection.execute(
                "SELECT alert_id, revision FROM alert_revisions WHERE alert_id IN (SELECT unnest(?))",
                [[one.alert_id for one in self._decisions]],
            ).fetchall()
        }
        for one in self._decisions:
            found = known.get(one.decision_id)
            is_known = found[1] if found is not None else (one.alert_id, one.revision) in alerts
            result = TAKEN if found is None else REPEATED if found[0] == one.digest else CONFLICT
            self.answers.append({"decision_id": one.decision_id, "result": result, "is_known": is_known})
            if found is None:
                known[one.decision_id] = one.digest, is_known
                self._insert(connection, one, is_known)

    def _insert(self, connection: duckdb.DuckDBPyConnection, one: Decision, is_known: bool) -> None:
        connection.execute(
            """INSERT INTO verdicts (alert_id, revision, verdict, judged_by, judged_time, note, decision_id, outcome_fields, received_time, told_by, is_known, digest)
               VALUES (?, ?, ?, ?, make_timestamptz(?), ?, ?, ?, make_timestamptz(?), ?, ?, ?)""",
            [one.alert_id, one.revision, one.verdict, one.judged_by, one.judged_us, one.note, one.decision_id,
             one.outcome_fields, self._received_us, self._told_by, int(is_known), one.digest],
        )  # fmt: skip
