"""Flags and orders as taken in: what became of each, whom an order reaches, and what the views show of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.naive.orders import tracked
from tracker.cargo.book import CargoBook
from tracker.cargo.consignment import Consignment, DocumentType, Flag, Location, Party
from tracker.cargo.flagging import CargoIndex, FlagMessage
from tracker.cargo.manifest import Manifest
from tracker.decode.rejects import RejectCause
from tracker.identity import craft_text, mmsi_craft
from tracker.statics import StaticBatch
from tracker.store import append, watch_state
from tracker.store.database import Database
from tracker.topics.answers import Result
from tracker.topics.outgoing import Order, Reject, read_flag
from tracker.voyages.itinerary import Conveyance, Mode
from tracker.watch import control as module
from tracker.watch.control import FLAGS, ORDERS, Control, ImoIndex, Taken

CRAFTS = [mmsi_craft(219001000 + n) for n in range(4)]
SHIPS = [(9074729, CRAFTS[0]), (9074729, CRAFTS[1]), (9074731, CRAFTS[2])]


def flag(**fields: Any) -> bytes:
    message = {"flag_id": "F1", "action": "flag", "flag": "p", "by": "desk", "time": "2026-03-01T00:00:00Z", **fields}
    return json.dumps(message).encode()


def order(**fields: Any) -> bytes:
    message = {
        "order_id": "O1",
        "action": "start",
        "reason": "r",
        "by": "desk",
        "time": "2026-03-01T00:00:00Z",
        **fields,
    }
    return json.dumps(message).encode()


def heard(*pairs: tuple[int, int]) -> StaticBatch:
    imo, craft = [imo for imo, _ in pairs], [craft for _, craft in pairs]
    return StaticBatch.from_columns(len(pairs), time_us=np.arange(len(pairs)), imo=imo, craft=craft)


def result(control: Control, kind: str, content: bytes) -> Result:
    taken = control.take(kind, content)
    assert isinstance(taken, Taken)
    return taken.result


def test_each_message_is_told_what_became_of_it() -> None:
    control, target = Control(), {"consignment": {"document_number": "D1"}}
    assert result(control, FLAGS, flag(action="clear")) is Result.NOTHING_TO_CLEAR
    assert result(control, FLAGS, flag(target=target)) is Result.IN_FORCE
    assert result(control, FLAGS, flag(target=target, correlation_id="x")) is Result.UNCHANGED
    assert result(control, FLAGS, flag(target=target, severity=0.9)) is Result.REPLACED
    assert result(control, FLAGS, flag(action="clear")) is Result.CLEARED
    assert result(control, FLAGS, flag(action="clear")) is Result.NOTHING_TO_CLEAR
    ship = {"craft": {"imo": 9074729}}
    assert result(control, ORDERS, order(**ship, action="stop")) is Result.NOTHING_TO_CLEAR
    assert result(control, ORDERS, order(**ship)) is Result.IN_FORCE
    assert result(control, ORDERS, order(**ship)) is Result.UNCHANGED
    assert result(control, ORDERS, order(**ship, reason="other")) is Result.REPLACED
    assert result(control, ORDERS, order(**ship, action="stop")) is Result.CLEARED
    assert (control.seq, control.counts) == (6, {FLAGS: 6, ORDERS: 5, "rejected": 0})


ORDER = st.builds(
    lambda action, craft, imo, by: order(
        action=action, by=by, order_id="O", reason=f"because of {by}", craft=craft if imo is None else {"imo": imo}
    ),
    st.sampled_from(["start", "start", "stop"]), st.sampled_from([craft_text(craft) for craft in CRAFTS]),
    st.sampled_from([None, 9074729, 9074731, 9999999]), st.sampled_from("ab"),
)  # fmt: skip


@given(st.lists(ORDER | st.sampled_from(SHIPS), max_size=20))
def test_craft_under_order_are_those_found_by_asking_all(story: list[Any]) -> None:
    control, orders, pairs = Control(), [], []
    live = control.tracked
    for step in story:
        if isinstance(step, bytes):
            taken = control.take(ORDERS, step)
            assert isinstance(taken, Taken)
            assert isinstance(taken.message, Order)
            orders.append(taken.message)
        else:
            pairs.append((step[0], craft_text(step[1])))
            control.note(heard(step))
        assert set(live) == set(tracked(orders, pairs))
    for craft, sentence in tracked(orders, pairs).items():
        reached = [o for o in orders if o.craft == craft or (o.imo, craft) in pairs]
        assert live[craft] == sentence or len({o.craft or o.imo for o in reached}) > 1  # heard later, tracked later


def test_an_order_reaches_a_ship_that_gives_its_number_only_later() -> None:
    control = Control()
    control.take(ORDERS, order(craft={"imo": 9074729}))
    assert control.tracked == {}
    assert control.note(heard((0, CRAFTS[3]), (9074731, CRAFTS[2]))) == []
    assert control.note(heard((9074729, CRAFTS[0]), (9074729, CRAFTS[0]))) == [CRAFTS[0]]
    assert control.note(heard((9074729, CRAFTS[0]))) == []
    assert set(control.tracked) == {craft_text(CRAFTS[0])}


def test_a_number_that_thousands_give_costs_no_more_than_one_that_is_given_once() -> None:
    index = ImoIndex()
    crafts = [_Counted(craft) for craft in range(5_000)]
    _Counted.compared = 0
    assert all(index.add(9074729, craft) for craft in crafts)
    assert not any(index.add(9074729, craft) for craft in crafts)
    assert _Counted.compared < 10 * len(crafts)  # with a tuple of them 12,500,000
    assert index.crafts(9074729) == tuple(range(5_000))


def test_of_more_pairs_than_the_most_those_longest_not_given_are_forgotten_and_come_back() -> None:
    index = ImoIndex(most_pairs=4)
    for imo, craft in [(1, 10), (2, 20), (3, 30), (3, 31), (1, 10)]:
        index.add(imo, craft)
    assert index.add(4, 40)
    assert index.crafts(2) == ()
    assert index.crafts(1) == (10,)
    assert index.add(5, 50)
    assert index.crafts(3) == (31,)
    assert index.add(2, 20)


def test_an_order_that_ends_is_off_every_craft_it_reached_also_those_forgotten_since() -> None:
    control = Control()
    control.imo = ImoIndex(1)
    control.take(ORDERS, order(craft={"imo": 9074729}))
    control.note(heard((9074729, CRAFTS[0]), (9074731, CRAFTS[1])))
    assert control.imo.crafts(9074729) == ()
    assert set(control.tracked) == {craft_text(CRAFTS[0])}
    assert result(control, ORDERS, order(action="stop", craft={"imo": 9074729}, order_id="O2")) is Result.CLEARED
    assert control.tracked == {}


class _Counted(int):
    """A number that counts how often it was compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        _Counted.compared += 1
        return int(self) == other

    __hash__ = int.__hash__


def test_more_than_the_most_is_refused_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ORDERS", 1)
    control = Control()
    control.take(ORDERS, order(craft={"imo": 9074729}))
    found = control.take(ORDERS, order(craft={"imo": 9074731}, order_id="O2"))
    assert isinstance(found, Reject)
    assert (found.cause, found.command_id) == (RejectCause.TOO_MANY, "O2")
    assert "stop some first" in found.sentence
    assert result(control, ORDERS, order(craft={"imo": 9074729}, reason="other")) is Result.REPLACED


def stored(*told: tuple[str, bytes]) -> Database:
    """A store that took these in, one a second."""
    store, control, rows = Database(None), Control(), []
    for number, (kind, content) in enumerate(told, 1):
        taken = control.take(kind, content)
        assert isinstance(taken, Taken)
        if taken.changes:
            rows.append(
                watch_state.ControlRow(
                    control.seq, -1, kind, content.decode(), number * 1_000_000, taken.message.time_us, taken.command_key, f"t/0:{number}"
                )
            )  # fmt: skip
    store.write(watch_state.add_control(rows))
    store.commit(wait=True)
    return store


def ask(store: Database, query: str) -> list[tuple[Any, ...]]:
    return store.ask(lambda connection: connection.execute(query).fetchall())


def test_the_views_show_what_is_in_force_and_what_was_with_its_end() -> None:
    first, second = ({"consignment": {"document_number": f"MEDU-{n}"}} for n in (1, 2))
    party = {"party": {"name": "Acme  Shipping"}}
    store = stored(
        (FLAGS, flag(flag_id="A", target=first, reason="x")),
        (FLAGS, flag(flag_id="B", target=second)),
        (FLAGS, flag(flag_id="C", target=party, flag="q")),
        (FLAGS, flag(flag_id="A", target=first, severity=0.9)),
        (FLAGS, flag(flag_id="B", action="clear", by="chief", reason="seen")),
        (FLAGS, flag(flag_id="D", action="clear", target={"party": {"name": "ACME SHIPPING"}}, flag="q")),
        (FLAGS, flag(flag_id="E", target=party, flag="q")),
        (ORDERS, order(craft={"imo": 9074729})),
        (ORDERS, order(craft="mmsi:219001000", order_id="O2")),
        (ORDERS, order(craft="mmsi:219001000", order_id="O3", action="stop", by="chief")),
    )
    found = ask(
        store,
        "SELECT flag_id, severity, is_in_force, ended_by, ended_by_whom, epoch(until_time)::INT, epoch(received_time)::INT, origin, consignments FROM flags ORDER BY received_time",
    )
    assert found == [
        ("A", 0.5, 0, "replaced", "desk", 4, 1, "t/0:1", 0),
        ("B", 0.5, 0, "cleared", "chief", 5, 2, "t/0:2", 0),
        ("C", 0.5, 0, "lifted", "desk", 6, 3, "t/0:3", 0),
        ("A", 0.9, 1, None, None, None, 4, "t/0:4", 0),
        ("E", 0.5, 1, None, None, None, 7, "t/0:7", 0),
    ]
    found = ask(
        store,
        "SELECT order_id, craft, imo, is_in_force, ended_by, ended_by_whom, crafts, matches::VARCHAR FROM orders ORDER BY order_id",
    )
    assert found == [
        ("O1", None, 9074729, 1, None, None, 0, None),
        ("O2", "mmsi:219001000", None, 0, "stopped", "chief", 1, '["mmsi:219001000"]'),
    ]
    again = Control()
    again.restore(store.ask(watch_state.read_control))
    assert [message.flag_id for message in again.flags.messages] == ["C", "A", "D", "E"]
    assert store.ask(watch_state.last_control_seq) == 10
    store.close()


def test_what_a_flag_matches_in_sql_is_what_the_index_of_papers_finds_and_papers_have_their_own_flags() -> None:
    port = Location("NLRTM", "Rotterdam", 51.9, 4.1)
    goods = (
        Consignment("c1", DocumentType.BILL_OF_LADING, "MEDU-1 2", port, port, consignor=Party("Acme  Shipping"), flags=(Flag("own", 0.3),)),
        Consignment("c2", DocumentType.BILL_OF_LADING, "MEDU13", port, port, consignee=Party("Acme Shipping", id="DE 1")),
        Consignment("c3", DocumentType.BILL_OF_LADING, "MEDU14", port, port, notify=Party("Beta", id="de-1"), flags=(Flag("own", 0.4),)),
    )  # fmt: skip
    book = CargoBook((Manifest("m1", 1, Conveyance(Mode.SEA, imo=9074729), None, goods),))
    targets: list[dict[str, dict[str, str]]] = [
        {"consignment": {"document_number": "medu12"}},
        {"consignment": {"consignment_id": "c2"}},
        {"consignment": {"consignment_id": "c2", "manifest_id": "m2"}},
        {"consignment": {"document_number": "MEDU14", "consignment_id": "c1"}},
        {"party": {"name": "ACME SHIPPING"}},
        {"party": {"name": "Acme Shipping", "id": "DE2"}},
        {"party": {"id": "DE1"}},
    ]
    told = [(FLAGS, flag(flag_id=f"F{number}", target=target)) for number, target in enumerate(targets)]
    store = stored(*told, (FLAGS, flag(flag_id="C", action="clear", target={"party": {"id": "DE1"}}, flag="own")))
    for name, table in book.tables().items():
        store.write(append.replace_table(name, table))
    store.commit(wait=True)
    index = CargoIndex(book.latest)
    found = dict(ask(store, "SELECT flag_id, (consignments, matches::VARCHAR) FROM flags WHERE target <> 'papers'"))
    for number, (_, content) in enumerate(told):
        message = read_flag(content)
        assert isinstance(message, FlagMessage)
        assert message.target is not None
        meant = index.meant_by(message.target)
        count, matches = found[f"F{number}"]
        assert count == len(meant), targets[number]
        names = [(item["manifest_id"], item["consignment_id"]) for item in json.loads(matches or "[]")]
        assert names == sorted((manifest, item.consignment_id) for manifest, item in meant)
    own = ask(
        store,
        "SELECT consignment_id, flag, severity, is_in_force, ended_by, origin FROM flags WHERE target = 'papers' ORDER BY 1",
    )
    assert own == [("c1", "own", 0.3, 1, None, "papers"), ("c3", "own", 0.4, 0, "lifted", "papers")]
    store.close()
