"""Mode S and ADS-B: frames to columns. Public: the decoders below; ``ModeSDecoder`` for formats that carry frames in JSON."""

from tracker.decode.adsb.avr import AvrDecoder
from tracker.decode.adsb.beast import BeastDecoder
from tracker.decode.adsb.decoder import ModeSDecoder
from tracker.decode.adsb.sbs1 import Sbs1Decoder

__all__ = ["AvrDecoder", "BeastDecoder", "ModeSDecoder", "Sbs1Decoder"]
