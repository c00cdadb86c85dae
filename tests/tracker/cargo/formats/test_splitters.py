"""EDIFACT and X12 to segments: separators, charsets, damage, totals."""

from __future__ import annotations

import pytest

from tracker.cargo.formats import edifact, x12

MESSAGE = b"UNH+1+COARRI:D:95B:UN'BGM+46+X+9'EQD+CN+MSKU1234565'CNT+16:1'UNT+5+1'"
WHOLE = b"UNB+UNOC:3+A+B+260415:1200+1'" + MESSAGE + b"UNZ+1+1'"
ISA = b"ISA*00*          *00*          *ZZ*SOURCE         *ZZ*TARGET         *220524*1120*U*00401*000000001*0*P*>~"
SET = (
    b"GS*QO*S*T*20220524*1600*1*X*004010~ST*315*0001~B4***AE*20260415*0807**MSKU*123456*L**NLRTM*UN*5~SE*3*0001~GE*1*1~"
)


def test_five_signs_of_una_and_released_ones() -> None:
    text = b"UNA:+,? 'UNB+UNOC:3'FTX+AAA+++a?+b??:c?:d+e'"
    segment = list(edifact.split(text))[1]
    assert segment.elements == (("AAA",), ("",), ("",), ("a+b?", "c:d"), ("e",))
    other = b"UNA;*.! ~UNB*UNOC;3~FTX*a!*b;c~"
    assert list(edifact.split(other))[1].elements == (("a*b", "c"),)
    assert [one.offset for one in edifact.split(other)] == [9, 20]


def test_letters_are_those_unb_names() -> None:
    for charset, encoding in (("UNOC", "latin-1"), ("UNOE", "iso8859-5"), ("UNOY", "utf-8"), ("UNOA", "cp1252")):
        name = "Ж" if charset == "UNOE" else "é"
        text = f"UNB+{charset}:3'NAD+CN+++{name}'".encode(encoding)
        assert list(edifact.split(text))[1].get(4) == name
    (message,) = edifact.messages(WHOLE.decode().encode("utf-16"))
    assert message.kind == "COARRI"


@pytest.mark.parametrize("ends", [b"'\r\n", b"'\n", b"'  ", b"\n"])
def test_line_ends_are_nothing_or_the_terminator(ends: bytes) -> None:
    (message,) = edifact.messages(WHOLE.replace(b"'", ends))
    assert [one.tag for one in message.segments] == ["BGM", "EQD", "CNT"]
    assert message.faults == []


def faults(content: bytes) -> list[str]:
    return [fault.what for message in edifact.messages(content) for fault in message.faults]


def test_totals_that_do_not_agree_are_told() -> None:
    assert faults(WHOLE) == []
    assert faults(WHOLE.replace(b"UNT+5", b"UNT+9")) == ["UNT counts 9 segments, 5 are here"]
    assert faults(WHOLE.replace(b"16:1", b"16:3")) == ["CNT counts 3 of EQD, 1 are here"]
    assert faults(WHOLE.replace(b"UNZ+1", b"UNZ+2")) == ["UNZ counts 2 messages, 1 are here"]
    assert faults(WHOLE.replace(b"UNT+5+1'", b"")) == ["message 1 has no UNT, so it may be cut"]
    assert faults(WHOLE[: -len(b"UNZ+1+1'")]) == ["UNZ is missing, so the file may be cut"]


def test_a_broken_message_spoils_no_other() -> None:
    second = MESSAGE.replace(b"UNH+1", b"UNH+2").replace(b"UNT+5+1", b"UNT+5+2")
    broken = MESSAGE[: MESSAGE.index(b"CNT")]
    found = list(edifact.messages(b"UNB+UNOA:1+A+B'" + broken + second + b"UNZ+2+1'"))
    assert [(m.kind, m.reference, bool(m.faults)) for m in found] == [("COARRI", "1", True), ("COARRI", "2", False)]
    long = b"UNB+UNOA:1+A+B'" + MESSAGE[:40] + b"x" * 200_000 + second + b"UNZ+2+1'"
    assert [(m.kind, m.reference) for m in edifact.messages(long) if m.kind] == [("COARRI", "1"), ("COARRI", "2")]


@pytest.mark.parametrize("module", [edifact, x12])
def test_any_cut_is_told_and_nothing_is_invented(module: object) -> None:
    content = WHOLE if module is edifact else ISA + SET + b"IEA*1*000000001~"
    whole = [one for message in module.messages(content) for one in message.segments]  # type: ignore[attr-defined]
    for end in range(len(content) - 1):
        found = list(module.messages(content[:end]))  # type: ignore[attr-defined]
        segments = [one for message in found for one in message.segments]
        assert segments == whole[: len(segments)]
        if found and end > 120:
            assert any(fault.is_incomplete for message in found for fault in message.faults), end


def test_x12_signs_stand_in_its_header() -> None:
    (message,) = x12.messages(ISA + SET + b"IEA*1*000000001~")
    assert (message.kind, message.version, message.faults) == ("315", "004010", [])
    assert message.segments[0].get(11) == "NLRTM"
    other = (ISA + SET + b"IEA*1*000000001~").replace(b"*", b"|").replace(b"~", b"\n")
    (message,) = x12.messages(other)
    assert message.segments[0].get(11) == "NLRTM"
    found = list(x12.messages(ISA + SET.replace(b"SE*3", b"SE*8") + b"IEA*1*000000001~"))
    assert [fault.what for fault in found[0].faults] == ["SE counts 8 segments, 3 are here"]
