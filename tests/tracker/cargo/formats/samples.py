"""Small made-up papers of other people's forms, about one ship (the Sea Star) and one box."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.read import read_cargo

BOX = "MSKU1234565"
SHIP = "TDT+20+114N+1++MSC:172:20+++9074729:146:11:SEA STAR'"
DCSA_SHIP = {"vesselIMONumber": "9074729", "vesselName": "Sea Star", "vesselCallSign": "OXYZ2"}


def interchange(*messages: str) -> bytes:
    return ("UNB+UNOC:3+A+B+260415:1200+1'" + "".join(messages) + f"UNZ+{len(messages)}+1'").encode()


def message(kind: str, *segments: str, number: int = 1) -> str:
    return f"UNH+{number}+{kind}:D:95B:UN'" + "".join(segments) + f"UNT+{len(segments) + 2}+{number}'"


def coarri(code: str = "270", port: str = "LOC+9+BRSSZ:139:6'", when: str = "202604100200", number: int = 1) -> str:
    return message(
        "COARRI", f"BGM+{code}+X+9'", SHIP, port, f"EQD+CN+{BOX}+45R1:102:5++2+5'", "RFF+BM:MEDUC1'",
        f"DTM+203:{when}:203'", "LOC+11+NLRTM:139:6'", number=number,
    )  # fmt: skip


BAPLIE = message(
    "BAPLIE", "BGM++X+9'", "DTM+137:2604101000:201'", SHIP, "LOC+5+BRSSZ:139:6'", "LOC+61+MAPTM:139:6'",
    "DTM+133:2604100300:201'", "RFF+VON:114N'", "LOC+147+0050302::5'", "MEA+WT++KGM:23000'", "LOC+9+BRSSZ'",
    "LOC+11+NLRTM'", "RFF+BM:MEDUC1'", f"EQD+CN+{BOX}+45R1+++5'", "LOC+147+0050304::5'",
)  # fmt: skip
CODECO = message(
    "CODECO", "BGM+34+X+9'", "NAD+CF+MSC'", f"EQD+CN+{BOX}+45R1'", "DTM+7:202604091200:203'", "LOC+165+BRSSZ'"
)
IFTSTA = message(
    "IFTSTA", "BGM+23+X+9'", "CNI+1'", "STS+1+P::AE:Loaded on Vessel'", "DTM+334:202604100200:203'", "LOC+175+BRSSZ:139:6'",
    SHIP, f"EQD+CN+{BOX}'",
)  # fmt: skip
IFTSAI = message(
    "IFTSAI", "BGM+TS2+X+9'", SHIP, "LOC+9+BRSSZ:139:6'", "DTM+133:202604100300:203'", "LOC+92+MAPTM:139:6'",
    "DTM+132:202604200500:203'", "DTM+133:202604202100:203'", "LOC+11+NLRTM:139:6'", "DTM+132:20260425:102'",
)  # fmt: skip
CUSREP = message(
    "CUSREP", "BGM+98+X+9'", SHIP, "LOC+94+MAPTM'", "LOC+60+NLRTM'", "DTM+132:202604251200:203'", "LOC+61+BEANR'",
)  # fmt: skip
ISA = "ISA*00*          *00*          *ZZ*SOURCE         *ZZ*TARGET         *220524*1120*U*00401*000000001*0*P*>~"


def x12(kind: str, *segments: str) -> bytes:
    body = "".join(segments)
    return (
        f"{ISA}GS*QO*S*T*20260415*1600*1*X*004010~ST*{kind}*0001~{body}SE*{len(segments) + 2}*0001~GE*1*1~IEA*1*000000001~"
    ).encode()


X315 = x12(
    "315", "B4***AE*20260410*0200**MSKU*123456*L**BRSSZ*UN*5~", "N9*BM*MEDUC1~", "N9*EQ*MSKU1234565~",
    "Q2*9074729********114N***L*SEA STAR~", "R4*L*UN*BRSSZ*Santos*BR~", "R4*D*UN*NLRTM*Rotterdam*NL~",
)  # fmt: skip
X323 = x12(
    "323", "V1*9074729*SEA STAR*PA*114N*MSCU***L~", "R4*L*UN*BRSSZ~", "DTM*369*20260410*0300~", "R4*I*UN*MAPTM~",
    "V9*EAD**20260420*0500~", "V9*EDD**20260420*2100~", "R4*D*UN*NLRTM~", "DTM*371*20260425~",
)  # fmt: skip


def stamp(kind: str, when: str, classifier: str = "EST", **more: Any) -> dict[str, Any]:
    return {"eventTypeCode": kind, "eventClassifierCode": classifier, "eventDateTime": when, **more}


def ovs(*calls: dict[str, Any], **ship: Any) -> list[dict[str, Any]]:
    return [{"carrierServiceCode": "FE1", "vesselSchedules": [{**DCSA_SHIP, **ship, "transportCalls": list(calls)}]}]


def ovs_call(place: str, into: str, out: str, *stamps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "carrierImportVoyageNumber": into, "carrierExportVoyageNumber": out,
        "location": {"locationType": "UNLO", "UNLocationCode": place}, "timestamps": list(stamps), **more,
    }  # fmt: skip


OVS = ovs(
    ovs_call("BRSSZ", "113S", "114N", stamp("DEPA", "2026-04-10T03:00:00-03:00", "PLN"), stamp("DEPA", "2026-04-10T04:00:00-03:00")),
    ovs_call("MAPTM", "114N", "114N", stamp("ARRI", "2026-04-20T04:00:00Z"), stamp("DEPA", "2026-04-20T20:00:00Z"), statusCodes=["OMIT"]),
    ovs_call("NLRTM", "114N", "115S", stamp("ARRI", "2026-04-25T10:00:00Z")),
)  # fmt: skip


def event(
    code: str = "LOAD", when: str = "2026-04-10T02:00:00-03:00", place: str = "BRSSZ", **more: Any
) -> dict[str, Any]:
    payload = {
        "eventClassifierCode": "ACT", "eventDateTime": when, "equipmentEventTypeCode": code, "equipmentReference": BOX,
        "transportCall": {
            "modeOfTransport": "VESSEL", "location": {"UNLocationCode": place}, "carrierExportVoyageNumber": "114N",
            "vessel": {"vesselIMONumber": "9074729", "name": "Sea Star"},
        },
        "relatedDocumentReferences": [{"type": "TRD", "value": "MEDUC1"}], **more,
    }  # fmt: skip
    return {
        "metadata": {"eventID": "E1", "eventCreatedDateTime": "2026-04-10T09:00:00Z", "eventType": "EQUIPMENT"},
        "payload": payload,
    }


CSV = (
    "imo,craft_name,voyage_number,location,arrive,depart,status\n"
    "9074729,SEA STAR,114N,BRSSZ,,2026-04-10T06:00:00Z,\n"
    "9074729,SEA STAR,114N,MAPTM,2026-04-20T04:00:00Z,2026-04-20T20:00:00Z,OMIT\n"
    "9074729,SEA STAR,114N,NLRTM,2026-04-25T10:00:00Z,,\n"
)


def read(tmp_path: Path, *contents: bytes | str | list[Any]) -> CargoBook:
    """What is read of some files."""
    paths = []
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.edi"
        text = json.dumps(content) if isinstance(content, list) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        paths.append(path)
    return read_cargo(paths, p.locate)
