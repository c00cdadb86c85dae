"""JSON feeds of ships whose shape no table has. Paths are dotted and normalised (``Message.PositionReport.Sog`` is ``message.positionreport.sog``)."""

from __future__ import annotations

from typing import Final

from tracker.decode.layouts.layout import Column, Layout

_JSON: Final = ("json",)
_NONE: Final = Column("")
_HEARD: Final = ("craft", "time")
"""Needs of feeds whose records are AIS messages: those without a position say that the ship was heard."""


def _sides(above: str) -> dict[str, Column]:
    """Distances from the antenna, named as AIS names them."""
    return {
        f"{above}.a": Column("to_bow_m"),
        f"{above}.b": Column("to_stern_m"),
        f"{above}.c": Column("to_port_m"),
        f"{above}.d": Column("to_starboard_m"),
    }


def _aisstream() -> dict[str, Column]:
    columns = {
        "metadata.mmsi": Column("mmsi"),
        "metadata.timeutc": Column("time"),
        "messagetype": Column("ais_message"),
    }
    positions = (
        "positionreport", "standardclassbpositionreport", "extendedclassbpositionreport", "longrangeaisbroadcastmessage",
        "basestationreport", "standardsearchandrescueaircraftreport", "aidstonavigationreport",
    )  # fmt: skip
    told = {
        "latitude": Column("lat_deg"),
        "longitude": Column("lon_deg"),
        "sog": Column("speed_kn"),
        "cog": Column("course_deg"),
        "trueheading": Column("heading_deg"),
        "navigationalstatus": Column("nav_status"),
        "rateofturn": Column("turn_code"),
        "altitude": Column("altitude_ft", "m"),
        "name": Column("name"),
        "type": Column("ship_type"),
    }
    for message in positions:
        columns |= {f"message.{message}.{name}": column for name, column in told.items()}
        columns |= _sides(f"message.{message}.dimension")
    columns["message.aidstonavigationreport.type"] = _NONE
    static = "message.shipstaticdata"
    columns |= {
        f"{static}.name": Column("name"),
        f"{static}.callsign": Column("call_sign"),
        f"{static}.imonumber": Column("imo"),
        f"{static}.type": Column("ship_type"),
        f"{static}.destination": Column("destination"),
        f"{static}.maximumstaticdraught": Column("draught_m"),
        f"{static}.eta.month": Column("eta_month"),
        f"{static}.eta.day": Column("eta_day"),
        f"{static}.eta.hour": Column("eta_hour"),
        f"{static}.eta.minute": Column("eta_minute"),
        **_sides(f"{static}.dimension"),
        "message.staticdatareport.reporta.name": Column("name"),
        "message.staticdatareport.reportb.callsign": Column("call_sign"),
        "message.staticdatareport.reportb.shiptype": Column("ship_type"),
        **_sides("message.staticdatareport.reportb.dimension"),
        "metadata.shipname": Column("name"),
    }
    return columns


def _signal_k(value: str) -> dict[str, Column]:
    """Paths of Signal K (appendix A of its specification: SI units, angles in rad); ``value`` stands behind each in the full model."""
    return {
        f"navigation.position{value}.latitude": Column("lat_deg"),
        f"navigation.position{value}.longitude": Column("lon_deg"),
        f"navigation.speedoverground{value}": Column("speed_kn", "m/s"),
        f"navigation.courseovergroundtrue{value}": Column("course_deg", "rad"),
        f"navigation.headingtrue{value}": Column("heading_deg", "rad"),
        f"navigation.rateofturn{value}": Column("turn_degmin", "rad/s"),
        f"navigation.state{value}": Column("nav_status"),
        f"navigation.destination.commonname{value}": Column("destination"),
        f"communication.callsignvhf{value}": Column("call_sign"),
        "communication.callsignvhf": Column("call_sign"),
        f"design.aisshiptype{value}.id": Column("ship_type"),
        f"design.length{value}.overall": Column("length_m"),
        f"design.beam{value}": Column("width_m"),
        f"design.draft{value}.current": Column("draught_m"),
        f"design.draft{value}.maximum": Column("draught_m"),
        f"sensors.ais.class{value}": Column("station_kind"),
        "registrations.imo": Column("imo"),
        "name": Column("name"),
        "mmsi": Column("mmsi"),
    }


_GPSD: Final = {
    "type": Column("ais_message"),
    "status": Column("nav_status"),
    "statustext": _NONE,
    "turn": Column("turn_degmin"),
    "shipname": Column("name"),
    "shiptype": Column("ship_type"),
    "shiptypetext": _NONE,
    "second": _NONE,
    "name": Column("name"),
    "alt": Column("altitude_ft", "m"),
}
"""gpsd's names of decoded AIS (gpsd_json(5)), which AIS-catcher uses too."""

SHIPS_JSON: Final[tuple[Layout, ...]] = (
    Layout(
        name="aisstream",
        title="aisstream.io",
        origin="https://aisstream.io/documentation, github.com/aisstream/ais-message-models",
        forms=_JSON,
        marks=frozenset({"messagetype", "metadata.mmsi", "metadata.timeutc"}),
        columns=_aisstream(),
        closed=True,
        needs=_HEARD,
        notes="MetaData.time_utc is the time. All messages are read; those without a position, or with binary content, say that the ship "
        "was heard. RateOfTurn is AIS's code.",
    ),
    Layout(
        name="digitraffic_locations",
        title="Digitraffic (Fintraffic) vessel locations, GeoJSON",
        origin="https://www.digitraffic.fi/en/marine-traffic/",
        forms=_JSON,
        marks=frozenset({"geometry.coordinates", "properties.timestampexternal"}),
        columns={
            "properties.mmsi": Column("mmsi"),
            "mmsi": Column("mmsi"),
            "properties.timestampexternal": Column("time"),
            "properties.timestamp": _NONE,
            "properties.rot": Column("turn_code"),
            "properties.navstat": Column("nav_status"),
        },
        notes="timestampExternal (ms) is the time; timestamp is the UTC second 0-59. rot is AIS's code.",
    ),
    Layout(
        name="digitraffic_mqtt_location",
        title="Digitraffic MQTT, vessels-v2/MMSI/location",
        origin="https://www.digitraffic.fi/en/marine-traffic/",
        forms=_JSON,
        marks=frozenset({"time", "navstat", "posacc", "lat", "lon"}),
        columns={"time": Column("time"), "rot": Column("turn_code"), "navstat": Column("nav_status")},
        notes="The MMSI stands in the topic only: write lines with it (mosquitto_sub -v).",
    ),
    Layout(
        name="digitraffic_vessels",
        title="Digitraffic vessel metadata",
        origin="https://www.digitraffic.fi/en/marine-traffic/",
        forms=_JSON,
        marks=frozenset({"timestamp", "callsign", "referencepointa", "postype"}),
        columns={
            "timestamp": Column("time"),
            "draught": Column("draught_m", "m x 10"),
            "eta": Column("eta_code"),
            "referencepointa": Column("to_bow_m"),
            "referencepointb": Column("to_stern_m"),
            "referencepointc": Column("to_port_m"),
            "referencepointd": Column("to_starboard_m"),
            "type": Column("ship_type"),
        },
        needs=_HEARD,
        notes="draught is metres x 10, eta the 20 bits of AIS.",
    ),
    Layout(
        name="digitraffic_mqtt_metadata",
        title="Digitraffic MQTT, vessels-v2/MMSI/metadata",
        origin="https://www.digitraffic.fi/en/marine-traffic/",
        forms=_JSON,
        marks=frozenset({"timestamp", "callsign", "refa", "postype"}),
        columns={
            "timestamp": Column("time"),
            "draught": Column("draught_m", "m x 10"),
            "eta": Column("eta_code"),
            "refa": Column("to_bow_m"),
            "refb": Column("to_stern_m"),
            "refc": Column("to_port_m"),
            "refd": Column("to_starboard_m"),
            "type": Column("ship_type"),
        },
        needs=_HEARD,
    ),
    Layout(
        name="ais_catcher",
        title="AIS-catcher JSON without NMEA",
        origin="https://docs.aiscatcher.org/references/JSON-decoding/",
        forms=_JSON,
        marks=frozenset({"class", "mmsi", "rxuxtime"}),
        columns={"rxuxtime": Column("time"), "rxtime": _NONE, "timestamp": _NONE, **_GPSD},
        may_be_codes=True,
        needs=_HEARD,
        notes="rxuxtime is the time of receipt; a base station's own timestamp is not read.",
    ),
    Layout(
        name="ais_catcher_rxtime",
        title="AIS-catcher JSON without NMEA, time as text",
        origin="https://docs.aiscatcher.org/references/JSON-decoding/",
        forms=_JSON,
        marks=frozenset({"class", "mmsi", "rxtime"}),
        without=frozenset({"rxuxtime"}),
        columns={"rxtime": Column("time"), "timestamp": _NONE, **_GPSD},
        may_be_codes=True,
        needs=_HEARD,
        notes="rxtime is yyyymmddhhmmss, UTC.",
    ),
    Layout(
        name="gpsd_ais",
        title="gpsd and gpsdecode, AIS",
        origin="https://gpsd.gitlab.io/gpsd/gpsd_json.html",
        forms=_JSON,
        marks=frozenset({"class", "mmsi", "type", "scaled"}),
        without=frozenset({"rxtime", "rxuxtime"}),
        columns=_GPSD,
        may_be_codes=True,
        needs=("craft",),
        notes="No message but a base station's has a time in it: refused (no_time) unless the user gives one (--undated).",
    ),
    Layout(
        name="signal_k_delta",
        title="Signal K deltas",
        origin="https://signalk.org/specification/1.7.0/doc/data_model.html",
        forms=_JSON,
        marks=frozenset({"signalk", "timestamp"}),
        columns={"timestamp": Column("time"), "signalk": _NONE, **_signal_k("")},
        closed=True,
        needs=_HEARD,
        notes="m/s and rad. The craft is the MMSI in the context (vessels.urn:mrn:imo:mmsi:...) or among the values.",
    ),
    Layout(
        name="signal_k_full",
        title="Signal K full model",
        origin="https://signalk.org/specification/1.7.0/doc/data_model.html",
        forms=_JSON,
        marks=frozenset({"navigation.position.value.latitude", "navigation.position.timestamp"}),
        columns={"navigation.position.timestamp": Column("time"), **_signal_k(".value")},
        closed=True,
    ),
    Layout(
        name="aprs_fi",
        title="aprs.fi",
        origin="https://aprs.fi/page/api",
        forms=_JSON,
        marks=frozenset({"srccall", "lasttime", "lat", "lng", "mmsi"}),
        columns={
            "mmsi": Column("mmsi"),
            "lasttime": Column("time"),
            "time": _NONE,
            "type": _NONE,
            "class": _NONE,
            "lat": Column("lat_deg"),
            "lng": Column("lon_deg"),
            "speed": Column("speed_kn", "km/h"),
            "course": Column("course_deg"),
            "heading": Column("heading_deg"),
            "navstat": Column("nav_status"),
            "vesselclass": Column("ship_type"),
            "showname": Column("name"),
            "name": Column("name"),
            "imo": Column("imo"),
            "length": Column("length_m"),
            "width": Column("width_m"),
            "draught": Column("draught_m"),
        },
        closed=True,
        notes="lasttime is that of the latest report, time that of the first at this place; speed is in km/h.",
    ),
    Layout(
        name="datalastic",
        title="Datalastic",
        origin="https://datalastic.com/api-reference/",
        forms=_JSON,
        marks=frozenset({"uuid", "mmsi", "lat", "lon", "lastpositionepoch"}),
        columns={
            "lastpositionepoch": Column("time"),
            "lastpositionutc": Column("time"),
            "type": _NONE,
            "typespecific": _NONE,
            "etaepoch": Column("eta"),
            "etautc": Column("eta"),
            "navigationstatus": Column("nav_status"),
        },
    ),
)
