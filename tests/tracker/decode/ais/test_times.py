"""The time of a sentence: every way to write it is read or refused, and without one it comes from the bus or from nobody."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.frontier import FrontierConfig
from tests.naive import ais_bits
from tests.tracker.decode.written_times import AMBIGUOUS, NOTHING, ORDERED, WRITTEN, ZONED
from tracker.decode.ais import AisDecoder
from tracker.decode.base import Decoded
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.rejects import RejectCause
from tracker.inputs import open_input
from tracker.positions import PositionBatch

SENTENCE = "!AIVDM,1,1,,B,33I>hf0PA706QD:L7NC5lT;`011Q,0*22"
OTHER = "!AIVDM,1,1,,A,23K8qh0000P6l1<L5q8HIT460<04,0*25"
T_S = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
T_US = T_S * 1_000_000
WEEK_S = 7 * 86_400
DMY, MDY = InputTimes(date_order="dmy"), InputTimes(date_order="mdy")
PARIS = InputTimes(zone="Europe/Paris")


def run(
    text: str, received_us: int | None = None, times: InputTimes = NOTHING_SAID
) -> tuple[list[int], dict[RejectCause, int], AisDecoder]:
    """Times of all rows in us, rejects, and the decoder."""
    decoder = AisDecoder(7, times=times)
    parts: list[Decoded] = [decoder.decode(text.encode(), received_us), decoder.flush()]
    assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total
    rows = PositionBatch.concat(part.positions for part in parts)
    return rows.time_us.tolist(), dict(decoder.counts.rejects.counts), decoder


def after_s(text: str, times: InputTimes = NOTHING_SAID) -> list[float]:
    """Times of all rows in s after noon of 2026-03-01; no reject but sentences that are none."""
    rows, rejects, _ = run(text, times=times)
    assert set(rejects) <= {RejectCause.UNKNOWN_SENTENCE}, rejects
    return [(row - T_US) / 1e6 for row in rows]


def instant_us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


def nmea(body: str) -> str:
    return f"${body}*{ais_bits.checksum(body)}"


def rmc(after: float = 0, talker: str = "GP", status: str = "A", mode: str = "A", day: str = "") -> str:
    moment = datetime.fromtimestamp(T_S + after, UTC)
    day = day or f"{moment:%d%m%y}"
    return nmea(f"{talker}RMC,{moment:%H%M%S}.00,{status},5013.4693,N,00346.6503,W,4.0,183.2,{day},,,{mode}")


def zda(after: float = 0, talker: str = "GP") -> str:
    return nmea(f"{talker}ZDA,{datetime.fromtimestamp(T_S + after, UTC):%H%M%S.00,%d,%m,%Y},00,00")


def base(after: float = 0, mmsi: int = 2_190_000, kind: int = 4) -> str:
    t = datetime.fromtimestamp(T_S + after, UTC)
    bits = f"{kind:06b}00{mmsi:030b}{t.year:014b}{t.month:04b}{t.day:05b}{t.hour:05b}{t.minute:06b}{t.second:06b}"
    return ais_bits.sentences(bits + "0" * 90)[0]


BEFORE = {
    "[2026-03-01 12:00:00] ": 0,
    "2026-03-01 12:00,": 0,
    "2026-03-01 12:00:00,250 ": 0.25,
    "2026-03-01T12:00:00.123456789Z ": 0.123456,
    "2026-03-01 12:00:00+00 ": 0,
    "2026-03-01 14:00:00+02 ": 0,
    "2026-03-01 12:00:00 +0000 UTC ": 0,
    "2026-03-01 06:30:00 -05:30 ": 0,
    "2026-03-01 12:00:00 UTC ": 0,
    "2026-03-01 13:00:00 CET ": 0,
    "2026-03-01 14:00:00 CEST: ": 0,
    "2026-03-01 01:00:00 PM ": 3600,
    "2026-03-01 12:00:00 am ": -43_200,
    "2026.03.01 12:00:00 ": 0,
    "2026-3-1 12:00:00 ": 0,
    "2026/03/01 12:00:00.5\t": 0.5,
    "2026-03-01,12:00:00,": 0,
    "2026-03-01;12:00:00;": 0,
    "2026-03-01-12:00:00.363;A;": 0.363,
    "2026:060:12:00:00.5 ": 0.5,
    "2026-060T12:00:00Z ": 0,
    "20260301120000 ": 0,
    "20260301120000,": 0,
    "20260301120000.5 ": 0.5,
    "20260301T120000Z ": 0,
    "20260301-120000 ": 0,
    "20260301 120000 ": 0,
    "20260301 12:00:00 ": 0,
    "20260301120000123 ": 0.123,
    "202603011200 ": 0,
    "01.03.2026 12:00:00 ": 0,
    "1.3.2026 12:00 ": 0,
    "13/03/2026 12:00:00,": 12 * 86_400,
    "3/13/2026 12:00:00 PM ": 12 * 86_400,
    "03-13-2026 12:00:00 ": 12 * 86_400,
    "03/03/2026 12:00:00 ": 2 * 86_400,
    "12:00:00 13/03/2026 ": 12 * 86_400,
    "12:00:00,2026-03-01,": 0,
    "Sun Mar  1 12:00:00 2026: ": 0,
    "Sun Mar  1 12:00:00.250000 2026: ": 0.25,
    "Sun Mar  1 12:00:00 UTC 2026 ": 0,
    "Sun Mar  1 13:00:00 CET 2026 ": 0,
    "Sun, 01 Mar 2026 12:00:00 +0000 ": 0,
    "Mar 1, 2026 12:00:00 PM ": 0,
    "March 1 2026 12:00:00 ": 0,
    "[01/Mar/2026:12:00:00 +0000] ": 0,
    "01-MAR-2026 12:00:00 ": 0,
    f"{T_S} ": 0,
    f"{T_S}363;A;": 0.363,
    f"{T_S}123456 ": 0.123456,
    f"{T_S}123456789 ": 0.123456,
    f"[{T_S}] ": 0,
    f"({T_S}.250000) vcan0 ": 0.25,
    f"udp:10110 {T_S} ": 0,
    f"192.168.1.5:10110 {T_S} ": 0,
    "gps\t2026-03-01T12:00:00Z\t": 0,
    f"2026-03-01T12:00:00,{T_S + 9}.123456789,": 0,
    f"[INFO] [{T_S}.647267085] [raw_ais_parser]: ": 0.647267,
    f"{T_S}151;N;": 0.151,
    "2026-03-01T12:00:00.000000Z\tkystverket\t": 0,
    "NAV 2026/03/01 12:00:00.561 GPS ": 0.561,
    "2026-03-01T12:00:00.000Z,NMEA0183,AIVDM,udp:10110,\"": 0,
    "2026-03-01T12:00:00.000Z,AIS,\"UDP port:6039\",\"": 0,
    "Mar  1 12:00:00 gw rtl_ais: 2026-03-01 11:59:58 ": -2,
    "<13>1 2026-03-01T12:00:00Z gw ais - - - ": 0,
    "ais-20260228.log:2026-03-01 12:00:00 ": 0,
}  # fmt: skip


@pytest.mark.parametrize("prefix", BEFORE)
def test_a_time_before_the_sentence_is_read(prefix: str) -> None:
    assert after_s(f"{prefix}{SENTENCE}\n") == [BEFORE[prefix]]
    assert after_s(f"  {prefix}!{SENTENCE[1:]}'\r\n") == [BEFORE[prefix]]


BEHIND = {
    " 2026-03-01 12:00:00": 0,
    ",2026-03-01 12:00:00": 0,
    ";2026-03-01T12:00:00Z": 0,
    "\t20260301120000": 0,
    f" {T_S}": 0,
    f",{T_S}363": 0.363,
    f",s22222,T00.84154404,{T_S}": 0,
    ' ( MSG: 1, REPEAT: 0, MMSI: 232001234, signalpower: -31.2, ppm: 0.2, timestamp: 20260301120000)': 0,
    f",{T_S},{T_S + 60}": 0,
    "    2026/3/1 12:00:19": 19,
    f",d-089,S0392,t204010.00,T10.45701635,r003669945,{T_S},cornell,{T_S}.9": 0,
    f",rnhjel,{T_S}.5": 0.5,
    ' # heard 2026-03-01 12:00:00': 0,
}  # fmt: skip


@pytest.mark.parametrize("text", BEHIND)
def test_a_time_behind_the_sentence_is_read(text: str) -> None:
    assert after_s(f"{SENTENCE}{text}\n") == [BEHIND[text]]


@pytest.mark.parametrize(
    ("prefix", "cause"),
    [
        (f"-{T_S} ", RejectCause.BAD_TIME),
        ("2026-02-30 12:00:00 ", RejectCause.BAD_TIME),
        ("[2026-13-01 12:00:00] ", RejectCause.BAD_TIME),
        ("2026-03-01 25:00:00 ", RejectCause.BAD_TIME),
        ("2026-03-01 12:00:60 ", RejectCause.BAD_TIME),
        ("2026-03-01 13:00:00 PM ", RejectCause.BAD_TIME),
        ("2026-03-01 ", RejectCause.BAD_TIME),
        ("20261301120000 ", RejectCause.BAD_TIME),
        ("1886-03-01 12:00:00 ", RejectCause.BAD_TIME),
        ("99999999999999999999 ", RejectCause.BAD_TIME),
        ("232001234 ", RejectCause.BAD_TIME),
        ("31/02/2026 12:00:00 ", RejectCause.BAD_TIME),
        ("30 Feb 2026 12:00:00 ", RejectCause.BAD_TIME),
        ("Feb 30 12:00:00 gw ", RejectCause.BAD_TIME),
        ("01/03/2026 12:00:00,", RejectCause.AMBIGUOUS_DATE),
        ("3/1/2026 12:00:00 PM ", RejectCause.AMBIGUOUS_DATE),
        ("03-01-2026 12:00 ", RejectCause.AMBIGUOUS_DATE),
        ("01/03/26 12:00:00 ", RejectCause.AMBIGUOUS_DATE),
        ("12:00:00 ", RejectCause.NO_TIME),
        ("[12:00:00.250] ", RejectCause.NO_TIME),
        ("Mar  1 12:00:00 gw rtl_ais: ", RejectCause.NO_TIME),
        ("", RejectCause.NO_TIME),
        ("rtl_ais[123]: ", RejectCause.NO_TIME),
        ("192.168.1.5:10110 ", RejectCause.NO_TIME),
        ("00:1b:44:11:3a:b7 ", RejectCause.NO_TIME),
        ("[2001:0db8:85a3:0000:0000:8a2e:0370:7334]", RejectCause.NO_TIME),
        ("0126-03-01T12:00:00 ", RejectCause.BAD_TIME),
        ("22/06/17,09:20:17.152,pos,63.4436,-20.2695,uid,  215143,2444479,NMEA,", RejectCause.AMBIGUOUS_DATE),
    ],
)
def test_what_is_no_time_or_not_all_of_it_is_refused(prefix: str, cause: RejectCause) -> None:
    # the other sentence's time says nothing of this one
    rows, rejects, _ = run(f"{T_S} {OTHER}\n{prefix}{SENTENCE}\n")
    assert rows == [T_US]
    assert rejects == {cause: 1}


def test_a_comment_behind_the_sentence_is_no_time_of_it() -> None:
    assert after_s(f"{rmc()}\n{SENTENCE} # since 2010-05-01, at 12:30\n") == [0]
    assert run(f"{rmc()}\n{SENTENCE} 2010-05-01\n")[1] == {RejectCause.BAD_TIME: 1}


def test_a_leap_second_is_a_second() -> None:
    midnight = datetime(2017, 1, 1, tzinfo=UTC).timestamp() * 1e6
    for prefix in (
        "2016-12-31 23:59:60,",
        "2016-12-31T23:59:60Z ",
        "[2016-12-31 23:59:60] ",
        "2017-01-01T00:59:60+01:00 ",
    ):
        assert run(f"{prefix}{SENTENCE}\n")[0] == [midnight]


def test_numbers_alone_are_read_in_the_order_said() -> None:
    line = f"01/03/2026 12:00:00,{SENTENCE}\n"
    assert after_s(line, DMY) == [0]
    assert after_s(line, MDY) == [(datetime(2026, 1, 3, tzinfo=UTC) - datetime(2026, 3, 1, tzinfo=UTC)).total_seconds()]
    assert after_s(f"13/03/2026 12:00:00,{SENTENCE}\n", MDY) == [12 * 86_400]  # it cannot be anything else
    assert after_s(f"01/03/26 12:00:00,{SENTENCE}\n", DMY) == [0]


def test_a_day_above_12_proves_the_order() -> None:
    lines = [f"{day}/03/2026 12:00:00,{SENTENCE}\n" for day in ("02", "13", "04")]
    rows, rejects, _ = run("".join(lines))
    assert [(row - T_US) // 86_400_000_000 for row in rows] == [12, 3]
    assert rejects == {RejectCause.AMBIGUOUS_DATE: 1}


def test_what_dates_prove_is_counted() -> None:
    _, _, decoder = run("".join(f"{day}/03/2026 12:00:00,{SENTENCE}\n" for day in ("02", "13", "04", "14")))
    assert decoder.counts.date_orders == {"dmy": 2}


@pytest.mark.parametrize(("text", "instant"), WRITTEN)
def test_texts_mean_what_they_mean_to_every_reader(text: str, instant: str) -> None:
    rows, rejects, _ = run(f"{text} {SENTENCE}\n")
    if text in ("2026-03-01 12:00:00 XYZ",) or text == "1772366400,5":  # here any text may stand behind a time
        instant = "2026-03-01T12:00:00"
    elif text == "1.7723664e9" or instant.startswith("19"):
        instant = NOTHING
    if instant in (NOTHING, AMBIGUOUS):
        assert rows == []
        assert set(rejects) <= {RejectCause.BAD_TIME, RejectCause.NO_TIME} or instant == AMBIGUOUS
    else:
        assert rows == [instant_us(instant)]


@pytest.mark.parametrize(("text", "order", "instant"), ORDERED)
def test_a_given_order_decides_as_everywhere(text: str, order: str, instant: str) -> None:
    assert run(f"{text} {SENTENCE}\n", times=InputTimes(date_order=order))[0] == [instant_us(instant)]


@pytest.mark.parametrize(("text", "zone", "instant"), ZONED)
def test_a_zone_holds_as_everywhere(text: str, zone: str, instant: str) -> None:
    for prefix in (text, f"[{text}]"):
        rows, rejects, _ = run(f"{prefix} {SENTENCE}\n", times=InputTimes(zone=zone))
        assert rows == ([] if instant in (NOTHING, AMBIGUOUS) else [instant_us(instant)])
        if instant == AMBIGUOUS:
            assert rejects == {RejectCause.AMBIGUOUS_DATE: 1}


def test_the_only_order_that_fits_the_clock_is_the_order() -> None:
    assert after_s(f"{rmc()}\n01/03/2026 12:00:05,{SENTENCE}\n02/03/2026 12:00:05,{SENTENCE}\n") == [5, 86_405]
    rows, _, _ = run(f"3/1/2026 12:00:05 PM {SENTENCE}\n", received_us=T_US)
    assert rows == [T_US + 5_000_000]


def test_local_times_are_of_the_zone_said_with_its_summer_time() -> None:
    summer = (datetime(2026, 7, 1, tzinfo=UTC) - datetime(2026, 3, 1, tzinfo=UTC)).days * 86_400
    lines = f"2026-03-01 13:00:00 {SENTENCE}\n[2026-07-01 14:00:00] {SENTENCE}\n2026-03-01 12:00:00Z {SENTENCE}\n"
    assert after_s(lines, PARIS) == [0, summer, 0]


def test_aiscatcher_writes_utc_in_any_zone() -> None:
    assert after_s(f"{SENTENCE} ( MSG: 1, timestamp: 20260301120000)\n", PARIS) == [0]


# --- the clock of the bus


def test_rmc_is_the_clock_of_its_bus() -> None:
    lines = [SENTENCE, rmc(0), SENTENCE, OTHER, rmc(60), OTHER]
    rows, rejects, decoder = run("\n".join(lines))
    assert [(row - T_US) // 1_000_000 for row in rows] == [0, 0, 60]
    assert rejects == {RejectCause.NO_TIME: 1}  # before it nobody knew
    assert decoder.counts.messages["nmea rmc"] == 2


@pytest.mark.parametrize("talker", ["GP", "GN", "II", "GL", "AI"])
def test_any_talker_and_zda_tell_the_time(talker: str) -> None:
    assert after_s(f"{rmc(5, talker)}\n{SENTENCE}\n") == [5]
    assert after_s(f"{zda(5, talker)}\n{SENTENCE}\n") == [5]


@pytest.mark.parametrize(
    "line",
    [
        rmc(status="V"),
        rmc(mode="N"),
        rmc(mode="S"),
        rmc(day="060180"),  # no date yet: GPS began on 1980-01-06
        rmc(day="220899"),
        nmea("GPRMC,,V,,,,,,,,,,N"),
        nmea("GPRMC,120000,A,,,,,,,,,"),
        nmea("GPZDA,120000.00,,,,,"),
        nmea("GPZDA,,,,,,"),
    ],
)
def test_a_receiver_that_does_not_vouch_tells_no_time(line: str) -> None:
    rows, rejects, _ = run(f"{line}\n{SENTENCE}\n")
    assert rows == []
    assert rejects == {RejectCause.NO_TIME: 1}
    assert after_s(f"{rmc(7)}\n{line}\n{SENTENCE}\n") == [7]


def test_a_damaged_rmc_tells_no_time() -> None:
    _, rejects, _ = run(f"{rmc()[:-1]}x\n{rmc()[:-3]}\n{SENTENCE}\n")
    assert rejects == {RejectCause.BAD_CHECKSUM: 2, RejectCause.NO_TIME: 1}
    assert run(f"{rmc(day='310226')}\n")[1] == {RejectCause.BAD_TIME: 1}


def test_zda_of_a_receiver_whose_rmc_is_void_is_not_believed() -> None:
    assert run(f"{rmc(status='V')}\n{zda()}\n{SENTENCE}\n")[1] == {RejectCause.NO_TIME: 1}


def test_rmc_goes_over_midnight_and_over_the_night() -> None:
    lines = [rmc(43_199), SENTENCE, rmc(43_201), SENTENCE, rmc(3 * 86_400), SENTENCE, rmc(3 * 86_400 + 1), SENTENCE]
    assert after_s("\n".join(lines)) == [43_199, 43_201, 3 * 86_400, 3 * 86_400 + 1]


def test_a_log_whose_older_day_comes_second_is_of_its_day() -> None:
    rows, rejects, _ = run("\n".join([rmc(86_400), SENTENCE, rmc(0), SENTENCE, rmc(1), SENTENCE]))
    assert [(row - T_US) // 1_000_000 for row in rows] == [86_400, 1]
    assert rejects == {RejectCause.NO_TIME: 1}  # one RMC alone might be the wrong one


def test_two_receivers_that_disagree_are_no_clock_until_a_base_station_decides() -> None:
    lines = []
    for second in range(6):
        lines += [rmc(second, "GP"), rmc(second - 10_800, "II"), SENTENCE]
    rows, rejects, _ = run("\n".join(lines))
    assert rows == []
    assert rejects == {RejectCause.NO_TIME: 6}
    rows, _, _ = run("\n".join([*lines, base(6), SENTENCE, rmc(8, "GP"), rmc(8 - 10_800, "II"), SENTENCE]))
    assert [(row - T_US) // 1_000_000 for row in rows] == [6, 6, 8]


def test_a_receiver_that_missed_a_week_rollover_is_told_from_one_that_did_not() -> None:
    lost = -1024 * WEEK_S
    assert after_s("\n".join([rmc(0), rmc(lost + 1, "II"), SENTENCE, base(lost + 2), SENTENCE])) == [1, 2, 2]
    rows, _, _ = run("\n".join([base(lost), base(1), SENTENCE, base(lost + 2), SENTENCE]))
    assert [(row - T_US) // 1_000_000 for row in rows] == [lost, 1, 1, 2, 2]


def test_who_reads_a_file_again_is_right_from_its_beginning() -> None:
    lost = -1024 * WEEK_S
    for first, later in ((base(lost, 7), base(lost + 2, 7)), (rmc(lost, "II"), rmc(lost + 2, "II"))):
        text = "\n".join([first, SENTENCE, base(1, 8), SENTENCE, later, SENTENCE])
        once, _, decoder = run(text)
        assert once[0] == T_US + lost * 1_000_000
        again, _, decoder = run(text, times=InputTimes(lost_weeks=tuple(decoder.counts.lost_weeks.items())))
        assert sorted(set(again)) == [T_US, T_US + 1_000_000, T_US + 2_000_000]
        assert len(decoder.counts.lost_weeks) == 1


def test_a_replay_is_right_from_the_beginning(tmp_path: Path) -> None:
    lost = -1024 * WEEK_S
    path = tmp_path / "bus.nmea"
    path.write_text("\n".join([base(lost, 7), SENTENCE, base(1, 8), SENTENCE, base(lost + 2, 7), SENTENCE, ""]))
    one = open_input(path, 0)
    one.measured_frontier(FrontierConfig(lateness_us=60_000_000), 1 << 16)
    times = [time for decoded in one.decoded(1 << 16) for time in decoded.positions.time_us.tolist()]
    assert sorted(set(times)) == [T_US, T_US + 1_000_000, T_US + 2_000_000]


def test_base_stations_are_the_clock_of_a_bus_without_one() -> None:
    lines = [SENTENCE, base(0), OTHER, base(10), OTHER, base(20, kind=11)]
    rows, rejects, _ = run("\n".join(lines))
    assert [(row - T_US) // 1_000_000 for row in rows] == [0, 0, 10, 10, 20]
    assert rejects == {RejectCause.NO_TIME: 1}
    assert after_s("\n".join(lines), InputTimes(undated_us=T_US - 5_000_000))[0] == -5


@pytest.mark.parametrize("wrong", [3600, 900, -3600, 5 * 365 * 86_400, -500 * WEEK_S])
def test_one_base_station_with_a_wrong_date_moves_nothing(wrong: int) -> None:
    lines = []
    for second in range(0, 600, 10):
        lines += [base(second, 2_190_000), SENTENCE, base(second + wrong, 2_190_001), SENTENCE]
    assert after_s("\n".join(lines)) == [s for s in range(0, 600, 10) for _ in range(4)]


def test_a_wrong_base_station_alone_for_long_makes_the_clock_doubtful() -> None:
    lines = [base(0, 2_190_000), SENTENCE]
    for second in range(0, 1_200, 30):
        lines += [base(second - 500 * WEEK_S, 2_190_001), SENTENCE]
    rows, rejects, _ = run("\n".join(lines))
    assert set(rows) == {T_US}
    assert len(rows) < 50
    assert rejects[RejectCause.NO_TIME] == 82 - len(rows)


def test_a_station_whose_own_date_jumps_is_not_followed() -> None:
    lines = [base(0), SENTENCE]
    for second in range(86_400, 86_460, 10):
        lines += [base(second), SENTENCE]
    rows, rejects, _ = run("\n".join(lines))
    assert rows == [T_US] * 4
    assert rejects == {RejectCause.NO_TIME: 10}


def test_a_second_station_or_rmc_confirms_a_step() -> None:
    assert after_s("\n".join([base(0), base(86_400, 7), base(86_401, 8), SENTENCE])) == [0, 0, 86_401, 86_401]
    assert after_s("\n".join([base(0), rmc(86_400), SENTENCE])) == [0, 86_400]


def test_base_stations_do_not_overrule_rmc() -> None:
    lines = []
    for second in range(0, 300, 60):
        lines += [
            rmc(second),
            SENTENCE,
            base(second + 3_600, 7),
            base(second + 3_601, 8),
            base(second + 300, 9),
            SENTENCE,
        ]
    assert after_s("\n".join(lines)) == [s for s in range(0, 300, 60) for _ in range(5)]


def test_a_clock_whose_receiver_lost_its_fix_is_not_believed_for_ever() -> None:
    lines = [rmc(0)]
    for second in range(0, 1_800, 60):
        lines += [rmc(second, status="V"), SENTENCE]
    rows, rejects, _ = run("\n".join(lines))
    assert set(rows) == {T_US}
    assert len(rows) == 11
    assert rejects == {RejectCause.NO_TIME: 19}
    rows, _, _ = run("\n".join([*lines, rmc(1_800), SENTENCE]))
    assert rows[-1] == T_US + 1_800_000_000


def test_a_stray_time_pins_nothing() -> None:
    lines = [base(0), SENTENCE, f"{SENTENCE},d-106,S9999,r14xkaa1,1264100667", base(60), SENTENCE]
    assert after_s("\n".join(lines)) == [0, 0, 1_264_100_667 - T_S, 60, 60]


def test_in_live_use_the_receive_time_stays_the_time() -> None:
    rows, rejects, _ = run(f"{rmc(-900)}\n{base(-900)}\n{SENTENCE}\n12:59:59 {SENTENCE}\n11:59:58 {SENTENCE}\n", T_US)
    assert [(row - T_US) // 1_000_000 for row in rows] == [0, 0, 0, -2]
    assert rejects == {}


# --- times that are not complete


def test_a_clock_alone_takes_its_date_from_the_bus() -> None:
    assert after_s(f"{rmc(0)}\n12:00:03 {SENTENCE}\n11:59:59.5 {SENTENCE}\n") == [3, -0.5]
    assert after_s(f"{rmc(43_199)}\n00:00:01 {SENTENCE}\n") == [43_201]


def test_a_clock_of_another_zone_leaves_the_bus_clock() -> None:
    assert after_s(f"{rmc(0)}\n14:00:03 {SENTENCE}\n") == [0]
    assert after_s(f"{rmc(0)}\n13:00:03 {SENTENCE}\n", PARIS) == [3]


def test_syslog_takes_its_year_from_the_bus_or_the_user() -> None:
    line = f"Mar  1 12:00:03 gw rtl_ais: {SENTENCE}\n"
    assert after_s(f"{rmc(0)}\n{line}") == [3]
    assert after_s(line, InputTimes(undated_us=T_US - 86_400_000_000)) == [3]
    new_year = [f"Dec 31 23:59:59 gw x: {SENTENCE}", f"Jan  1 00:00:01 gw x: {SENTENCE}"]
    said = InputTimes(undated_us=int(datetime(2025, 12, 31, 20, tzinfo=UTC).timestamp()) * 1_000_000)
    rows, _, _ = run("\n".join(new_year), times=said)
    assert rows[1] - rows[0] == 2_000_000


def test_a_clock_alone_goes_on_from_the_day_that_the_user_says() -> None:
    clocks = ["13:00:00", "22:00:00", "03:00:00", "12:00:00", "21:00:00"]
    lines = "\n".join(f"{clock} {SENTENCE}" for clock in clocks)
    assert after_s(lines, InputTimes(undated_us=T_US)) == [3_600, 36_000, 54_000, 86_400, 118_800]


# --- tag blocks, groups, fragments


def tag(fields: str) -> str:
    return f"\\{fields}*{ais_bits.checksum(fields)}\\"


@pytest.mark.parametrize(
    "fields",
    [
        f"s:x,c:{T_S}",
        f"c:{T_S}000,s:x,T:2024-08-02 18.02.43",
        f"g:1-1-21,s:47450,c:{T_S},i:<S>S</S><O>XSP</O><T>A:1699115144 I:1 L:FM136 G:hndgs T:0 </T><Q>12</Q>",
        f"i:wow! 5*4,c:{T_S},s:x",
        f"q:u,c:{T_S},n:7",
        f"c:{T_S}123456789"[:-9] + "000000000",
    ],
)
def test_tag_blocks_with_anything_in_them_give_their_time(fields: str) -> None:
    assert after_s(f"UdPbC\0{tag(fields)}{SENTENCE}\r\n") == [0]


def test_a_group_has_one_time() -> None:
    lines = [
        f"{tag(f'g:1-3-77,s:r1,c:{T_S}')}$ARFSR,r1,000018,A,0017,0,0000,,,-127,*00",
        f"{tag(f'g:1-2-78,s:r2,c:{T_S + 9}')}{OTHER}",
        f"{tag('g:2-3-77')}{SENTENCE}",
        f"{tag('g:2-2-78')}{SENTENCE}",
        f"{tag('g:2-2-79')}{SENTENCE}",
    ]
    rows, rejects, _ = run("\n".join(lines))
    assert [(row - T_US) // 1_000_000 for row in rows] == [9, 0, 9]
    assert rejects == {RejectCause.UNKNOWN_SENTENCE: 1, RejectCause.NO_TIME: 1}


def halves(sequence: int = 1) -> list[str]:
    return ais_bits.sentences(ais_bits.random_bits(5, random.Random(3)), sequence, "A", 40)


def test_fragments_without_a_time_share_that_of_their_message() -> None:
    fragments = halves()
    first = "\n".join([f"{T_S} {fragments[0]}", *fragments[1:]])
    last = "\n".join([*fragments[:-1], f"{fragments[-1]},r1,{T_S}"])
    assert after_s(first) == after_s(last) == [0]
    assert after_s(f"{rmc(0)}\n{fragments[0]}\n{rmc(70)}\n" + "\n".join(fragments[1:])) == [0]
    rows, rejects, _ = run("\n".join([f"{T_S} {OTHER}", *fragments]))
    assert rows == [T_US]
    assert rejects == {RejectCause.NO_TIME: len(fragments)}


def test_any_cut_gives_the_same_times() -> None:
    text = "\n".join(
        [rmc(0), SENTENCE, base(5), "Mar  1 12:00:09 gw: " + SENTENCE, "01/03/2026 12:00:10," + OTHER,
         *halves(), rmc(-9_000, "II"), SENTENCE, base(5 - 1024 * WEEK_S, 8), SENTENCE + " 2026-03-01 12:00:11"]
    ).encode()  # fmt: skip
    whole = run(text.decode())
    for size in (1, 7, 64):
        decoder = AisDecoder(7)
        parts = [decoder.decode(text[at : at + size]) for at in range(0, len(text), size)] + [decoder.flush()]
        assert PositionBatch.concat(part.positions for part in parts).time_us.tolist() == whole[0]
        assert dict(decoder.counts.rejects.counts) == whole[1]
