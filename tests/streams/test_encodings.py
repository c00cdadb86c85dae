"""Text of other encodings becomes UTF-8; bytes of none pass as they are."""

from __future__ import annotations

import codecs

import pytest

from streams.encodings import as_utf8, encoding_of

TEXT = "mmsi,time,name\r\n219000001,2026-03-01T00:00:00Z,Ærø Ferry é\r\n" * 40


def read(data: bytes, step: int, *, by_line: bool = True) -> bytes:
    blocks = (data[at : at + step] for at in range(0, len(data), step))
    return b"".join(as_utf8(blocks, encoding_of(data), by_line=by_line))


@pytest.mark.parametrize("step", [1, 3, 100, 1 << 20])
@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
        TEXT.encode("cp1252"),
        TEXT.encode("latin-1"),
    ],
)
def test_every_encoding_gives_the_same_text_for_any_cut(data: bytes, step: int) -> None:
    assert read(data, step).decode() == TEXT


def test_a_line_that_is_no_utf_8_is_windows_1252_and_the_others_stay() -> None:
    data = "Ærø\n".encode() + "Ærø €\n".encode("cp1252") + "Ærø\n".encode()
    assert read(data, 5).decode() == "Ærø\nÆrø €\nÆrø\n"


def test_bytes_that_are_summed_pass_as_they_are() -> None:
    data = b"\\s:M\xe9t\xe9o,c:1*00\\!AIVDM,1,1,,A,x,0*00\n"
    assert read(data, 7, by_line=False) == data


@pytest.mark.parametrize(
    "data", [b"", b"a", bytes(100), b"\x1a3" + bytes(200), b"!AIVDM,1,1,,A,13u@Dt002s000000,0*00\n"]
)
def test_what_is_not_wide_text_is_not_taken_for_it(data: bytes) -> None:
    assert encoding_of(data) == "utf-8"


def test_half_a_pair_at_the_end_is_no_error() -> None:
    data = codecs.BOM_UTF16_LE + "name\n".encode("utf-16-le") + b"\x00\xd8"
    assert read(data, 4).decode() == "name\n\ufffd"
