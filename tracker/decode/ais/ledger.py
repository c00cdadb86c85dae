"""Refusing a unit inside a kernel: count its cause and copy the first samples of each cause out of the block."""

from __future__ import annotations

from typing import Any

from numba import njit

from tracker.decode.ais import layout as at
from tracker.decode.rejects import SAMPLES_PER_CAUSE


@njit(cache=True, nogil=True, error_model="numpy")
def reject(
    cause: int, line: int, source: Any, start: int, end: int, state: Any, tally: Any, samples: Any, sample_text: Any
) -> None:
    """Count one refused unit; keep ``source[start:end]`` as a sample while there is room for its cause.

    A row of ``samples`` is cause, line number, length.
    """
    tally[at.T_REJECTS + cause] += 1
    if state[at.SAMPLED + cause] >= SAMPLES_PER_CAUSE:
        return
    state[at.SAMPLED + cause] += 1
    n = tally[at.T_SAMPLES]
    tally[at.T_SAMPLES] += 1
    length = min(end - start, at.SAMPLE_WIDTH)
    samples[n, 0] = cause
    samples[n, 1] = line
    samples[n, 2] = length
    for i in range(length):
        sample_text[n, i] = source[start + i]
