"""The destination a crew types, read as ports.

Twenty characters of free text (ITU-R M.1371-5, message 5). IMO circular SN/Circ.244 asks for the UN/LOCODEs of the port left and the
next, ``DE HAM > NL RTM``; what is on the air is that, one code, a name, three letters of a code, a name with a slip, or no port at all::

    NLRTM   NL RTM   >NL RTM   DE HAM > NL RTM     codes; after the last ``>`` is where she goes
    ROTTERDAM   PORT OF ROTTERDAM   ROTERDAM       names; one slip, but not in the first letter, in names of six letters and more
    ARHUS   GRENA   BODOE   LUEBECK                AA, AE, OE and UE for the letters with rings, dots and strokes, or left out
    KINGSTON, JAMAICA   ALEXANDRIA EG              of the ports of that name those of the country
    ROTTERDAM VIA DOVER   DOVER TO ROTTERDAM       what comes after VIA and before TO is left out
    RTM/ANR   ROTTERDAM<>HULL   GRENA-VARBERG      every part is a candidate
    NLTNZ00130LOCKB00140                           inland waters' code of a place (ISRS), which begins with that of its port
    FOR ORDERS   SEA   FISHING   AT ANCHOR         no port: nothing is said
    BRAZIL   MEXICO   ARGENTINA   MED              no port either, though Indiana has a Brazil; but SINGAPORE is one
    ARA                                            any port of that range

The answer is every port the text may mean. Names and three-letter codes are shared by ports of several countries, so whoever compares must
take the candidate that fits best; an empty answer says nothing, and is never evidence.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

from tracker.geography.port_names import ALSO, OTHER_CODES, OTHER_NAMES
from tracker.geography.ports import Port, PortTable

TYPO_FROM_LETTERS: Final = 6
"""Names shorter than this must be right: one letter makes another port of them (``BREST``, ``BERST``; ``LULEA``, ``ALULA``)."""

SAYS_NOTHING: Final[frozenset[str]] = frozenset({
    "ORDER", "ORDERS", "FORORDER", "FORORDERS", "AWAITINGORDERS", "WAITINGORDERS", "WAITINGFORORDERS", "SEA", "ATSEA",
    "OPENSEA", "HIGHSEA", "HIGHSEAS", "NORTHSEA", "BALTICSEA", "FISHING", "FISHINGGROUND", "FISHINGGROUNDS", "ANCHOR",
    "ATANCHOR", "ANCHORED", "ANCHORAGE", "DRIFTING", "MOORED", "CRUISING", "TOWING", "PATROL", "SURVEY", "DREDGING",
    "TRIALS", "SEATRIAL", "SEATRIALS", "UNKNOWN", "NONE", "NIL", "NULL", "NA", "TBA", "TBN", "TBC", "TEST", "CLASSB",
    "LOCAL", "HOME", "PORT", "HARBOUR", "HARBOR", "OFFSHORE", "COASTAL", "VARIOUS", "WINDFARM", "OILFIELD", "PILOT",
    "ROADS", "BUNKERS", "BUNKERING", "RETURN", "WORKING", "SKAW", "SAR", "MED", "MEG", "NORTH", "SOUTH", "EAST", "WEST",
})  # fmt: skip
"""Texts without spaces and marks that name no port."""

_WATERS: Final = re.compile(r"\b(?:STRAITS?|CHANNEL|CANAL|GULF|OCEAN|SEA|BAY OF)\b")
"""Waters are no ports, unless the whole text is a port's name."""
_LEFT_OUT: Final = re.compile(r"\b(?:VIA|ETA|ETD)\b.*$")
_WAYPOINT: Final = re.compile(r"\b(?:ORDERS?|BUNKERS?|BUNKERING|OPL|EOPL|ROADS?|RDS|ANCH|ANCHORAGE|PILOTS?|PS)\b")
_AROUND: Final = re.compile(
    r"^(?:PORT OF|TO|NEXT|DEST|BOUND FOR)\b|\b(?:ANCH|ANCHORAGE|ROADS|ROAD|OPL|EPL|PILOT|PS|PORT|HARBOUR)$"
)
_FURTHER: Final = re.compile(r"\s*(?:[,(].*|\bCity)$")
"""What tables add to a name: ``Semarang, Java``, ``Seattle (Wa)``, ``Cebu City``."""
_SEPARATORS: Final = re.compile(r"[/&+;]|\bOR\b|\bAND\b")
_INLAND: Final = re.compile(r"[A-Z]{5}\d")
_SPELT_APART: Final = re.compile(r"(?<=A)[AE]|(?<=[OU])E")
"""Second letters that stand for a ring, dots or a stroke on the first."""
_SHORT_COUNTRIES: Final = {
    "USA": "US", "UK": "GB", "ENGLAND": "GB", "SCOTLAND": "GB", "UAE": "AE", "KSA": "SA", "PRC": "CN", "KOREA": "KR", "HOLLAND": "NL",
}  # fmt: skip
_PLACE_LETTERS: Final = 4
"""Shorter words before a country, or on either side of a dash, are seldom places."""
_CODE_LETTERS: Final = 5
_FEW_PORTS: Final = 6
"""Kuwait has as many; of a country with more its name says nothing of where in it she is bound."""
_CACHED: Final = 4096


def is_waypoint(text: str) -> bool:
    """Whether a text names where she takes a pilot, bunkers or orders, or lies at anchor: not yet where she is bound for.

    >>> is_waypoint("SKAGEN FOR ORDERS"), is_waypoint("GIBRALTAR OPL"), is_waypoint("NL RTM")
    (True, True, False)
    """
    return _WAYPOINT.search(_plain(text)) is not None


class Destinations:
    """Reads destinations against one port table; the index is built once."""

    def __init__(self, ports: PortTable) -> None:
        self._by_code: dict[str, list[Port]] = {}
        self._by_three: dict[str, list[Port]] = {}
        self._by_name: dict[str, list[Port]] = {}
        self._by_spelling: dict[str, set[str]] = {}
        self._by_slip: dict[str, set[str]] = {}
        self._countries = dict(_SHORT_COUNTRIES)
        self._ports_of = Counter(port.code[:2] for port in ports.ports)
        known = {port.code for port in ports.ports}
        for port in (*ports.ports, *(port for port in ALSO if port.code not in known)):
            self._by_code.setdefault(port.code, []).append(port)
            self._by_three.setdefault(port.code[2:], []).append(port)
            if len(port.code) == _CODE_LETTERS:
                self._countries.setdefault(_letters(_plain(port.country)), port.code[:2])
            for name in dict.fromkeys(_letters(_plain(text)) for text in (port.name, _FURTHER.sub("", port.name))):
                self._by_name.setdefault(name, []).append(port)
        for code, of in OTHER_CODES.items():
            if of in self._by_code:
                self._by_code.setdefault(code, self._by_code[of])
        for code, names in OTHER_NAMES.items():
            for name in names.split() if code in self._by_code else ():
                also = [port for port in self._by_code[code] if port not in self._by_name.get(name, [])]
                self._by_name[name] = [*self._by_name.get(name, []), *also]
        for name in self._by_name:
            self._by_spelling.setdefault(_SPELT_APART.sub("", name), set()).add(name)
            if len(name) >= TYPO_FROM_LETTERS:
                for shorter in {name, *_one_less(name)}:
                    self._by_slip.setdefault(shorter, set()).add(name)
        self.resolve = lru_cache(_CACHED)(self._resolve)
        """Every port a text may mean; empty where it says nothing."""

    def named(self, text: str) -> list[Port]:
        """Ports of exactly this name, without regard to case, accents and marks."""
        return self._by_name.get(_letters(_plain(text)), [])

    def of_code(self, code: str) -> list[Port]:
        """Ports of a code of UN/LOCODE, and of those widely typed for it."""
        return self._by_code.get(code, [])

    def _resolve(self, text: str) -> tuple[Port, ...]:
        found: dict[int, Port] = {}
        plain = _plain(text.replace("<>", "/"))
        goes_to = [part for part in plain.split(">") if _letters(part)]
        for part in _SEPARATORS.split(goes_to[-1]) if goes_to else ():
            for port in self._dashed(_LEFT_OUT.sub("", part.rsplit(" TO ", 1)[-1])):
                found.setdefault(id(port), port)
        return tuple(found.values())

    def _dashed(self, text: str) -> list[Port]:
        """Ports of one part: of all it names where dashes join several, else of the whole."""
        whole, parts = " ".join(text.replace("-", " ").split()), text.split("-")
        letters = _letters(whole)
        if len(parts) > 1 and letters not in self._by_name and letters not in self._by_code:
            places = [self._part(" ".join(part.split())) for part in parts if len(_letters(part)) >= _PLACE_LETTERS]
            if sum(map(bool, places)) > 1:
                return [port for place in places for port in place]
        return self._part(whole)

    def _part(self, text: str) -> list[Port]:
        """Ports of one code or name."""
        letters = _letters(text)
        if not letters or letters in SAYS_NOTHING:
            return []
        if letters in self._countries and not self._is_city_state(letters):
            return []
        words = text.split()
        inland = words[0][:_CODE_LETTERS] if _INLAND.match(words[0]) else ""
        for code in (words[0], "".join(words[:2]) if len(words[0]) == 2 else "", inland):
            if len(code) == _CODE_LETTERS and code in self._by_code:
                codes = dict.fromkeys([code, *(word for word in words if word in self._by_code)])  # NLRTM-DEHAM
                return [port for one in codes for port in self._by_code[one]]
        if letters not in self._by_name and _WATERS.search(text):
            return []
        stripped = _letters(_AROUND.sub("", text).strip())
        for name in (letters, stripped):
            if name in self._by_name and name not in SAYS_NOTHING:
                return self._by_name[name]
        if len(letters) == 3:
            return self._by_three.get(letters, [])
        place, country = self._country(words)
        if country and (found := self._part(place)):
            return [port for port in found if port.code[:2] == country] or found
        for stop in range(len(words) - 1, 0, -1):  # ROTTERDAM MAASVLAKTE, HAMBURG CTA
            name = _letters(" ".join(words[:stop]))
            if len(name) >= TYPO_FROM_LETTERS - 1 and name in self._by_name and name not in SAYS_NOTHING:
                return self._by_name[name]
        return self._spelt(stripped) or self._misspelt(stripped)

    def _is_city_state(self, name: str) -> bool:
        """Whether a country's name is that of one of its few ports, too: Malta, Kuwait, Gibraltar."""
        country = self._countries[name]
        its_own = any(port.code[:2] == country for port in self._by_name.get(name, ()))
        return its_own and self._ports_of[country] <= _FEW_PORTS

    def _country(self, words: list[str]) -> tuple[str, str]:
        """The words before a country's name or two letters, and these; empty where none stands at the end."""
        for count in (3, 2, 1):
            place, country = " ".join(words[:-count]), "".join(words[-count:])
            code = self._countries.get(
                country, country if count == 1 and len(country) == 2 and country.isalpha() else ""
            )
            if code and len(_letters(place)) >= _PLACE_LETTERS:
                return place, code
        return "", ""

    def _spelt(self, name: str) -> list[Port]:
        """Ports whose name is the same in another spelling of its letters with rings, dots or strokes."""
        if len(name) < _PLACE_LETTERS:
            return []
        names = sorted(self._by_spelling.get(_SPELT_APART.sub("", name), ()))
        return [port for other in names for port in self._by_name[other]]

    def _misspelt(self, name: str) -> list[Port]:
        """Ports whose name is one letter wrong, missing, too many, or swapped with its neighbour; the first is right, for ``RANGOON`` is not
        ``ANGOON``, nor ``TAIZHOU`` ``LAIZHOU``."""
        if len(name) < TYPO_FROM_LETTERS:
            return []
        near = {other for key in (name, *_one_less(name)) for other in self._by_slip.get(key, ())}
        alike = [other for other in sorted(near) if other[0] == name[0] and _one_slip(name, other)]
        return [port for other in alike for port in self._by_name[other]]


def resolve_destination(text: str, ports: PortTable) -> tuple[Port, ...]:
    """Every port a destination may mean; for many texts keep one :class:`Destinations`.

    >>> from tracker.geography.ports import bundled_ports
    >>> [port.code for port in resolve_destination("DE HAM > NL RTM", bundled_ports())]
    ['NLRTM']
    """
    return Destinations(ports).resolve(text)


def _plain(text: str) -> str:
    """Capitals without accents; marks that mean nothing become spaces."""
    folded = unicodedata.normalize("NFKD", text.replace("Ø", "O").replace("ø", "o").replace("@", " ")).upper()
    ascii_only = "".join(c for c in folded if not unicodedata.combining(c)).replace("'", "")
    return " ".join(re.sub(r"[^A-Z0-9>/&+; -]", " ", ascii_only).split())


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _one_less(name: str) -> set[str]:
    """The name with any one letter left out."""
    return {name[:i] + name[i + 1 :] for i in range(len(name))}


def _one_slip(one: str, two: str) -> bool:
    """Equal but for one letter more, less, other, or two neighbours swapped."""
    if abs(len(one) - len(two)) > 1:
        return False
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    if len(one) > len(two):
        return one[start + 1 :] == two[start:]
    if len(one) < len(two):
        return one[start:] == two[start + 1 :]
    swapped = one[start + 1 : start + 2] + one[start : start + 1] + one[start + 2 :] == two[start:]
    return one[start + 1 :] == two[start + 1 :] or swapped


@lru_cache(maxsize=4)
def shared_destinations(ports: PortTable) -> Destinations:
    """One index for all who read destinations against a port table."""
    return Destinations(ports)
