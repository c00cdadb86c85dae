"""Who transmits: MMSI, ICAO 24-bit address, IMO number, and the integer key that stands for a craft in columns.

A craft key is one int64::

    bits  0-31   number      MMSI (nine digits, ITU-R M.585-9) or 24-bit address (ICAO Annex 10 vol. III)
    bits 32-39   domain      1 MMSI, 2 ICAO 24-bit address, 3 other 24-bit address (readsb's ``~``)
    bits 40-55   segment     0 for the first transmitter seen under this identity, 1.. for others sharing it

A key with segment 0 *is* the craft; with the segment bits it is one transmitter's track. Outside the columns a craft is
text: ``mmsi:219001234``, ``icao24:4b1812``, ``icao24:~2a1b3c``.

Kinds of MMSI by leading digits (ITU-R M.585-9): ship 2-7 (MID first), 00MID coast or base station, 0MID group,
111MID SAR aircraft, 8 handheld, 98MID craft of a parent ship, 99MID aid to navigation, 970/972/974 distress devices.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

DOMAIN_MMSI: Final = 1
DOMAIN_ICAO24: Final = 2
DOMAIN_OTHER24: Final = 3
_DOMAIN_SHIFT: Final = 32
_SEGMENT_SHIFT: Final = 40
_NUMBER_MASK: Final = 0xFFFF_FFFF
CRAFT_MASK: Final = (1 << _SEGMENT_SHIFT) - 1
MOST_TRANSMITTERS: Final = 4
"""So many transmitters of one identity are told apart (``tracker.tracks.segments``)."""
MAX_MMSI: Final = 999_999_999
FACTORY_MMSIS: Final = (
    0, 1, 1_193_046, 1_234_567, 12_345_678, 111_111_111, 123_456_789, 200_000_000, 222_222_222, 333_333_333, 444_444_444, 555_555_555,
    666_666_666, 777_777_777, 888_888_888, 987_654_321, 999_999_999,
)  # fmt: skip
"""MMSIs that sets carry before somebody gives them one, or after they lost it: 1193046 is 0x123456, to which Nauticast sets go back after a loss of power
(aisgreece.com); the others are digits in a row or all alike. Many ships may use one at once."""
PLACEHOLDER_IMOS: Final = (1_234_567, 5_555_555, 9_999_993)
"""IMO numbers with a right check digit that stand for none."""
MAX_ICAO24: Final = 0xFF_FFFF


def mmsi_craft(mmsi: Any) -> Any:
    """Craft key of an MMSI (scalar or array)."""
    return (DOMAIN_MMSI << _DOMAIN_SHIFT) | mmsi


def icao24_craft(address: Any) -> Any:
    """Craft key of an ICAO 24-bit address (scalar or array)."""
    return (DOMAIN_ICAO24 << _DOMAIN_SHIFT) | address


def other24_craft(address: Any) -> Any:
    """Craft key of a 24-bit address that is not ICAO's (TIS-B track file, anonymous)."""
    return (DOMAIN_OTHER24 << _DOMAIN_SHIFT) | address


def domain(craft: Any) -> Any:
    """The domain of a craft key (scalar or array)."""
    return (craft >> _DOMAIN_SHIFT) & 0xFF


def number(craft: Any) -> Any:
    """The MMSI or address inside a craft key (scalar or array)."""
    return craft & _NUMBER_MASK


def segment_number(key: Any) -> Any:
    """Which transmitter of a shared identity a segment key means, 0 for the first."""
    return key >> _SEGMENT_SHIFT


def with_segment(craft: Any, segment: Any) -> Any:
    """The key of transmitter number ``segment`` under the identity of ``craft``."""
    return (craft & CRAFT_MASK) | (segment << _SEGMENT_SHIFT)


def transmitters_of(craft: NDArray[np.int64]) -> NDArray[np.int64]:
    """The keys of all transmitters that some craft may have."""
    return np.concatenate([with_segment(craft, segment) for segment in range(MOST_TRANSMITTERS)])


def is_one_of(keys: Any, craft: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which craft or segment keys mean one of some craft."""
    return np.asarray(np.isin(np.asarray(keys) & CRAFT_MASK, craft), dtype=np.bool_)


def craft_text(key: int) -> str:
    """The text form of a craft or segment key (the segment is not part of it)."""
    kind, value = int(domain(key)), int(number(key))
    if kind == DOMAIN_MMSI:
        return f"mmsi:{value:09d}"
    if kind == DOMAIN_ICAO24:
        return f"icao24:{value:06x}"
    if kind == DOMAIN_OTHER24:
        return f"icao24:~{value:06x}"
    raise ValueError(f"{key} is not a craft key")


def parse_craft(text: str) -> int:
    """The craft key of a text form.

    >>> craft_text(parse_craft("mmsi:219001234")), craft_text(parse_craft("icao24:4B1812"))
    ('mmsi:219001234', 'icao24:4b1812')
    """
    scheme, _, value = text.strip().lower().partition(":")
    if scheme == "mmsi" and value.isdecimal() and 0 < int(value) <= MAX_MMSI:
        return int(mmsi_craft(int(value)))
    if scheme == "icao24":
        digits = value.removeprefix("~")
        if len(digits) == 6 and all(c in "0123456789abcdef" for c in digits):
            address = int(digits, 16)
            return int(other24_craft(address) if value.startswith("~") else icao24_craft(address))
    raise ValueError(f"{text!r} is not a craft: write mmsi:219001234 or icao24:4b1812")


def is_aircraft(craft: Any) -> Any:
    """Aircraft by its domain (scalar or array). SAR aircraft on AIS count as aircraft too."""
    kind = domain(craft)
    sar = (kind == DOMAIN_MMSI) & (number(craft) // 1_000_000 == 111)
    return (kind == DOMAIN_ICAO24) | (kind == DOMAIN_OTHER24) | sar


def is_ship_station(craft: Any) -> Any:
    """True for MMSIs of ship stations (first digit 2 to 7), scalar or array."""
    first = number(craft) // 100_000_000
    return (domain(craft) == DOMAIN_MMSI) & (first >= 2) & (first <= 7)


def is_factory_mmsi(craft: Any) -> Any:
    """True for MMSIs that name no ship but a set nobody programmed (scalar or array)."""
    found = (domain(craft) == DOMAIN_MMSI) & np.isin(number(craft), FACTORY_MMSIS)
    return found if np.ndim(craft) else bool(found)


def is_base_station(craft: Any) -> Any:
    """True for MMSIs of coast and base stations (00MIDxxxx), scalar or array."""
    value = number(craft)
    return (domain(craft) == DOMAIN_MMSI) & (value // 10_000_000 == 0) & (value > 999_999)


def imo_check_digit_ok(imo: Any) -> Any:
    """Check digit of an IMO number (weights 7..2 over six digits, sum mod 10), scalar or array.

    A weak check: one in ten random numbers passes, and of transmitted ones up to a quarter fails
    (68 of 274 in a recording of the US Coast Guard, 32 of 494 in one of Global Fishing Watch).
    """
    value = np.asarray(imo, dtype=np.int64)
    total = np.zeros_like(value)
    for weight, power in zip(range(7, 1, -1), range(6, 0, -1), strict=True):
        total = total + weight * ((value // 10**power) % 10)
    ok = (value >= 1_000_000) & (value <= 9_999_999) & (total % 10 == value % 10)
    return ok if np.ndim(imo) else bool(ok)


_MIDS: Final = """
201AL 202AD 203AT 204PT 205BE 206BY 207BG 208VA 209CY 210CY 211DE 212CY 213GE 214MD 215MT 216AM 218DE 219DK 220DK
224ES 225ES 226FR 227FR 228FR 229MT 230FI 231FO 232GB 233GB 234GB 235GB 236GI 237GR 238HR 239GR 240GR 241GR 242MA
243HU 244NL 245NL 246NL 247IT 248MT 249MT 250IE 251IS 252LI 253LU 254MC 255PT 256MT 257NO 258NO 259NO 261PL 262ME
263PT 264RO 265SE 266SE 267SK 268SM 269CH 270CZ 271TR 272UA 273RU 274MK 275LV 276EE 277LT 278SI 279RS 301AI 303US
304AG 305AG 306CW 307AW 308BS 309BS 310BM 311BS 312BZ 314BB 316CA 319KY 321CR 323CU 325DM 327DO 329GP 330GD 331GL
332GT 335HN 336HT 338US 339JM 341KN 343LC 345MX 347MQ 348MS 350NI 351PA 352PA 353PA 354PA 355PA 356PA 357PA 358PR
359SV 361PM 362TT 364TC 366US 367US 368US 369US 370PA 371PA 372PA 373PA 374PA 375VC 376VC 377VC 378VG 379VI 401AF
403SA 405BD 408BH 410BT 412CN 413CN 414CN 416TW 417LK 419IN 422IR 423AZ 425IQ 428IL 431JP 432JP 434TM 436KZ 437UZ
438JO 440KR 441KR 443PS 445KP 447KW 450LB 451KG 453MO 455MV 457MN 459NP 461OM 463PK 466QA 468SY 470AE 472TJ 473YE
475YE 477HK 478BA 501FR 503AU 506MM 508BN 510FM 511PW 512NZ 514KH 515KH 516CX 518CK 520FJ 523CC 525ID 529KI 531LA
533MY 536MP 538MH 540NC 542NU 544NR 546PF 548PH 553PG 555PN 557SB 559AS 561WS 563SG 564SG 565SG 566SG 567TH 570TO
572TV 574VN 576VU 577VU 578WF 601ZA 603AO 605DZ 607FR 608GB 609BI 610BJ 611BW 612CF 613CM 615CG 616KM 617CV 618FR
619CI 620KM 621DJ 622EG 624ET 625ER 626GA 627GH 629GM 630GW 631GQ 632GN 633BF 634KE 635FR 636LR 637LR 638SS 642LY
644LS 645MU 647MG 649ML 650MZ 654MR 655MW 656NE 657NG 659NA 660RE 661RW 662SD 663SN 664SC 665SH 666SO 667SL 668ST
669SZ 670TD 671TG 672TN 674TZ 675UG 676CD 677TZ 678ZM 679ZW 701AR 710BR 720BO 725CL 730CO 735EC 740FK 745GF 750GY
755PY 760PE 765SR 770UY 775VE
"""
MID_FLAGS: Final = {int(entry[:3]): entry[3:] for entry in _MIDS.split()}
"""Maritime identification digits and the state (ISO 3166) they were given to (ITU Table of Maritime Identification Digits, of which
michaeljfazio/MIDs is a copy)."""

UNALLOCATED_ICAO24: Final = (
    (0x0E0000, 0x0FFFFF),
    (0x202400, 0x2FFFFF),
    (0x4D4400, 0x4FFFFF),
    (0x516400, 0x5FFFFF),
    (0x601C00, 0x67FFFF),
    (0x684400, 0x6FFFFF),
    (0x8A8000, 0x8FFFFF),
    (0x902400, 0x9FFFFF),
    (0xB00000, 0xBFFFFF),
    (0xC40000, 0xC7FFFF),
    (0xC90400, 0xDFFFFF),
    (0xE95000, 0xEFFFFF),
    (0xF09400, 0xFFFFFF),
)
"""First and last address of the larger blocks given to no state (ICAO Annex 10 vol. III table 9-1, as kept in the VRS standing data). Transponders
set by hand, test sets and ground vehicles use them."""

_ICAO24_BITS: Final = """
14 004000ZW 030000BW 035000KM 048000GW 04A000LS 05A000MV 05E000MR 060000MU 074000SC 076000SL 07A000SZ 094000BJ 096000CV 098000DJ
14 09E000ST 0AA000BB 0AB000BZ 0BC000VC 0CA000AG 0CC000GD 201000NA 202000ER 4C8000CY 4D0000LU 4D2000MT 4D4000MC 500000SM 501000AL
14 501C00HR 502C00LV 503C00LT 504C00MD 505C00SK 506C00SI 507C00UZ 510000BY 511000EE 512000MK 513000BA 514000GE 515000TJ 516000ME
14 600000AM 600800AZ 601000KG 601800TM 680000BT 681000FM 682000MN 683000KZ 684000PW 70C000OM 895000BN 897000SB 899000TW 900000MH
14 901000CK 902000WS C8A000NR C8C000LC C8D000TO C8E000KI C90000VU
12 006000MZ 032000BI 034000CM 036000CG 038000CI 03E000GA 040000ET 042000GQ 044000GH 046000GN 04C000KE 050000LR 054000MG 058000MW
12 05C000ML 062000NE 064000NG 068000UG 06A000QA 06C000CF 06E000RW 070000SN 078000SO 07C000SD 080000TZ 084000TD 088000TG 08A000ZM
12 08C000CD 090000AO 09A000GM 09C000BF 0A8000BS 0AC000CO 0AE000CR 0B0000CU 0B2000SV 0B4000GT 0B6000GY 0B8000HT 0BA000HN 0BE000JM
12 0C0000NI 0C2000PA 0C4000DO 0C6000TT 0C8000SR 4CA000IE 4CC000IS 700000AF 702000BD 704000MM 706000KW 708000LA 70A000NP 70E000KH
12 890000YE 894000BH 896000AE 898000PG C88000FJ E80000CL E84000EC E88000PY E8C000PE E90000UY E94000BO
09 008000ZA 010000EG 018000LY 020000MA 028000TN 0A0000DZ 0D0000MX 0D8000VE 440000AT 448000BE 450000BG 458000DK 460000FI 468000GR
09 470000HU 478000NO 480000NL 488000PL 490000PT 498000CZ 4A0000RO 4A8000SE 4B0000CH 4B8000TR 4C0000RS 508000UA 710000SA 718000KR
09 720000KP 728000IQ 730000IR 738000IL 740000JO 748000LB 750000MY 758000PH 760000PK 768000SG 770000LK 778000SY 880000TH 888000VN
09 8A0000ID C80000NZ
06 300000IT 340000ES 380000FR 3C0000DE 400000GB 780000CN 7C0000AU 800000IN 840000JP C00000CA E00000AR E40000BR
04 100000RU A00000US
"""
"""Blocks of addresses by the number of their leading bits that are given (ICAO Annex 10 vol. III, table 9-1)."""
ICAO24_FLAGS: Final = tuple(
    (int(block[:6], 16), int(block[:6], 16) + (1 << (24 - int(line[:2]))) - 1, block[6:])
    for line in _ICAO24_BITS.split("\n")
    for block in line[3:].split()
)
"""First and last address of the block of a state (ISO 3166)."""


def flag_of(craft: int) -> str:
    """Flag state (ISO 3166) of a ship or aircraft on AIS by its MID; empty where there is none or it is not assigned.

    >>> flag_of(mmsi_craft(219001234)), flag_of(mmsi_craft(299001234)), flag_of(icao24_craft(0x4B1812))
    ('DK', '', '')
    """
    digits = f"{number(craft):09d}" if domain(craft) == DOMAIN_MMSI else ""
    for prefix in ("98", "99", "111", "00", "0", "8", ""):
        if digits.startswith(prefix):
            mid = digits[len(prefix) : len(prefix) + 3]
            return MID_FLAGS.get(int(mid), "") if len(mid) == 3 else ""
    return ""


def is_mid_assigned(craft: Any) -> Any:
    """True for ship stations (MMSI 2 to 7) whose first three digits are somebody's (scalar or array)."""
    known = np.zeros(1000, dtype=np.bool_)
    known[list(MID_FLAGS)] = True
    return is_ship_station(craft) & known[np.minimum(number(craft) // 1_000_000, 999)]


def is_icao24_allocated(address: Any) -> Any:
    """False for addresses in a block of no state, and for none and all bits set, which nobody may use (scalar or array)."""
    value = np.asarray(address, dtype=np.int64)
    free = (value <= 0) | (value >= MAX_ICAO24)
    for first, last in UNALLOCATED_ICAO24:
        free |= (value >= first) & (value <= last)
    return ~free if np.ndim(address) else not bool(free)


def craft_texts(keys: NDArray[np.int64]) -> list[str]:
    """Text forms of many keys; each distinct key is formatted once."""
    distinct, where = np.unique(np.asarray(keys, dtype=np.int64), return_inverse=True)
    texts = np.array([craft_text(int(key)) for key in distinct], dtype=object)
    return list(texts[where]) if len(distinct) else []
