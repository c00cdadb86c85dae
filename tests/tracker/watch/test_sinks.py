"""Several sinks as one, and a sink that is not there at the start."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from streams.errors import RecordRefusedError, SinkAwayError
from streams.kafka_config import OutRecord
from streams.line_file import append_lines
from tests.waiting import eventually
from tracker.store import watch_state
from tracker.store.database import Database
from tracker.watch.outbox import Outbox
from tracker.watch.sinks import Both

RECORDS = [OutRecord("t", b"k", b"%d" % number) for number in range(6)]


class Kept:
    """Keeps what it is given, unless it is away or refuses it."""

    def __init__(self, *, is_away: bool = False, refuses: bytes = b"") -> None:
        self.has: list[bytes | None] = []
        self.is_away, self.refuses = is_away, refuses
        self.prepared = 0

    def prepare(self) -> None:
        self.prepared += 1
        if self.is_away:
            raise SinkAwayError("nobody is there")

    def send(self, records: Sequence[OutRecord]) -> None:
        if self.is_away:
            raise SinkAwayError("away")
        self.has += [record.value for record in records if record.value != self.refuses]
        refused = tuple((number, "no") for number, record in enumerate(records) if record.value == self.refuses)
        if refused:
            raise RecordRefusedError(refused)

    def close(self) -> None:
        """Nothing to let go."""


def test_what_one_sink_has_it_is_not_given_again_while_another_is_away() -> None:
    file, broker = Kept(), Kept(is_away=True)
    both = Both([file, broker])
    for count in (2, 2, 4):  # more has come meanwhile
        with pytest.raises(SinkAwayError):
            both.send(RECORDS[:count])
    assert file.has == [b"0", b"1", b"2", b"3"]
    broker.is_away = False
    both.send(RECORDS[:5])
    both.send(RECORDS[5:])
    assert file.has == broker.has == [b"%d" % number for number in range(6)]


def test_what_is_refused_is_told_by_its_number_among_all() -> None:
    file, broker = Kept(), Kept(is_away=True, refuses=b"3")
    both = Both([broker, file])
    with pytest.raises(SinkAwayError):
        both.send(RECORDS)
    broker.is_away = False
    with pytest.raises(RecordRefusedError) as refused:
        both.send(RECORDS)
    assert refused.value.refused == ((3, "no"),)
    assert file.has == [b"%d" % number for number in range(6)]


def test_a_sink_that_was_never_there_is_known_before_there_is_anything_to_send(tmp_path: Path) -> None:
    store, sink = Database(tmp_path / "store.duckdb"), Kept(is_away=True)
    outbox = Outbox(store, sink, lambda record, why: None)
    eventually(lambda: outbox.status.is_away)
    assert "nobody is there" in outbox.status.last_error
    assert not outbox.status.is_prepared
    sink.is_away = False
    store.write(watch_state.queue([(1, "", 0, RECORDS[0])]))
    store.commit(wait=True)
    outbox.wake()
    eventually(lambda: sink.has == [b"0"])
    assert not outbox.status.is_away
    prepared = sink.prepared
    outbox.wake()
    eventually(lambda: outbox.is_all_sent)
    assert sink.prepared == prepared
    outbox.close()
    store.close()


@pytest.mark.parametrize("how", ["renamed", "copied and cut", "removed"])
def test_a_file_of_alerts_may_be_rotated_while_the_program_runs(tmp_path: Path, how: str) -> None:
    """logrotate 286, 363: no line is torn, none goes to the old file, and no hole stands before the first of the new one."""
    path = tmp_path / "alerts.jsonl"
    begin = b'{"specversion":"'
    append_lines(path, begin + b'1.0","id":"1"}\n', begin)
    if how == "renamed":
        path.rename(tmp_path / "alerts.jsonl.1")
    elif how == "copied and cut":
        os.truncate(path, 0)
    else:
        path.unlink()
    assert append_lines(path, begin + b'1.0","id":"2"}\n', begin) == ""
    assert path.read_bytes() == begin + b'1.0","id":"2"}\n'
