"""Logs are JSON lines; what repeats is counted."""

from __future__ import annotations

import io
import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.memory import ManualClock
from streams.time import US_PER_S
from tests.waiting import PATIENCE_S
from tracker.operations.log import LIBRARY_LINES, REPEAT_S, log_to


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_its_fields() -> None:
    stream = io.StringIO()
    log_to(stream).info("source_lost", source="a\nb", level="not mine")
    (line,) = lines(stream)
    assert (line["event"], line["source"], line["level"]) == ("source_lost", "a\nb", "info")
    assert str(line["time"]).endswith("Z")


def test_a_warning_that_repeats_is_said_once_a_minute_with_its_count() -> None:
    stream, now_us = io.StringIO(), [0]
    clock = ManualClock(0)
    clock.now_us = lambda: now_us[0]  # type: ignore[method-assign]
    log = log_to(stream, clock)
    for _ in range(3413):
        log.warning("store_away", error="full")
    log.warning("source_lost", source="a")
    now_us[0] = REPEAT_S * US_PER_S
    log.warning("store_away", error="full")
    said = lines(stream)
    assert [line["event"] for line in said] == ["store_away", "source_lost", "store_away"]
    assert said[-1]["repeats"] == "said 3,412 times more"


def test_the_kafka_client_is_heard_from_warning_on_even_where_debug_is_asked_for() -> None:
    stream = io.StringIO()
    log_to(stream)
    logging.getLogger("kafka.conn").debug("value=secret")
    logging.getLogger("kafka.conn").info("value=secret")
    logging.getLogger("kafka.conn").warning("broker gone")
    assert [line["message"] for line in lines(stream)] == ["broker gone"]


def test_a_library_does_not_drown_the_program_and_what_was_held_back_is_counted() -> None:
    stream, clock = io.StringIO(), ManualClock(0)
    log = log_to(stream, clock)
    for number in range(1000):
        logging.getLogger("kafka.conn").warning("no connection %d", number)
    logging.getLogger("asyncio").warning("another library")
    log.warning("broker_away", depth=1)
    said = lines(stream)
    assert [line["event"] for line in said].count("library") == LIBRARY_LINES + 1
    assert said[-1]["event"] == "broker_away"
    clock.advance(REPEAT_S * US_PER_S)
    logging.getLogger("kafka.net").warning("still none")
    assert lines(stream)[-1]["repeats"] == "995 lines of kafka were held back"
    logging.getLogger("kafka.net").warning("again")
    assert "repeats" not in lines(stream)[-1]


def test_a_reader_who_stops_reading_holds_up_the_log_and_not_the_program() -> None:
    taken, given = os.pipe()
    with os.fdopen(given, "w") as stream, os.fdopen(taken, "rb") as reader:
        log = log_to(stream)
        done = threading.Event()

        def speak() -> None:
            for number in range(3000):
                log.info("live", number=number, much="x" * 500)
            done.set()

        threading.Thread(target=speak, daemon=True).start()  # it waited for ever: a pipe takes 64 KiB
        assert done.wait(PATIENCE_S)
        os.set_blocking(taken, False)
        heard = b""
        for number in range(3000, 3400):
            heard += reader.read() or b""
            log.info("live", number=number)
        heard += reader.read() or b""
    said = [json.loads(line) for line in heard.splitlines()]
    numbers = [line["number"] for line in said if line["event"] == "live"]
    (lost,) = [line for line in said if line["event"] == "log_lost"]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 3399
    assert len(numbers) + lost["lines"] == 3400


def test_a_reader_who_is_gone_or_a_full_disk_stops_nobody() -> None:
    taken, given = os.pipe()
    os.close(taken)
    with os.fdopen(given, "w") as stream:
        log_to(stream).info("live")
    with Path("/dev/full").open("w") as stream:
        log_to(stream).info("live")


def test_a_line_longer_than_a_pipe_takes_at_once_arrives_whole() -> None:
    taken, given = os.pipe()
    with os.fdopen(given, "w") as stream, os.fdopen(taken, "rb") as reader:
        log_to(stream).info("live", much="y" * 20_000)
        assert json.loads(os.read(reader.fileno(), 1 << 16))["much"] == "y" * 20_000
