"""Tables of ships.

*MarineCadastre* of 2015-2017 reads AIS's unsigned numbers as signed ones, so that the upper half is negative: course is a 12-bit
count of 0.1 deg, -140.7 means 409.6 - 140.7 = 268.9 deg; speed is a 10-bit count of 0.1 kn, -28.1 means 102.4 - 28.1 = 74.3 kn. (On
recorded rows under way the median difference to the heading is 2.4 deg when 409.6 is added and 48.6 deg when 360 is.) ``VesselType``
above 255 is a code of another list; the AIS type is then in ``Cargo``.
"""

from __future__ import annotations

from typing import Final

from tracker.decode.layouts.layout import Layout

_TABLES: Final = ("csv", "parquet")

SHIP_TABLES: Final = (
    Layout(
        name="marinecadastre",
        title="MarineCadastre (NOAA, BOEM)",
        origin="https://hub.marinecadastre.gov/pages/vesseltraffic",
        forms=_TABLES,
        marks=frozenset({"mmsi", "basedatetime"}),
        signed_codes=True,
    ),
    Layout(
        name="danish",
        title="Danish Maritime Authority",
        origin="http://aisdata.ais.dk",
        forms=_TABLES,
        marks=frozenset({"mmsi", "typeofmobile"}),
        date_order="dmy",
    ),
)
