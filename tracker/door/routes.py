"""The routes of the door: one table, from which it answers, lists itself and is documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ANYBODY: Final = ""
"""In place of a scope: whoever has a token."""


@dataclass(frozen=True, slots=True)
class DoorRoute:
    """One route: what it is for, the scope a token needs for it, and the method of :class:`tracker.door.app.Door` that answers."""

    method: str
    path: str
    sentence: str
    handler: str
    scope: str
    """One of ``tracker.door.clients.SCOPES``; with parts of the path in braces put in."""

    def scope_of(self, parts: Mapping[str, str]) -> str:
        """The scope needed, by the parts of the path asked for."""
        return self.scope.format(**parts)


ROUTES: Final = (
    DoorRoute("GET", "/v1/", "What there is: this table.", "list_routes", ANYBODY),
    DoorRoute("POST", "/v1/sql", "One statement that only reads, over the views; the answer as JSON lines, CSV, Arrow or Parquet.", "sql", "read"),
    DoorRoute("GET", "/v1/sql/{number}", "Why the answer to a question was cut off in the middle.", "fate", "read"),
    DoorRoute("GET", "/v1/status", "How the program does: phase, sources, broker, alerts, store, delays, and why it is not ready.", "status", "read"),
    DoorRoute("GET", "/v1/search", "Craft, consignments, containers, parties, papers, places, events and alerts by any identifier or name: ?q=, types=, limit=.", "search", "read"),
    DoorRoute("POST", "/v1/search", "The same, asked with a JSON body, which may say what is to be left out as hidden.", "search", "read"),
    DoorRoute("POST", "/v1/dossier/{kind}", "All that is known of one craft, consignment, container or party by the id of its hit; what is to be left out as hidden.", "dossier", "read"),
    DoorRoute("GET", "/v1/stream/alerts", "Every committed revision of every alert as server-sent events: first what came after ?after=SEQUENCE, then each as it becomes durable.", "stream_alerts", "stream"),
    DoorRoute("GET", "/v1/stream/positions", "The latest positions of craft as an Arrow stream: at first all there are, then once a second those that changed; ?bbox=west,south,east,north.", "stream_positions", "stream"),
    DoorRoute("POST", "/v1/command/{kind}", "A flag or an order, as on their topics; answered once it is durable.", "command", "{kind}s"),
    DoorRoute("POST", "/v1/decisions", "What people decided on alerts, each once by its decision_id; answered once it is durable.", "decisions", "decisions"),
    DoorRoute("POST", "/v1/papers", "A document of papers, its bytes as the body and its name as ?name=; answered once it is durable.", "papers", "papers"),
    DoorRoute("POST", "/v1/reload", "Zones, papers and thresholds are read again from where the program was told to find them; answered once what changed is durable.", "reload", "reload"),
    DoorRoute("POST", "/v1/backup", "A backup of the store and what stands beside it, into a new folder of this machine; answered once it is whole.", "backup", "backup"),
)  # fmt: skip
