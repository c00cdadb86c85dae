"""``python -m tracker`` is ``tidewaiter``."""

from tracker.cli import main

main()
