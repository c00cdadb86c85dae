"""AIS: NMEA 0183 sentences (VDM, VDO) of messages 1 to 28, ITU-R M.1371-5, to columns."""

from tracker.decode.ais.decoder import AisDecoder
from tracker.decode.ais.nmea_json import NmeaJsonDecoder
from tracker.decode.base import OtherMessage

__all__ = ["AisDecoder", "NmeaJsonDecoder", "OtherMessage"]
