"""Mail: one for what comes within a minute, so many an hour and no more, encrypted, with heads that nothing breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.room.alerts.rooms import Room, alert, consignment
from tests.tracker.room.sending.conftest import state_of, subscribe
from tests.tracker.room.sending.receivers import MailBox
from tracker.config.room import RoomConfig


def mailing(box: MailBox, **more: Any) -> dict[str, Any]:
    return {"mail_server": box.address, "mail_security": "none", "mail_from": "room@port.example", **more}


@pytest.fixture
def mailed(rooms: Callable[..., Room], box: MailBox) -> Iterator[Room]:
    yield rooms(**mailing(box, link_base="https://room.example"))


def text(box: MailBox, number: int = -1) -> str:
    return str(box.mails[number].get_content())


def told(room: Room, *events: Any) -> None:
    room._sequence = max(room._sequence, room.clock() // 1_000)  # rooms of one test share a store
    room.tell(*events)
    room.sender.send_due()


def test_what_comes_within_a_minute_is_one_mail_the_gravest_first(mailed: Room, box: MailBox) -> None:
    made = subscribe(mailed, "duty@port.example", way="mail", least_band="medium")
    assert made["secret"] is None
    told(mailed, alert("a1", priority=30), alert("a2", priority=80), alert("a3", priority=5))
    assert len(box.mails) == 1 and text(box).index("a2") < text(box).index("a1") and "a3" not in text(box)
    mail = box.mails[0]
    assert (mail["From"], mail["To"]) == ("room@port.example", "duty@port.example")
    assert mail["Subject"] == "[tidewaiter] 2 alerts, the gravest critical"
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Message-ID"].endswith("@port.example>")
    assert "https://room.example/api/v1/alerts/a2" in text(box)
    told(mailed, alert("a4"))
    told(mailed, alert("a5"))
    assert len(box.mails) == 1
    mailed.clock.pass_s(60)
    mailed.sender.send_due()
    assert len(box.mails) == 2 and "a4" in text(box) and "a5" in text(box)
    assert box.envelopes[1] == ("room@port.example", ["duty@port.example"], False)


def test_the_heads_of_a_mail_name_no_craft_and_nothing_breaks_them(mailed: Room, box: MailBox) -> None:
    subscribe(mailed, "duty@port.example", way="mail")
    evil = alert("a1", craft="mmsi:219001234\r\nBcc: thief@example.org")
    evil["data"]["explanation"] = "Line one.\r\n.\r\nMAIL FROM:<x@y>\r\n\x1b[31m" + "long " * 500
    told(mailed, evil)
    mail = box.mails[0]
    assert mail["Bcc"] is None and "219001234" not in str(mail.items())
    assert mail["Subject"] == "[tidewaiter] medium alert: raised"
    assert box.envelopes[0][1] == ["duty@port.example"] and len(box.mails) == 1
    assert "\x1b" not in text(box) and len(text(box)) < 1_500


def test_many_alerts_are_counted_beyond_some(mailed: Room, box: MailBox) -> None:
    subscribe(mailed, "duty@port.example", way="mail")
    told(mailed, *(alert(f"a{k:03d}") for k in range(70)))
    assert len(box.mails) == 1 and "and 20 more; the list of the room has them all." in text(box)
    assert text(box).count("/api/v1/alerts/") == 50


def test_so_many_mails_an_hour_to_one_address_and_the_last_says_so(rooms: Callable[..., Room], box: MailBox) -> None:
    room = rooms(**mailing(box, mails_per_h=3))
    made = subscribe(room, "duty@port.example", way="mail", kinds=["gap"])
    subscribe(room, "Duty@port.example", way="mail", kinds=["dark_period"])
    for number in range(8):
        told(room, alert(f"a{number}", kind="gap" if number % 2 else "dark_period"))
        room.clock.pass_s(60)
    assert len(box.mails) == 3
    assert "This is the last mail to this address until 2026-03-01T01:00:00" in text(box)
    assert "last mail" not in text(box, 0) + text(box, 1)
    assert state_of(room, made)["waiting"] > 0
    room.clock.pass_s(3_600)
    room.sender.send_due()
    assert len(box.mails) == 4, "one address, whosever subscription it is"
    room.clock.pass_s(60)
    room.sender.send_due()
    assert len(box.mails) == 5 and "a6" in text(box, 3) + text(box, 4) and "a7" in text(box, 3) + text(box, 4)


def test_hidden_goods_are_in_no_mail(mailed: Room, box: MailBox) -> None:
    for what, value in (("flag", "arms"), ("craft", "mmsi:219009999")):
        mailed.ask("ada", "POST", "/compartments/rules", {"compartment": "arms", "what": what, "value": value})
    subscribe(mailed, "duty@port.example", way="mail")
    told(
        mailed,
        alert("a1", priority=80, consignments=[consignment("H1", "arms")]),
        alert("hidden", craft="mmsi:219009999"),
    )
    assert "1 consignments" not in text(box) and "hidden" not in text(box)
    assert box.mails[0]["Subject"] == "[tidewaiter] high alert: raised", "as grave as what is shown"


def test_it_is_encrypted_and_signs_in(
    rooms: Callable[..., Room], certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    word = tmp_path / "word"
    word.write_text("sea horse\n")
    for security in ("starttls", "tls"):
        box = MailBox(certificate, is_tls=security == "tls", password="sea horse")
        given = {"mail_security": security, "mail_user": "room", "sending_ca": str(certificate[0])}
        room = rooms(**mailing(box, **given, mail_password_file=str(word)))
        made = subscribe(room, "duty@port.example", way="mail")
        told(room, alert(f"a{security}"))
        assert box.envelopes == [("room@port.example", ["duty@port.example"], True)], security
        word.write_text("another\n")
        room.clock.pass_s(60)
        told(room, alert(f"b{security}"))
        assert state_of(room, made)["why"] == "the mail server does not take our name and password"
        word.write_text("sea horse\n")
        assert room.ask("ada", "DELETE", f"/subscriptions/{made['subscription_id']}").status_code == 204
        room.clock.pass_s(60)
        box.close()


def test_a_server_that_offers_no_encryption_or_whose_certificate_does_not_hold_gets_nothing(
    rooms: Callable[..., Room], box: MailBox, certificate: tuple[Path, Path]
) -> None:
    unknown = MailBox(certificate)
    for server, why in ((box, "does not offer"), (unknown, "certificate")):
        room = rooms(**mailing(server, mail_security="starttls"))
        made = subscribe(room, "duty@port.example", way="mail")
        told(room, alert(f"a-{why}"))
        assert why in state_of(room, made)["why"]
        assert server.mails == [] and not any(one.startswith("MAIL") for one in server.said)
        room.ask("ada", "DELETE", f"/subscriptions/{made['subscription_id']}")
        room.clock.pass_s(60)
    unknown.close()


def test_what_a_server_refuses_is_sent_again_under_the_same_id(mailed: Room, box: MailBox) -> None:
    made = subscribe(mailed, "duty@port.example", way="mail", causes=["raised"])
    box.refuses = {"RCPT": "550 219001234 is unknown here"}
    told(mailed, alert("a1"))
    state = state_of(mailed, made)
    assert (state["state"], state["why"], state["waiting"]) == ("failing", "the mail server refuses the address", 1)
    assert "219001234" not in str(mailed.get("ada", f"/subscriptions/{made['subscription_id']}/deliveries"))
    box.refuses = {"DATA": "452 full"}
    mailed.clock.pass_s(5)
    told(mailed, alert("a2"))
    assert state_of(mailed, made)["why"] == "the mail server answered 452"
    box.refuses = {"BYE": "421 what?"}
    mailed.clock.pass_s(30)
    mailed.sender.send_due()
    assert len(box.mails) == 1 and "a1" in text(box) and "a2" in text(box)
    assert state_of(mailed, made)["state"] == "well", "it has the mail, however it says good-bye"


def test_a_server_that_is_away_is_tried_again(rooms: Callable[..., Room]) -> None:
    box = MailBox()
    box.close()
    room = rooms(**mailing(box))
    made = subscribe(room, "duty@port.example", way="mail")
    told(room, alert("a1"))
    assert state_of(room, made)["why"].startswith("the mail server is not reached")


@pytest.mark.parametrize("target", ["duty", "a@b\nBcc: c@d", "a b@c", "ø@port.example", "<a@b>", "a@b,c@d", "@b", "a@"])
def test_what_is_no_address_of_mail_is_refused(mailed: Room, target: str) -> None:
    body = {"name": "x", "way": "mail", "target": target}
    assert mailed.ask("ada", "POST", "/subscriptions", body).status_code == 422


def test_a_room_without_a_mail_server_says_so(room: Room) -> None:
    answer = room.ask("ada", "POST", "/subscriptions", {"name": "x", "way": "mail", "target": "a@b.example"})
    assert answer.status_code == 422 and "mail_server" in answer.json()["detail"]
    made = subscribe(room, "https://example.org/")
    assert room.ask("ada", "POST", f"/subscriptions/{made['subscription_id']}/rotate").status_code == 200


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"mail_server": "mail.example"}, "host:port"),
        ({"mail_server": "mail.example:25"}, "mail_from"),
        ({"mail_server": "mail.example:25", "mail_from": "a@b", "mail_security": "none"}, "in clear"),
        ({"mail_security": "maybe"}, "none of"),
        ({"mail_server": "mail.example:25", "mail_from": "a@b", "mail_user": "x"}, "mail_password_file"),
        ({"webhook_networks": ("10.0.0.0/33",)}, "webhook_networks"),
        ({"link_base": "room.example"}, "link_base"),
    ],
)
def test_settings_that_do_not_go_together_are_told(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        RoomConfig(**given)
