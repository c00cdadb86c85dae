"""Places on papers, read as ports: a code among words, a name with its country, a name in another language.

::

    NLRTM - Rotterdam   Rotterdam (NLRTM)   ROTTERDAM [NL RTM]      the code counts
    Rotterdam, NL   Portland, Maine, USA   ANTWERP BELGIUM           the name, in that country
    PORT OF ANTWERP   Puerto de Amberes   Hafen Hamburg              what says port is left out; great ports are known in several languages
    Hamburg   Halifax                                                of several ports of one name the great one, where there is one
    Portland   Cartagena   Manzanillo                                several, and none so much greater: nothing is taken, all are told

Nothing is guessed from a misspelt name; what it may mean is told as an alternative.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tracker.geography.destinations import Destinations, shared_destinations
from tracker.geography.ports import Port

_GREAT: Final = frozenset(
    [
        "EGALY",
        "NLAMS",
        "PABLB",
        "USBAL",
        "GBBEL",
        "FRBES",
        "BBBGI",
        "ESCAD",
        "CRCAL",
        "PAONX",
        "FRDKK",
        "MXESE",
        "CAHAL",
        "DEHAM",
        "CUHAV",
        "GBHUL",
        "GBLIV",
        "ESAGP",
        "ITNAP",
        "UAODS",
        "NOOSL",
        "ZAPLZ",
        "CGPNR",
        "CLSAI",
        "RULED",
        "AUSYD",
        "CAVAN",
        "ITVCE",
        "JMKIN",
        "INCOK",
        "NGLOS",
        "BRRIO",
        "BRRIG",
        "PRSJU",
        "CWWIL",
        "BSFPO",
        "USBOS",
        "USCHS",
        "HNLCE",
        "KNBAS",
        "HKHKG",
    ]
)
"""Of several ports of one name the one that papers mean when they say no country (ours: by throughput, tens of times the others')."""
_IN_OTHER_LANGUAGES: Final = {
    "BEANR": "AMBERES ANTUERPIA ANVERSA ANTWERPIA", "BEZEE": "ZEEBRUJAS", "BEGNE": "GANTE GAND", "NLRTM": "ROTERDAM ROTERDA ROTERDAO", "NLVLI": "FLESINGA FLESSINGUE VLISSINGEN", "GBLON": "LONDRES LONDEN LONDRA",
    "DEHAM": "HAMBURGO HAMBOURG AMBURGO", "DEBRE": "BREMA BREME", "DEBRV": "BREMERHAVEN", "FRLEH": "ELHAVRE HAVRE OHAVRE", "FRMRS": "MARSELLA MARSIGLIA MARSELHA MARSEILLES", "FRDKK": "DUNQUERQUE DUNKERQUE DUINKERKEN",
    "ITGOA": "GENES GENUA GENOVA", "ITNAP": "NAPOLES NEAPEL NAPOLI", "ITVCE": "VENECIA VENISE VENEDIG VENEZA", "ITTRS": "TRIESTRE TRIEST", "ITLIV": "LIVOURNE LIORNA LIVORNO", "DKCPH": "COPENHAGUE KOPENHAGEN",
    "SESTO": "ESTOCOLMO", "SEGOT": "GOTEMBURGO GOTHEMBOURG", "PTLIS": "LISBONNE LISSABON LISBON", "ESALG": "ALGESIRAS", "ESVLC": "VALENCE", "ESBCN": "BARCELONE", "DZALG": "ARGEL ALGER", "MATNG": "TANGER TANGIER", "EGALY": "ALEJANDRIA ALEXANDRIE",
    "TRIST": "ESTAMBUL", "GRPIR": "ELPIREO LEPIREE PIREO PIREE PIRAUS", "ROCND": "CONSTANZA KONSTANZA", "SGSIN": "SINGAPUR SINGAPOUR SINGAPURA", "CNSHA": "XANGAI SHANGAI SCHANGHAI", "JPTYO": "TOKIO TOQUIO", "USNYC": "NUEVAYORK NOVAIORQUE NEWYORKNY",
    "USPHL": "FILADELFIA PHILADELPHIE", "USMSY": "NUEVAORLEANS LANOUVELLEORLEANS", "ZACPT": "CIUDADDELCABO LECAP KAPSTADT KAAPSTAD CIDADEDOCABO", "ZADUR": "DURBAM", "PLGDN": "DANTZIG", "LVRIX": "RIGA", "RULED": "SANPETERSBURGO",
    "BRRIO": "RIODEJANEIRO", "UYMVD": "MONTEVIDEU", "ARBUE": "BUENOSAYRES", "CUHAV": "LAHAVANE", "VELAG": "LAGUAIRA", "EGPSD": "PORTSAID PUERTOSAID", "LBBEY": "BEYROUTH BEIRUTE", "CYLMS": "LIMASOL", "HKHKG": "HONGKONGSAR",
}  # fmt: skip
_COUNTRIES: Final = {
    "AE": "EMIRATOSARABESUNIDOS EMIRATSARABESUNIS", "AR": "ARGENTINE ARGENTINIEN", "AU": "AUSTRALIE AUSTRALIEN", "BE": "BELGIUM BELGICA BELGIQUE BELGIEN BELGIE BELGIO", "BR": "BRAZIL BRASIL BRESIL BRASILIEN BRASILE",
    "CA": "KANADA", "CL": "CHILI", "CN": "CHINE KINA PEOPLESREPUBLICOFCHINA", "CO": "COLOMBIE KOLUMBIEN", "CU": "KUBA", "CW": "CURAZAO", "CY": "CHIPRE CHYPRE ZYPERN", "DE": "GERMANY ALEMANIA ALLEMAGNE ALEMANHA DEUTSCHLAND DUITSLAND GERMANIA",
    "DK": "DENMARK DINAMARCA DANEMARK DANMARK DENEMARKEN", "DO": "REPUBLICADOMINICANA REPUBLIQUEDOMINICAINE", "DZ": "ALGERIA ARGELIA ALGERIE ALGERIEN", "EC": "EQUATEUR", "EE": "ESTLAND", "EG": "EGIPTO EGYPTE AGYPTEN EGITO", "ES": "SPAIN ESPANA ESPAGNE ESPANHA SPANIEN SPANJE SPAGNA",
    "FI": "FINLANDIA FINLANDE FINNLAND", "FR": "FRANCIA FRANCA FRANKREICH FRANKRIJK", "GB": "UNITEDKINGDOM REINOUNIDO ROYAUMEUNI GREATBRITAIN GRANBRETANA GROSSBRITANNIEN VERENIGDKONINKRIJK WALES NORTHERNIRELAND INGLATERRA ANGLETERRE REGNOUNITO",
    "GR": "GREECE GRECIA GRECE GRIECHENLAND", "HK": "HONGKONG", "ID": "INDONESIE", "IE": "IRELAND IRLANDA IRLANDE IRLAND", "IL": "ISRAEL", "IN": "INDE INDIEN", "IT": "ITALY ITALIA ITALIE ITALIEN", "JP": "JAPAN JAPON JAPAO GIAPPONE", "KR": "SOUTHKOREA COREADELSUR COREEDUSUD REPUBLICOFKOREA KOREASOUTH",
    "LK": "SRILANKA", "LT": "LITAUEN", "LV": "LETTLAND", "MA": "MOROCCO MARRUECOS MAROC MARROCOS MAROKKO MAROCCO", "MT": "MALTE", "MX": "MEXIQUE MEJICO MEXIKO", "MY": "MALASIA MALAISIE", "NL": "NETHERLANDS THENETHERLANDS PAISESBAJOS PAYSBAS PAISESBAIXOS NIEDERLANDE NEDERLAND HOLANDA HOLLANDE OLANDA PAESIBASSI",
    "NO": "NORWAY NORUEGA NORVEGE NORWEGEN NORVEGIA", "NZ": "NEWZEALAND NUEVAZELANDA", "PA": "PANAMA", "PE": "PERU PEROU", "PH": "FILIPINAS", "PL": "POLAND POLONIA POLOGNE POLEN", "PT": "PORTUGAL PORTOGALLO", "RO": "ROMANIA RUMANIA ROUMANIE RUMANIEN",
    "RU": "RUSSIA RUSIA RUSSIE RUSSLAND RUSSIANFEDERATION", "SA": "SAUDIARABIA ARABIASAUDITA ARABIESAOUDITE", "SE": "SWEDEN SUECIA SUEDE SCHWEDEN SVEZIA", "SG": "SINGAPORE", "TH": "TAILANDIA THAILANDE", "TN": "TUNISIA TUNEZ TUNISIE", "TR": "TURKEY TURQUIA TURQUIE TURKEI TURKIYE TURCHIA",
    "TW": "TAIWAN", "UA": "UKRAINE UCRANIA", "US": "UNITEDSTATES UNITEDSTATESOFAMERICA ESTADOSUNIDOS ETATSUNIS EEUU EUA STATIUNITI VEREINIGTESTAATEN", "UY": "URUGUAI", "VE": "VENEZUELA", "VN": "VIETNAM", "ZA": "SOUTHAFRICA SUDAFRICA AFRIQUEDUSUD SUDAFRIKA AFRICADOSUL",
    "CH": "SWITZERLAND SUIZA SUISSE SCHWEIZ SUICA SVIZZERA ZWITSERLAND", "AT": "AUSTRIA AUTRICHE OSTERREICH OOSTENRIJK", "LU": "LUXEMBOURG LUXEMBURG LUXEMBURGO", "CZ": "CZECHREPUBLIC CZECHIA REPUBLICACHECA", "HU": "HUNGARY HUNGRIA HONGRIE UNGARN", "SK": "SLOVAKIA ESLOVAQUIA",
    "RS": "SERBIA", "BO": "BOLIVIA", "PY": "PARAGUAY", "GT": "GUATEMALA", "HN": "HONDURAS", "SV": "ELSALVADOR", "NI": "NICARAGUA", "CR": "COSTARICA", "CI": "IVORYCOAST COTEDIVOIRE COSTADEMARFIL", "SN": "SENEGAL", "GH": "GHANA", "NG": "NIGERIA", "KE": "KENYA", "TZ": "TANZANIA", "AO": "ANGOLA", "MZ": "MOZAMBIQUE",
    "IR": "IRAN", "IQ": "IRAQ", "JO": "JORDAN", "LB": "LEBANON", "SY": "SYRIA", "PK": "PAKISTAN", "BD": "BANGLADESH", "KH": "CAMBODIA", "MM": "MYANMAR", "KZ": "KAZAKHSTAN", "BY": "BELARUS", "IS": "ICELAND ISLANDIA", "HR": "CROATIA CROACIA", "SI": "SLOVENIA", "BG": "BULGARIA", "AL": "ALBANIA", "GE": "GEORGIA", "CM": "CAMEROON CAMEROUN",
}  # fmt: skip
_THREE_LETTERS: Final = {
    "NLD": "NL", "BEL": "BE", "DEU": "DE", "GER": "DE", "FRA": "FR", "ESP": "ES", "PRT": "PT", "ITA": "IT", "GBR": "GB", "IRL": "IE", "USA": "US", "CAN": "CA", "MEX": "MX", "BRA": "BR", "ARG": "AR", "CHL": "CL", "PER": "PE", "COL": "CO", "ECU": "EC",
    "VEN": "VE", "CHN": "CN", "JPN": "JP", "KOR": "KR", "IND": "IN", "SGP": "SG", "HKG": "HK", "TWN": "TW", "VNM": "VN", "THA": "TH", "MYS": "MY", "IDN": "ID", "AUS": "AU", "NZL": "NZ", "ZAF": "ZA", "MAR": "MA", "EGY": "EG", "TUR": "TR", "GRC": "GR",
    "POL": "PL", "SWE": "SE", "NOR": "NO", "DNK": "DK", "FIN": "FI", "RUS": "RU", "UKR": "UA", "CHE": "CH", "AUT": "AT", "ARE": "AE", "SAU": "SA", "PAN": "PA", "CRI": "CR", "DOM": "DO", "CUB": "CU", "NGA": "NG", "DZA": "DZ", "TUN": "TN", "ISR": "IL",
}  # fmt: skip
_PORT_WORDS: Final = re.compile(
    r"^(?:SEA)?(?:PORT|PUERTO|PTO|PORTO|HAFEN|SEEHAFEN|HAVEN)(?: OF| DE LA| DE| DEL| D| DU| DI| VAN)? |^TERMINAL |[ -](?:PORT|HARBOUR|HARBOR|HAFEN|HAVEN|TERMINAL)$"
)
_BRACKETS: Final = re.compile(r"[(\[]([^)\]]*)[)\]]")
_PARTS: Final = re.compile(r"\s*[,;/|]\s*|\s+[-–]\s+|-(?=[A-Z]{2}$)")
_CODE: Final = re.compile(r"\b([A-Z]{2}) ?([A-Z2-9]{3})\b")
_STATES: Final = frozenset(
    [
        "AL",
        "AK",
        "CA",
        "CT",
        "DE",
        "FL",
        "GA",
        "HI",
        "IL",
        "IN",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "MN",
        "MS",
        "NH",
        "NJ",
        "NY",
        "NC",
        "OH",
        "OR",
        "PA",
        "RI",
        "SC",
        "TX",
        "VA",
        "WA",
        "WI",
        "MAINE",
        "OREGON",
        "WASHINGTON",
        "CALIFORNIA",
        "TEXAS",
        "FLORIDA",
        "VIRGINIA",
        "LOUISIANA",
        "GEORGIA",
        "MARYLAND",
        "DELAWARE",
        "ALABAMA",
    ]
)
_ALSO_ELSEWHERE: Final = frozenset({"NEWPORT"})
"""Names of one port of the table that ports bear, too, which the table lacks (GBNPT): by such a name alone nothing is taken."""
_SAME_DEG: Final = 0.5
"""Ports of one name so near each other are one place under two codes."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names. ``port`` is None where nothing can be taken; ``others`` are what it may mean as well, or instead."""

    port: Port | None
    others: tuple[Port, ...] = ()


class PlaceNames:
    """Reads places against one index of ports."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._languages = {name: code for code, names in _IN_OTHER_LANGUAGES.items() for name in names.split()}
        self.named = lru_cache(8192)(self._named)
        """What a text names; texts that were read are remembered."""

    def _named(self, text: str) -> Named:
        plain = _folded(text)
        for found in _CODE.finditer(plain):
            of_code = self._destinations.of_code(found[1] + found[2])
            if of_code and (
                " " not in found[0]
                or len(plain) == len(found[0])
                or plain[found.start() - 1 : found.start()] in ("(", "[")
            ):
                return Named(of_code[0])
        parts = [part for part in _PARTS.split(_BRACKETS.sub(r", \1", plain).strip(" ,")) if part]
        if not parts:
            return Named(None)
        said = [code for part in parts[1:] if (code := country_code(part))]
        country = next((code for code in said if code in _known_countries()), "")
        if parts[1:] and not country and any(part in _STATES for part in parts[1:]):
            country = "US"
        name = parts[0]
        ports = self._ports(name)
        if not ports and len(parts) == 1:
            words = name.split()
            for count in (1, 2, 3):
                if (
                    len(words) > count
                    and (code := country_code(" ".join(words[-count:])))
                    and (ports := self._ports(" ".join(words[:-count])))
                ):
                    country = code
                    break
        if country:
            in_state = any(part in _STATES for part in parts[1:])
            ports = [p for p in ports if p.code[:2] == country] or [p for p in ports if in_state and p.code[:2] == "US"]
        if not country and name in _ALSO_ELSEWHERE:
            return Named(None, tuple(ports))
        return (
            self._chosen(ports)
            if ports
            else Named(None, tuple({port.code: port for port in self._destinations.resolve(text)}.values())[:4])
        )

    def _ports(self, name: str) -> list[Port]:
        plain = _PORT_WORDS.sub("", name).strip()
        for one in dict.fromkeys((name, plain)):
            if found := self._destinations.named(one):
                return found
            code = self._languages.get("".join(c for c in one if c.isalnum()))
            if code and (of_code := self._destinations.of_code(code)):
                return of_code
        return []

    def _chosen(self, ports: list[Port]) -> Named:
        """Of ports of one name the one that is meant."""
        great = [port for port in ports if port.code in _GREAT]
        first = great[0] if great else ports[0]
        others = tuple(
            port for port in {port.code: port for port in ports}.values()
            if port.code != first.code and abs(port.lat_deg - first.lat_deg) + abs(port.lon_deg - first.lon_deg) > _SAME_DEG
        )  # fmt: skip
        return Named(first, others) if great or not others else Named(None, (first, *others))


def other_places(text: str) -> tuple[Port, ...]:
    """What a name may mean beside, or instead of, what it is taken for; of the bundled ports."""
    from tracker.geography.ports import bundled_ports  # noqa: PLC0415 - a table of a megabyte

    return shared_place_names(shared_destinations(bundled_ports())).named(text).others


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """The two letters of a country by its name in one of several languages, or by its code of two or three letters; empty where it is none.

    >>> [country_code(text) for text in ("NL", "United Kingdom", "Países Bajos", "The Netherlands", "DEU", "Maine")]
    ['NL', 'GB', 'NL', 'NL', 'DE', '']
    """
    letters = "".join(c for c in _folded(text) if c.isalpha())
    if len(letters) == 2:
        return letters if letters not in ("UK", "EL") else {"UK": "GB", "EL": "GR"}[letters]
    return _THREE_LETTERS.get(letters) or _country_names().get(letters, "")


@lru_cache(maxsize=1)
def _known_countries() -> frozenset[str]:
    return frozenset(_country_names().values())


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    from tracker.geography.ports import bundled_ports  # noqa: PLC0415 - a table of a megabyte

    names: dict[str, str] = {}
    for port in bundled_ports().ports:
        if len(port.code) == 5:
            names.setdefault("".join(c for c in _folded(port.country) if c.isalpha()), port.code[:2])
    names |= {name: code for code, known in _COUNTRIES.items() for name in known.split()}
    return names | {
        "ENGLAND": "GB",
        "SCOTLAND": "GB",
        "UAE": "AE",
        "KSA": "SA",
        "PRC": "CN",
        "KOREA": "KR",
        "HOLLAND": "NL",
    }


def _folded(text: str) -> str:
    """Capitals without accents."""
    plain = unicodedata.normalize(
        "NFKD", text.replace("Ø", "O").replace("ø", "o").replace("ß", "ss").replace("'", " ").replace("’", " ")
    )
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).upper().split())


@lru_cache(maxsize=4)
def shared_place_names(destinations: Destinations) -> PlaceNames:
    """One for all who read places against an index."""
    return PlaceNames(destinations)
