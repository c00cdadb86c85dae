"""Papers between those who bring them and a life: records of the topic on their way to be read, what was read handed over in portions, and who is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol

from streams.kafka_config import InRecord
from streams.source import SourceHealth
from streams.time import US_PER_S, Clock, MonotonicClock
from tracker.errors import StoreError
from tracker.papers.document import Document
from tracker.printable import printable
from tracker.watch.inbox import Inbox
from tracker.watch.life import Life
from tracker.watch.receiving import Bringing, Outcome, Portion, Receiving

_TURN_US: Final = 50_000
"""Papers are taken over for so long in a turn: half of what a turn reads."""
_MOST_NAME_CHARS: Final = 200
UNREADABLE: Final = "unreadable"
TOO_LARGE: Final = "too_large"
PROGRAM_FAULT: Final = "program_fault"


class RecordSource(Protocol):
    """Records of a topic (``streams.kafka_source.KafkaRecords``)."""

    @property
    def health(self) -> SourceHealth:
        """How it does."""
        ...

    def start(self, positions: Mapping[str, str]) -> None:
        """Begin after the positions."""
        ...

    def read(self, timeout_s: float) -> InRecord | None:
        """The next record."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


class Log(Protocol):
    """Where the program says what happens to it."""

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing."""
        ...

    def warning(self, event: str, **fields: object) -> None:
        """Something a person should look at."""
        ...


class ComingPapers:
    """Driven by the loop's thread, through lives.

    Parameters
    ----------
    inbox:
        The folder they come from, too; for who asks how it does.
    make_source:
        Makes the reader of the topic of papers, anew in each life; gives None where there is none.
    clock:
        Says when a document was received.
    """

    def __init__(
        self,
        receiving: Receiving,
        inbox: Inbox | None,
        make_source: Callable[[], RecordSource | None],
        clock: Clock,
        log: Log,
        monotonic: Clock | None = None,
    ) -> None:
        self.receiving, self.inbox = receiving, inbox
        self._make_source, self._clock, self._log = make_source, clock, log
        self._monotonic = monotonic or MonotonicClock()
        self._source: RecordSource | None = None
        self.documents: Counter[tuple[str, str]] = Counter()
        """Documents since the process began, by the way they came and what became of them."""
        self._refused: Counter[str] = Counter(dict.fromkeys((UNREADABLE, PROGRAM_FAULT), 0))
        self.rows_refused = 0
        self.consignments = 0
        """Read in documents; those said before are among them."""
        self.taken_s = 0.0
        """How long the loop took documents over."""

    @property
    def counts(self) -> Counter[str]:
        """Documents since the process began, by what became of them."""
        found: Counter[str] = Counter()
        for (_, state), count in dict(self.documents).items():
            found[state] += count
        return found

    @property
    def refused(self) -> dict[str, int]:
        """Documents refused since the process began, by cause."""
        return {**self._refused, TOO_LARGE: 0 if self.inbox is None else self.inbox.too_large}

    @property
    def health(self) -> SourceHealth | None:
        """How the topic does."""
        return None if self._source is None else self._source.health

    def begin(self, life: Life) -> None:
        """A life goes on from where the topic was read to."""
        self._source = self._make_source()
        if self._source is not None:
            self._source.start(life.commands.paper_positions)

    def end(self, why: str) -> None:
        """The life is over: whatever is not durable is brought again."""
        self.receiving.drop(StoreError(f"the program is {why}; it was not taken"))
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def bring(self) -> bool:
        """A record of the topic on its way to be read, while there is room; whether there was one."""
        if self._source is None or not self.receiving.has_room or (record := self._source.read(0.0)) is None:
            return False
        place = f"{record.topic}/{record.partition}@{record.offset}"
        name = (record.key or b"").decode("utf-8", "replace") or place
        content = record.value or b""
        document = Document(content, f"topic {place}", printable(name[:_MOST_NAME_CHARS]), self._clock.now_us())
        refusal = record.unreadable or (None if content else f"{place} has no value; send the document as the value")
        # what has no life to go to is read again by the next from its place
        self.receiving.put(Bringing(document, lambda _: None, lambda _: None, record, refusal))
        return True

    def take(self, life: Life) -> list[Callable[[], None]]:
        """Hand over what was read, for a part of a turn; whom to tell once it is durable."""
        faults = self.receiving.faults
        life.faults += [("papers", faults.popleft()) for _ in range(len(faults))]
        told: list[Callable[[], None]] = []
        begin_us = self._monotonic.now_us()
        until_us = begin_us + _TURN_US
        while (portion := self.receiving.take()) is not None:
            life.take_portion(portion)
            self.consignments += sum(len(one.consignments) for one in portion.received.manifests)
            if portion.is_last:
                told.append(partial(self._tell, portion, portion.outcome()))
            if self._monotonic.now_us() >= until_us:
                break
        self.taken_s += (self._monotonic.now_us() - begin_us) / US_PER_S
        return told

    def _tell(self, portion: Portion, outcome: Outcome) -> None:
        """A document is durable. Called in the writer's thread."""
        self.receiving.forget(portion.bringing)
        told = outcome.to_json()
        self.documents[outcome.document.source.partition(" ")[0], told["state"]] += 1
        self.rows_refused += told["rows_refused"]
        about = {"name": told["name"], "source": outcome.document.source, "sha256": told["sha256"]}
        if told["refusal"] is None:
            names = ("state", "manifests_changed", "rows_in", "rows_refused", "is_incomplete")
            self._log.info("paper_taken", **about, **{name: told[name] for name in names})
        else:
            self._refused[PROGRAM_FAULT if portion.bringing.is_fault else UNREADABLE] += 1
            self._log.warning("paper_refused", **about, error=told["refusal"])
        portion.bringing.tell(outcome)
