"""What crews type, and which ports it may mean."""

from __future__ import annotations

import pytest

from tracker.geography.destinations import SAYS_NOTHING, Destinations, resolve_destination
from tracker.geography.ports import Port, bundled_ports

WORLD = Destinations(bundled_ports())


def codes(text: str) -> set[str]:
    return {port.code for port in WORLD.resolve(text)}


@pytest.mark.parametrize(
    "text",
    [
        "NLRTM", "NL RTM", ">NL RTM", " nl rtm ", "NLRTM@@@@", "ROTTERDAM", "Rotterdam.", "PORT OF ROTTERDAM", "ROTTERDAM VIA DOVER",
        "DE HAM > NL RTM", "DEHAM>NLRTM", "DEHAM->NLRTM", "HAMBURG TO ROTTERDAM", "NLRTM ECT", "ROTTERDAM PILOT", "ROTTERDAM MAASVLAKTE",
        "ROTERDAM", "ROTTERDAN", "ROTTTERDAM", "ROTTEDRAM", "R'DAM",
    ],
)  # fmt: skip
def test_one_port_in_many_spellings(text: str) -> None:
    assert "NLRTM" in codes(text)
    assert not codes(text) & {"DEHAM", "GBDVR"}


@pytest.mark.parametrize(
    "text", ["", "   ", "@@@@", ">", "FOR ORDERS", "SEA", "AT SEA", "FISHING", "AT ANCHOR", "UNKNOWN", "-", "1234", "N/A", "QXZJWK"]
)  # fmt: skip
def test_what_names_no_port_says_nothing(text: str) -> None:
    assert codes(text) == set()


def test_no_word_that_says_nothing_is_read_as_a_port() -> None:
    assert {word: codes(word) for word in SAYS_NOTHING if codes(word)} == {}


def test_several_ports_in_one_text_are_all_candidates() -> None:
    assert {"NLRTM", "BEANR"} <= codes("RTM/ANR")
    assert {"NLRTM", "GBHUL"} <= codes("ROTTERDAM<>HULL")


def test_a_shared_name_gives_every_port_of_it() -> None:
    ports = [Port("GBPTL", "Portland", "GB", 50.6, -2.4), Port("USPDX", "Portland", "US", 45.6, -122.7)]
    assert {port.code for port in Destinations(type(bundled_ports())(ports)).resolve("PORTLAND")} == {"GBPTL", "USPDX"}


def test_short_names_must_be_right() -> None:
    assert "FRBES" in codes("BREST")
    assert "FRBES" not in codes("BRESS")


def test_every_code_of_the_table_is_its_own_port() -> None:
    for port in bundled_ports().ports[::97]:
        assert codes(port.code) == {port.code}
        assert codes(f">{port.code[:2]} {port.code[2:]}") == {port.code}


def test_the_function_is_the_class() -> None:
    assert resolve_destination("NL RTM", bundled_ports()) == WORLD.resolve("NL RTM")


@pytest.mark.parametrize(
    "text", ["DOVER STRAIT", "GIBRALTAR STRAIT", "ENGLISH CHANNEL", "MALACCA STRAIT", "BAY OF BISCAY"]
)
def test_waters_are_no_ports(text: str) -> None:
    assert codes(text) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [("A COR UNA ANCH", "ESLCG"), ("LA CORUNA", "ESLCG"), ("NLRTM-DEHAM", "DEHAM"), ("ST PETERSBURG", "RULED"), ("SUEZ CANAL", "EGSCN")],
)  # fmt: skip
def test_names_the_bundled_table_lacks_or_shares(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ANTWERP", "BEANR"), ("GENOA", "ITGOA"), ("BUSAN", "KRPUS"), ("SEATTLE", "USSEA"), ("SEMARANG", "IDSRG"), ("CEBU", "PHCEB"),
        ("FUNCHAL", "PTFNC"), ("IZMIT", "TRIZT"), ("ODESA", "UAODS"), ("SAIGON", "VNSGN"), ("KOLKATA", "INCCU"),
    ],
)  # fmt: skip
def test_great_ports_by_the_names_crews_use(text: str, code: str) -> None:
    assert code in codes(text)


BUSIEST = """
CNSHA SHANGHAI; SGSIN SINGAPORE,SGP; CNNGB NINGBO,CNNBO,CNNBG,BEILUN; CNZOS ZHOUSHAN; CNTAO QINGDAO,CNQDG,QIANWAN; CNCAN GUANGZHOU,CNGGZ
KRPUS BUSAN,PUSAN,KR BNP; CNTSN TIANJIN,CNTXG; HKHKG HONG KONG,HONGKONG; NLRTM ROTTERDAM; AEJEA JEBEL ALI; MYPKG PORT KLANG,KLANG,WESTPORTS
BEANR ANTWERP,ANTWERPEN; CNXMN XIAMEN,CNXAM; MYTPP TANJUNG PELEPAS,TG PELEPAS,PTP; TWKHH KAOHSIUNG; USLAX LOS ANGELES; DEHAM HAMBURG
USLGB LONG BEACH,LONGBEACH; VNSGN HO CHI MINH,CAT LAI,VN CLI; USNYC NEW YORK; LKCMB COLOMBO; IDJKT JAKARTA,TG PRIOK; THLCH LAEM CHABANG
CNDLC DALIAN,CNDAL; MAPTM TANGER MED; INMUN MUNDRA; INNSA NHAVA SHEVA,JNPT; GRPIR PIRAEUS; ESVLC VALENCIA; ESALG ALGECIRAS; USSAV SAVANNAH
VNHPH HAIPHONG; PHMNL MANILA; CNYIK YINGKOU; CNBAY BAYUQUAN,CNBYQ; CNRZH RIZHAO; CNSHP QINHUANGDAO; CNTAS TANGSHAN,JINGTANG,CNTGS
CNCFD CAOFEIDIAN; CNFAN FANGCHENGGANG; DEBRV BREMERHAVEN; SAJED JEDDAH; EGPSD PORT SAID,EGPSE; JPTYO TOKYO; JPYOK YOKOHAMA; JPUKB KOBE
JPNGO NAGOYA; JPOSA OSAKA; JPHKT HAKATA,FUKUOKA; PABLB BALBOA; BRSSZ SANTOS; BRITQ SAO LUIS,PONTA DA MADEIRA,BR PMA; USSEA SEATTLE
CAVAN VANCOUVER; USHOU HOUSTON; USLCH LAKE CHARLES; USPDX PORTLAND; USILM WILMINGTON; USCRP CORPUS CHRISTI; OMSLL SALALAH; TRAMR AMBARLI,TR AMB
ITGIT GIOIA TAURO; ITGOA GENOA,GENOVA; ITNAP NAPOLI,NAPLES; ITVCE VENEZIA,VENICE; HRRJK RIJEKA; FRLEH LE HAVRE; FRNTE NANTES; FRMTX MONTOIR
FRSNR ST NAZAIRE; GBFXT FELIXSTOWE; GBMLF MILFORD HAVEN; GBTEE TEESPORT,TEES; NLTNZ TERNEUZEN; PLGDN GDANSK; RULED ST PETERSBURG,SPB
DKAAR AARHUS,ARHUS; GREEU ELEFSIS; TRCEY CEYHAN; TRYAL YALOVA; SADMN DAMMAM,SADMM; SAYNB YANBU; SAJUT JUAYMAH; SAKAC KING ABDULLAH
BHKBS KHALIFA BIN SALMAN; AEKLF KHOR FAKKAN; AEKHL KHALIFA PORT; AERUW RUWAIS; IQBSR BASRAH; IRKHK KHARG; IRBKM BANDAR IMAM KHOMEINI
PKBQM PORT QASIM,QASIM; INIXY KANDLA,DEENDAYAL; INCOK COCHIN,KOCHI; MMRGN YANGON,RANGOON; IDSUB SURABAYA,TG PERAK; IDMAC MAKASSAR,IDMAK
NGLKK LEKKI; ZAZBA NGQURA; AUPWL CAPE LAMBERT; AUHPT HAY POINT,DALRYMPLE BAY; AUBTB PORT BOTANY,AUPBT; CUHAV LA HABANA; CWWIL CURACAO
"""


def test_the_busiest_ports_by_code_and_by_what_crews_type() -> None:
    lost = []
    for port in BUSIEST.replace("\n", ";").split(";"):
        if code := port.strip()[:5]:
            texts = [code, f"{code[:2]} {code[2:]}", *port.strip()[6:].split(",")]
            lost += [(text, codes(text)) for text in texts if code not in codes(text)]
    assert lost == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("KINGSTON, JAMAICA", {"JMKIN"}), ("ALEXANDRIA EG", {"EGALY"}), ("RIGA_ LATVIA", {"LVRIX"}), ("RAS TANNURA K.S.A.", {"SARTA"}),
        ("BODOE", {"NOBOO"}), ("GOETEBORG", {"SEGOT"}), ("GRENA-VARBERG-GRENA", {"DKGRE", "SEVAG"}), ("NLTNZ00130LOCKB00140", {"NLTNZ"}),
        ("UST-LUGA", {"RUULU"}), ("ES-BCN", {"ESBCN"}),
    ],
)  # fmt: skip
def test_countries_spellings_ferries_and_inland_codes(text: str, wanted: set[str]) -> None:
    assert codes(text) == wanted


def test_the_first_letter_is_no_slip() -> None:
    assert codes("RANGOON") == {"MMRGN"}
    assert "CNLAI" not in codes("TAIZHOU")
    assert codes("TERSAN") == set()


@pytest.mark.parametrize(
    "text",
    [
        "BRAZIL",
        "MEXICO",
        "TURKEY",
        "PANAMA",
        "ARGENTINA",
        "ALGERIA",
        "CHINA",
        "MED",
        "SAR",
        "ALL CHINESE CREW",
        "VSL NO LINK ISRAEL",
    ],
)
def test_countries_seas_and_messages_to_pirates_name_no_port(text: str) -> None:
    """Crews in the Red Sea type who they are, so as not to be shot at; Brazil, Mexico and Turkey are towns in the United States, too."""
    assert codes(text) == set()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SINGAPORE", {"SGSIN"}), ("MALTA", {"MTMLA"}), ("GIBRALTAR", {"GIGIB"}), ("ARA", {"NLRTM", "NLAMS", "BEANR"}), ("SANTOS, BRAZIL", {"BRSSZ"}),
        ("NEWCASTLE", {"AUNTL", "CANCT", "GBNCL"}), ("FUJ", {"AEFJR"}), ("BIK", {"IRBKM"}),
    ],
)  # fmt: skip
def test_city_states_ranges_and_what_crews_shorten_are_ports(text: str, wanted: set[str]) -> None:
    assert codes(text) == wanted
