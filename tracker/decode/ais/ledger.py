"""Refusing a unit inside a kernel: count its cause and copy the first samples of each cause out of the block."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from tracker.decode.ais.layout import Memory, Sample, State, Tally
from tracker.decode.rejects import SAMPLE_BYTES, SAMPLES_PER_CAUSE


@njit(cache=True, nogil=True, error_model="numpy")
def reject(cause: int, line: int, source: NDArray[np.uint8], start: int, end: int, memory: Memory) -> None:
    """Count one refused unit; keep ``source[start:end]`` as a sample while there is room for its cause."""
    memory = borrowed(memory)
    state: State = memory.state[0]
    tally: Tally = memory.tally[0]
    tally.rejects[cause] += 1
    if state.sampled[cause] >= SAMPLES_PER_CAUSE:
        return
    state.sampled[cause] += 1
    sample: Sample = memory.samples[tally.samples]
    tally.samples += 1
    sample.cause = cause
    sample.line = line
    sample.length = min(end - start, SAMPLE_BYTES)
    for i in range(sample.length):
        sample.text[i] = source[start + i]
