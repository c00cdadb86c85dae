"""Words that tables use where AIS has codes (ITU-R M.1371-5 tables 45 and 53), in MarineCadastre's and DMA's spelling."""

from __future__ import annotations

from typing import Final

NAV_STATUS_WORDS: Final = {
    "under way using engine": 0,
    "at anchor": 1,
    "not under command": 2,
    "restricted maneuverability": 3,
    "restricted manoeuverability": 3,
    "constrained by her draught": 4,
    "constrained by draught": 4,
    "moored": 5,
    "aground": 6,
    "engaged in fishing": 7,
    "under way sailing": 8,
    "power-driven vessel towing astern": 11,
    "power-driven vessel pushing ahead or towing alongside": 12,
    "ais-sart (active); mob-ais; epirb-ais": 14,
    "ais-sart": 14,
    # Signal K (navigation.state)
    "motoring": 0,
    "anchored": 1,
    "not-under-command": 2,
    "restricted manouverability": 3,
    "constrained by draft": 4,
    "fishing": 7,
    "sailing": 8,
}
"""Navigational status in words; ``undefined``, ``unknown value`` and any other word mean not available."""

SHIP_TYPE_WORDS: Final = {
    "wig": 20,
    "fishing": 30,
    "towing": 31,
    "towing long/wide": 32,
    "dredging": 33,
    "diving": 34,
    "military": 35,
    "sailing": 36,
    "pleasure": 37,
    "hsc": 40,
    "pilot": 50,
    "sar": 51,
    "tug": 52,
    "port tender": 53,
    "anti-pollution": 54,
    "law enforcement": 55,
    "spare 1": 56,
    "spare 2": 57,
    "medical": 58,
    "not party to conflict": 59,
    "passenger": 60,
    "cargo": 70,
    "tanker": 80,
    "other": 90,
}
"""Ship type in words, as the first code of its group."""

STATION_KIND_MESSAGES: Final = {
    "b": 18,
    "class b": 18,
    "base station": 4,
    "aton": 21,
    "sar airborne": 9,
}
"""What kind of station a row says it is of -> the AIS message that such a station sends."""

EMERGENCY_WORDS: Final = {
    "none": 0,
    "general": 1,
    "lifeguard": 2,
    "medical": 2,
    "minfuel": 3,
    "nordo": 4,
    "unlawful": 5,
    "downed": 6,
    "reserved": 7,
}
"""Emergency state in readsb's words (README-json.md) -> code of DO-260B 2.2.3.2.7.8.1.1."""

REBROADCAST_WORDS: Final = {
    "adsb_icao": 0,
    "adsb_icao_nt": 0,
    "adsb_other": 0,
    "mode_s": 0,
    "tisb_icao": 1,
    "tisb_other": 1,
    "tisb_trackfile": 1,
    "adsr_icao": 2,
    "adsr_other": 2,
    "mlat": 3,
}
"""readsb's type of message source -> who transmitted: the aircraft, TIS-B, ADS-R, or others by multilateration."""

MISSING_WORDS: Final = ("", "null", "none", "nan", "na", "n/a", "\\n", "-", "unknown", "undefined", "unknown value")
"""Texts, in lower case, that mean 'not available'."""
