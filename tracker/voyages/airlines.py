"""Airline designators: two characters on papers (IATA), three letters on the air (ICAO Doc 8585).

An air waybill or a flight manifest says ``AF077``; the transponder says ``AFR77`` (or ``AFR077``, ``AF77``). The table below holds
carriers of scheduled air cargo; a designator outside it is compared by letters (``letters_agree``), which is weaker.

Behind the designator stand one to four characters (ICAO Doc 4444, item 7: seven in all), the first a figure: a number, with or without an operational suffix, or an
*alphanumeric* call sign (``RYR8AB``, ``AFR07KM``, ``BAW7C2``), which airlines give so that similar numbers are not mistaken. It stands in no relation to the flight
number, so papers that say the number do not find it; papers that say the call sign (``RYR8AB`` or ``FR 8AB``) do, and those that name the 24-bit address.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_TABLE: Final = """
5X UPS  5Y GTI  7L AZG  9W JAI  A3 AEE  AA AAL  AC ACA  AF AFR  AI AIC  AM AMX  AR ARG  AS ASA  AT RAM  AV AVA  AY FIN  AZ ITY
B6 JBU  BA BAW  BR EVA  BY TOM  C8 ICV  CA CCA  CI CAL  CK CKK  CM CMP  CV CLX  CX CPA  CZ CSN  D0 DHK  D7 XAX  DE CFG  DL DAL
DY NOZ  EI EIN  EK UAE  ER TSE  ET ETH  EW EWG  EY ETD  F9 FFT  FI ICE  FR RYR  FX FDX  FZ FDB  G9 ABY  GA GIA  GF GFA  GG KYE
GS GCR  HA HAL  HO DKH  HU CHH  HV TRA  HX CRK  IB IBE  IX AXB  J2 AHY  JL JAL  JU ASL  K4 CKS  KA HDA  KC KZR  KE KAL  KL KLM
KQ KQA  KU KAC  KZ NCA  LA LAN  LD AHK  LH DLH  LO LOT  LX SWR  LY ELY  M3 LTG  M6 AJT  MB MNB  ME MEA  MF CXA  MH MAS  MP MPH
MS MSR  MU CES  NH ANA  NK NKS  NZ ANZ  O3 CSS  OK CSA  OS AUA  OU CTN  OZ AAR  PC PGT  PK PIA  PO PAC  PR PAL  PS AUI  PX ANG
QF QFA  QR QTR  QY BCS  RH HKC  RJ RJA  RO ROT  RU ABW  S7 SBI  SA SAA  SK SAS  SN BEL  SQ SIA  SU AFL  SV SVA  SZ SMR  TG THA
TK THY  TO TVF  TP TAP  TR TGW  TS TSC  TU TAR  TW TWB  U2 EZY  U6 SVR  UA UAL  UL ALK  UX AEA  VA VOZ  VB VIV  VJ VJC  VN HVN
VS VIR  VY VLG  W5 IRM  W6 WZZ  WF WIF  WN SWA  WS WJA  WY OMA  Y8 YZR  YG HYT  YP APZ
"""
ICAO_OF_IATA: Final = dict(zip(_TABLE.split()[::2], _TABLE.split()[1::2], strict=True))
"""ICAO designator of an IATA one."""

_ICAO_FORM: Final = re.compile(r"([A-Z]{3})(\d{1,4})([A-Z][A-Z0-9]{0,2}|)")
_IATA_FORM: Final = re.compile(r"([A-Z][A-Z0-9]|[0-9][A-Z])(\d{1,4})([A-Z][A-Z0-9]{0,2}|)")
_LONGEST: Final = 4
"""Characters behind the designator; a number of four figures may have a suffix, too, on papers."""


class FlightNumber(NamedTuple):
    """A flight number or call sign taken apart; the designator is ICAO's where the table knows it, the suffix all that follows the first figures."""

    designator: str
    number: int
    suffix: str


def parse_flight(text: str) -> FlightNumber | None:
    """A flight number or call sign as designator, number without leading zeros, and what follows it.

    >>> parse_flight("AF077") == parse_flight("AFR77") == parse_flight("af 0077")
    True
    >>> parse_flight("FR 8AB") == parse_flight("RYR8AB") == parse_flight("RYR08AB"), parse_flight("RYR8AB") == parse_flight("RYR8")
    (True, False)
    """
    compact = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
    found = _ICAO_FORM.fullmatch(compact) or _IATA_FORM.fullmatch(compact)
    if found is None:
        return None
    designator, number, suffix = found.groups()
    if len((number.lstrip("0") or "0") + suffix) > _LONGEST + (len(suffix) == 1):
        return None
    return FlightNumber(ICAO_OF_IATA.get(designator, designator), int(number), suffix)


def letters_agree(papers: str, heard: str) -> bool:
    """Whether a designator of unknown carrier could be the heard one: its letters stand in it in order (``XQ`` in ``SXQ``).

    False for two designators of the same length, and where the table knows the one on the papers.
    """
    if len(papers) != 2 or len(heard) != 3:
        return False
    rest = iter(heard)
    return all(letter in rest for letter in papers)
