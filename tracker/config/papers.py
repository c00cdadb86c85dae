"""Where papers come in while the program runs.

::

    [papers]
    inbox = "/srv/papers"        # files that are whole are taken in and moved to done/ or refused/
"""

from __future__ import annotations

from dataclasses import dataclass

from tracker.schema import check_thresholds, threshold

PAPERS = "papers"
"""Name under which the reader of the topic of papers is shown beside the sources."""


@dataclass(frozen=True, slots=True)
class PapersConfig:
    """Where papers come in while the program runs."""

    inbox: str = threshold(
        "", "Folder whose files are taken in and moved to its done/ or refused/; empty: none.", "choice: none fits every machine"
    )  # fmt: skip
    settle_s: float = threshold(
        5.0, "A file that was not renamed into the folder counts once it has not grown for so long.",
        "ours: a copy over a network that stalls for longer is rare, and what is cut says so", low=0.1, high=3600.0,
    )  # fmt: skip
    look_s: float = threshold(
        0.25, "The folder is looked at this often.", "ours: an eighth of the two seconds in which papers are to take effect", low=0.05, high=3600.0
    )  # fmt: skip
    document_mb: float = threshold(
        200.0, "A larger document is refused unread.", "ours: a million consignments as CSV, packed; what it unpacks to is bounded by [cargo]",
        low=0.001, high=2000.0,
    )  # fmt: skip
    portion: int = threshold(
        1000, "Papers are taken in so many consignments at a time; between two portions reports are judged.",
        "ours: a tenth of a second of the loop", low=1, high=1_000_000,
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_thresholds(self)
