"""What offices call the columns of their lists, in English, Spanish, French, Portuguese, Italian, German and Dutch.

A header is folded before it is looked up: no accents, no capitals, no unit in brackets, none of the small words (``no``, ``of``, ``numero``, ``del``, ...).
``EXTRA`` are what a mapping may name beside our own columns: two things in one column, and the declared times of loading and discharge.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

from tracker.cargo.fields import CSV_SHAPES, PARTIES

EXTRA: Final = {
    "craft_and_voyage": "Ship's name and voyage number in one column: `SEA STAR / 114N`.",
    "container_and_type": "Container number and its type in one column: `CSQU3054383 / 40HC`.",
    "loading_depart": "Declared departure from the place of loading (ETD).",
    "discharge_arrive": "Declared arrival at the place of discharge (ETA).",
}
"""Fields of a mapping that are no columns of ours, and what they are."""

NOT_READ: Final = "-"
"""A header that is known, and that we have no use for."""

_SMALL: Final = frozenset(
    [
        "no",
        "nr",
        "num",
        "number",
        "numero",
        "numeros",
        "nummer",
        "n",
        "of",
        "the",
        "de",
        "del",
        "du",
        "des",
        "da",
        "do",
        "das",
        "dos",
        "d",
        "l",
        "la",
        "le",
        "les",
        "el",
        "los",
        "las",
        "di",
        "der",
        "die",
        "das",
        "den",
        "dem",
        "van",
        "het",
        "of",
        "in",
        "en",
        "et",
        "e",
        "y",
        "a",
        "al",
        "au",
        "aux",
        "per",
        "pour",
        "para",
    ]
)
_UNITS: Final = {
    "kg": "kg", "kgs": "kg", "kgm": "kg", "kilo": "kg", "kilos": "kg", "kilogram": "kg", "kilograms": "kg", "kilogramos": "kg", "kilogrammes": "kg",
    "lb": "lb", "lbs": "lb", "lbr": "lb", "pounds": "lb", "libras": "lb", "livres": "lb",
    "t": "t", "ton": "t", "tons": "t", "tonne": "t", "tonnes": "t", "mt": "t", "tne": "t", "mts": "t", "toneladas": "t", "tm": "t", "tonnen": "t", "to": "t", "g": "g", "gr": "g",
}  # fmt: skip
_OTHER_UNITS: Final = frozenset(["cbm", "m3", "cft", "cuft", "pcs", "usd", "eur", "c", "f"])

_PARTY: Final = {
    "consignor": "shipper consignor exporter sender embarcador remitente cargador exportador expediteur chargeur exportateur absender versender verlader afzender mittente caricatore remetente",
    "consignee": "consignee cnee receiver importer consignatario destinatario importador destinataire importateur receptionnaire empfanger empfaenger importeur ontvanger geadresseerde importatore",
    "notify": "notify|notify party|notify 1|party to be notified|notificar|notificado|notificante|parte notificar|partie notifier|notifier|notify address party|notadresse",
}
_PARTY_PARTS: Final = {
    "name": "name nombre nom nome naam razon social", "address": "address addr direccion domicilio adresse endereco indirizzo adres anschrift",
    "country": "country pais pays land paese country code", "id": "id eori vat tax tin nif cif ruc rut cnpj siret rfc nit code codigo vat",
}  # fmt: skip

_WORDS: Final = {
    "document_number": "bl|bol|obl|bill lading|bills lading|bl ref|b l|hbl|house bl|house bill|house bill lading|swb|sea waybill|waybill|document|doc|transport document|transport doc|conocimiento|conocimiento embarque|connaissement"
    "|conhecimento|conhecimento embarque|konnossement|polizza carico|vrachtbrief|cognossement|awb|air waybill|hawb|house awb|house waybill|lta|guia aerea|carta porte aerea|conocimiento aereo|lettre transport aerien"
    "|luftfrachtbrief|bl awb|awb bl|bl conocimiento",
    "master_document_number": "mbl|master bl|master bill|master bill lading|mawb|master awb|master waybill|master|mother bl|bl master|conocimiento master|connaissement master|master document",
    "document_type": "document type|doc type|type document|tipo documento|type bl|bl type|tipo bl|type doc|dokumentart",
    "manifest_id": "manifest|manifest id|manifiesto|manifeste|manifesto|rotation|igm|registro|manifest reference|manifest ref|gegm|escala manifiesto",
    "version": "version|amendment|revision",
    "mode": "mode|transport mode|mode transport|medio transporte|modo transporte|via transporte",
    "craft_name": "vessel|vessel name|name vessel|ship|ship name|name ship|vsl|vsl name|mv|m v|ocean vessel|carrying vessel|mother vessel|feeder vessel|buque|nombre buque|nave|nome nave|motonave|barco|navire|nom navire|navio"
    "|nome navio|embarcacao|nome embarcacao|schiff|schiffsname|schip|scheepsnaam|naam schip|name schiff|seeschiff|craft name",
    "craft_and_voyage": "vessel voyage|vessel voy|vsl voy|vsl voyage|vessel and voyage|ship voyage|buque viaje|navire voyage|navio viagem|nave viaggio|schiff reise|schip reis|vessel & voyage|vessel name voyage|mv voyage|ocean vessel voyage|ocean vessel voy|mother vessel voyage",
    "voyage_number": "voyage|voy|vyg|voyage ref|viaje|viagem|reise|reisenummer|reisenr|viaggio|reis|reisnummer|voyage nr|vessel voyage number|carrier voyage",
    "imo": "imo|vessel imo|imo vessel|imo ship|ship imo|lloyds|lloyd s|lloyds register|omi|imo buque|imo navire|imo navio|imo nummer|imo schiff|code omi",
    "mmsi": "mmsi",
    "call_sign": "call sign|callsign|indicativo|indicativo llamada|indicatif|rufzeichen|roepletters|senal distintiva|indicativo chamada|radio call sign",
    "flight": "flight|vuelo|vol|voo|flug|flugnummer|vlucht|vluchtnummer|volo|flt",
    "flight_date": "flight date|date flight|fecha vuelo|date vol|data voo|flugdatum",
    "registration": "registration|tail|tail registration|aircraft registration|matricula|immatriculation|kennzeichen",
    "icao24": "icao24|icao address|mode s",
    "carrier": "carrier|carrier name|line|shipping line|naviera|linea naviera|armateur|armador|transportista|transporteur|compagnie|compagnie maritime|reederei|scac|carrier code|rederij|airline|aerolinea|compania|compania naviera|vettore|issuer",
    "loading": "pol|port loading|load port|loadport|loading port|port load|loading|aol|airport loading|airport departure|airport origin|departure airport|dep airport|puerto carga|puerto embarque|port chargement|port embarquement"
    "|porto embarque|porto carregamento|porto carga|porto carico|porto imbarco|ladehafen|verladehafen|verschiffungshafen|laadhaven|place loading|pto carga|pto embarque|aeropuerto origen|aeroport depart|abgangsflughafen|port shipment|lieu chargement|pol code|pol name",
    "discharge": "pod|port discharge|discharge port|disport|discharging port|dischargeport|port unloading|unloading port|unloading|discharge|aod|airport discharge|airport arrival|airport destination|destination airport|arrival airport|puerto descarga"
    "|port dechargement|port debarquement|porto descarga|porto desembarque|porto scarico|porto sbarco|loschhafen|loeschhafen|entladehafen|loshaven|lossen haven|place discharge|pto descarga|aeropuerto destino|aeroport destination|lieu dechargement|puerto desembarque|pod code|pod name",
    "loading_depart": "etd|atd|std|departure|departure date|date departure|sailing|sailing date|sailed|on board date|onboard date|shipped board date|shipped on board|loading date|date loading|fecha salida|fecha zarpe|fecha embarque|fecha carga|salida|date depart|depart"
    "|date embarquement|date chargement|data saida|data embarque|abfahrt|abfahrtsdatum|vertrek|vertrekdatum|data partenza|partenza|etd pol|pol etd",
    "discharge_arrive": "eta|ata|sta|arrival|arrival date|date arrival|fecha llegada|fecha arribo|llegada|arribo|date arrivee|arrivee|data chegada|chegada|ankunft|ankunftsdatum|aankomst|aankomstdatum|data arrivo|arrivo|eta pod|pod eta|expected arrival|estimated arrival|eta date",
    "description": "goods|description|description goods|goods description|cargo|cargo description|description cargo|commodity|commodity description|commodities|nature goods|contents|content|product|products|item description|mercancia|mercancias|mercaderia|descripcion|descripcion mercancia|descripcion mercancias"
    "|descripcion mercaderia|marchandise|marchandises|designation|designation marchandise|designation marchandises|nature marchandise|nature marchandises|description marchandise|description marchandises|libelle|mercadoria|mercadorias|descricao|descricao mercadoria|carga|descripcion carga|ware|waren|warenbezeichnung"
    "|warenbeschreibung|goederen|goederenomschrijving|omschrijving|merce|merci|descrizione|descrizione merce|natura merce|inhalt|guterbezeichnung",
    "hs_code": "hs|hs code|hscode|hs codes|h s|tariff|tariff code|commodity code|cn code|taric|partida|partida arancelaria|posicion arancelaria|codigo arancelario|fraccion arancelaria|arancel|codigo sa|sa|code sh|sh|code sa|nomenclature|code nomenclature|position tarifaire|ncm|codigo ncm|sh ncm"
    "|zolltarifnummer|warennummer|warentarifnummer|gn code|goederencode|codice sa|codice doganale|codice hs|hs tariff",
    "packages": "packages|package|pkgs|pkg|pks|count packages|qty|quantity|total packages|pieces|piece|pcs|colli|coli|colis|nombre colis|nb colis|nbre colis|bultos|cantidad bultos|cantidad|volumes|quantidade|quantidade volumes|qtd|qtde volumes|packstucke|packstuecke|anzahl|anzahl packstucke|aantal|aantal colli"
    "|cartons|ctns|nombre|piezas|pecas|numero colli|quantita|pzas|quantite|qte|cant|qty packages|pkgs qty",
    "gross_mass_kg": "weight|gross weight|gross wt|gross mass|gross|gr wt|gr weight|grs weight|gw|g w|wt|wgt|cargo weight|weight gross|total weight|total gross weight|gross weight cargo|peso|peso bruto|peso b|masa bruta|poids|poids brut|pds brut|masse brute|bruttogewicht|brutto|rohgewicht|gewicht|brutogewicht|bruto|bruto gewicht|peso lordo|lordo|peso bruto total|grossweight|gross massa",
    "equipment_id": "container|containers|cntr|cntrs|ctr|cont|container id|cont id|equipment|equipment id|equipment number|contenedor|contenedores|conteneur|conteneurs|conteiner|containernummer|container nr|uld|uld id|box|unit|unit load device|contentor|tc|ctnr|cntnr|sigla container|contenitore|contenitori|equipamiento|equipo",
    "container_and_type": "container type size|container and type|cntr type no|container size type no|container no size|container no type|container no type size",
    "size_type": "size|type|size type|type size|container type|container size|container size type|iso|iso code|iso type|cntr type|cntr size|ctr type|cont type|tipo|tipo contenedor|tipo cntr|tipo container|type conteneur|type tc|eq type|equipment type|tamano|taille|tipo conteiner|containertyp|grosse|container iso",
    "seals": "seal|seals|seal 1|precinto|precintos|sello|sellos|scelle|scelles|plomb|plombs|lacre|lacres|siegel|plombe|zegel|zegels|marchamo|sigillo|sigilli|plombennummer",
    "sequence": "sequence|seq|call sequence|order|orden|ordre|ordem|leg",
    "location": "port|port call|ports|puerto|puerto escala|escala|escale|port escale|porto|hafen|haven|location|place|call port|anlaufhafen|unlocode|locode|un locode|airport|aeropuerto|aeroport",
    "arrive": "eta|ata|arrival|arrive|arrival date|llegada|arribo|arrivee|chegada|ankunft|aankomst|arrivo|fecha llegada|date arrivee",
    "depart": "etd|atd|departure|depart|sailing|salida|zarpe|partenza|saida|abfahrt|vertrek|fecha salida|date depart",
    "flag": "flag|risk flag",
    "severity": "severity|risk score",
    "reason": "reason",
    NOT_READ: "item|line item|sr|s n|sn|nro|ord|#|pos|position|marks|marks numbers|marcas|marques|shipping marks|net weight|net wt|net|nw|peso neto|poids net|peso liquido|nettogewicht|nettogewicht|netto|peso netto|tare|tara|tare weight|vgm|volume|volumen|cbm|m3|measurement|measure|cubicaje|metros cubicos|kubik"
    "|place receipt|place delivery|final destination|fpod|por|plod|pld|final pod|transhipment port|tranship port|t s port|booking|booking ref|bkg|reserva|remarks|observaciones|observations|observacoes|bemerkung|bemerkungen|opmerkingen|note|notes|status|freight|flete|fret|frete|fracht|fob|value|valor|valeur|wert|currency|moneda|devise|package type"
    "|type packages|kind packages|tipo bultos|tipo bulto|nature colis|type colis|emballage|embalaje|verpackung|pkg type|packing|un|imo class|imdg|class|dg|dangerous goods|temp|temperature|full empty|f e|bl date|date bl|issue date|fecha bl|date issue|terminal|berth|agent|agente|forwarder|origin country|country origin|pais origen|pays origine",
}

_TARGETS: Final = frozenset(name for shape in CSV_SHAPES for name in shape.columns) | frozenset(EXTRA)


def fold(header: str) -> str:
    """A header's words, in a plain form, as they are looked up.

    >>> [fold(text) for text in ("B/L No.", "Nº de Conocimiento", "Gross Wt (KGS)", "Désignation des marchandises")]
    ['bl', 'conocimiento', 'gross wt', 'designation marchandises']
    """
    return " ".join(_words(header)[0])


def unit_in(header: str) -> str:
    """The unit of mass that a header names, ``kg``, ``t``, ``lb`` or ``g``; empty where it names none.

    >>> unit_in("Gross Wt (LBS)"), unit_in("Peso bruto t"), unit_in("Weight")
    ('lb', 't', '')
    """
    return _words(header)[1]


def _words(header: str) -> tuple[list[str], str]:
    plain = unicodedata.normalize(
        "NFKD", header.replace("º", " ").replace("°", " ").replace("ª", " ").replace("ß", "ss").replace("ø", "o")
    )
    plain = (
        "".join(c for c in plain if not unicodedata.combining(c))
        .lower()
        .replace("_", " ")
        .replace("'", " ")
        .replace("’", " ")
    )
    plain = re.sub(r"\b([a-z])[./]\s?([a-z])\b[./]?", r"\1\2", plain)  # b/l, h.s., m/v
    plain = re.sub(r"\b(p)\.(o)\.(l|d)\b\.?", r"\1\2\3", plain)
    words = re.sub(r"[^a-z0-9&#]+", " ", plain).split()
    unit = ""
    kept = []
    for word in words:
        if word in _UNITS and (len(words) > 1):
            unit = unit or _UNITS[word]
        elif word not in _SMALL and not (word in _OTHER_UNITS and len(words) > 1) and word != "&":
            kept.append(word)
    return kept, unit


@cache
def _lexicon() -> dict[str, tuple[str, ...]]:
    """Folded words -> the fields they may mean, in the order of the table."""
    found: dict[str, list[str]] = {}

    def add(words: str, target: str) -> None:
        targets = found.setdefault(fold(words) or words, [])
        if target not in targets:
            targets.append(target)

    for target, phrases in _WORDS.items():
        for phrase in phrases.split("|"):
            add(phrase, target)
    for party in PARTIES:
        names = _PARTY[party].split("|") if "|" in _PARTY[party] else _PARTY[party].split()
        for name in names:
            add(name, f"{party}_name")
            for part, words in _PARTY_PARTS.items():
                for word in words.split():
                    add(f"{name} {word}", f"{party}_{part}")
                    add(f"{word} {name}", f"{party}_{part}")
    for target in _TARGETS:  # our own names last: an office's word is the more likely meaning
        add(target, target)
    return {words: tuple(targets) for words, targets in found.items()}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header may mean: the fields, most likely first; the unit it names."""

    fields: tuple[str, ...]
    unit: str = ""
    is_near: bool = False
    """Some of its words only: more than one thing may be meant."""


def meaning_of(header: str) -> Meaning:
    """What a header means; no fields where nobody can tell.

    >>> meaning_of("Gross Weight (KGS)").fields[0], meaning_of("Puerto de descarga").fields[0], meaning_of("Consignee address").fields[0]
    ('gross_mass_kg', 'discharge', 'consignee_address')
    """
    plain = header.strip().lower()
    if plain in _TARGETS:
        return Meaning((plain,), "kg" if plain == "gross_mass_kg" else "")
    words, unit = _words(header)
    lexicon = _lexicon()
    whole = " ".join(words)
    if whole in lexicon:
        return Meaning(lexicon[whole], unit)
    if not words and unit:  # "Kgs", "MT": a weight named by its unit alone
        return Meaning(("gross_mass_kg",), unit)
    if len(words) == 1 and words[0] in _UNITS:
        return Meaning(("gross_mass_kg",), _UNITS[words[0]], is_near=len(words[0]) == 1)
    for count in range(len(words) - 1, 0, -1):  # the longest beginning or end that is known
        for part in (" ".join(words[:count]), " ".join(words[-count:])):
            if part in lexicon and len(part) > 2:
                return Meaning(lexicon[part], unit, is_near=True)
    return Meaning((), unit)
