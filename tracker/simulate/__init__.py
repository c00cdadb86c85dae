"""The labelled simulator: ``simulate`` writes a scenario as raw bytes, ``evaluate.compare`` holds results against its labels."""

from tracker.simulate.scenario import SimulationReport, simulate

__all__ = ["SimulationReport", "simulate"]
