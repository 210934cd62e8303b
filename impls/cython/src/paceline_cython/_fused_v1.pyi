from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

def resample(
    x: Floats,
    up: int,
    down: int,
    hop: int,
    guard: int,
    response: Floats,
    radices_in: Indices,
    twiddles_in: Floats,
    order_in: Indices,
    radices_out: Indices,
    twiddles_out: Floats,
    order_out: Indices,
    out: Floats,
) -> int: ...
def resample_chunk(
    x: Samples, flush: bool, up: int, down: int, coefficients: Samples, history: Samples, state: Indices, out: Samples
) -> int: ...
def detect_voice(
    x: Floats,
    flush: bool,
    plan: Indices,
    tables: Floats,
    threshold: float,
    below_peak: float,
    history: Floats,
    state: Indices,
    scores: Floats,
    flags: NDArray[np.bool_],
) -> int: ...
