"""The feed of ``latency`` as a file: a made fleet at the published rate of the largest network, with tag blocks, for measuring ``replay``.

.venv/bin/python deploy/reliability/network.py network.nmea --seconds 120 --rate 20000 --craft 100000
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from deploy.reliability.latency import Fleet


def main() -> None:
    """Write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--craft", type=int, default=100_000)
    args = parser.parse_args()
    fleet = Fleet(args.craft, 0, 1.0, 0.0)
    with args.out.open("wb") as file:
        for second in range(args.seconds):
            lines, _ = fleet.tagged(fleet.reporting(second * args.rate, args.rate), second, second % 60)
            file.write(np.ascontiguousarray(lines).tobytes())


if __name__ == "__main__":
    main()
