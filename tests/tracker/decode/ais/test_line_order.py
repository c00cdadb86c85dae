"""Lines of a shuffled log come back in the order of their times, with what belongs to them."""

from __future__ import annotations

import random

import pytest

from tracker.decode.ais.line_order import lines_in_time_order
from tracker.decode.input_times import NOTHING_SAID, InputTimes

FIRST = b"!AIVDM,2,1,4,A,55Ok>V02<:8s7=DJ220<5J1HiV222222222222171hF446p60<SlTRC0CHiC,0*3F"
SECOND = b"!AIVDM,2,2,4,A,p8888888880,2*56"
SHORT = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"
FORMS = {
    "tag block": lambda s, line: b"\\s:r1,c:%d*00\\%s" % (1_700_000_000 + s, line),
    "epoch before": lambda s, line: b"%d.250,%s" % (1_700_000_000 + s, line),
    "epoch behind": lambda s, line: b"%s,r1,%d" % (line, 1_700_000_000 + s),
    "date": lambda s, line: b"2023-11-14 22:%02d:%02d, %s" % (13 + s // 60, s % 60, line),
    "day first": lambda s, line: b"[14/11/2023 22:%02d:%02d] %s" % (13 + s // 60, s % 60, line),
}


@pytest.mark.parametrize("form", FORMS)
def test_lines_come_back_in_the_order_of_their_times(form: str) -> None:
    lines = [FORMS[form](s, line) + b"\n" for s in range(0, 300, 3) for line in (SHORT, FIRST, SECOND)]
    shuffled = list(lines)
    random.Random(3).shuffle(shuffled)
    given = b"".join(lines_in_time_order([b"".join(shuffled)], InputTimes(date_order="dmy")))
    assert given == b"".join(lines_in_time_order([b"".join(lines)], InputTimes(date_order="dmy")))
    expected = [FORMS[form](s, line) + b"\n" for s in range(0, 300, 3) for line in sorted((SHORT, FIRST, SECOND))]
    assert given == b"".join(expected)


def test_a_line_without_a_time_stays_with_the_line_before_it() -> None:
    pairs = [
        b"\\g:1-2-%d,c:%d*00\\%s\n\\g:2-2-%d*00\\%s\n" % (n, 1_700_000_000 + n, FIRST, n, SECOND) for n in range(9)
    ]
    turned = b"".join(pairs[::-1])
    cut = [turned[k : k + 50] for k in range(0, len(turned), 50)]
    assert b"".join(lines_in_time_order(cut, NOTHING_SAID)) == b"".join(pairs)
