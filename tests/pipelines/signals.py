"""Sound that is made, not recorded."""

import numpy as np


def bursts(seconds: float, rate: int, channels: int = 1) -> np.ndarray:
    """Give loud noise from 0.3 s to 0.6 s of each second in a quiet room, (frames, channels) float32."""
    rng = np.random.default_rng(7)
    frames = round(seconds * rate)
    loud = (np.arange(frames) / rate % 1 >= 0.3) & (np.arange(frames) / rate % 1 < 0.6)
    noise = rng.uniform(-1, 1, (frames, channels)).astype(np.float32)
    return noise * np.where(loud, np.float32(0.4), np.float32(1e-4))[:, None]


def tone(seconds: float, rate: int, hertz: float = 440.0) -> np.ndarray:
    """Give a sine (frames,) float64 at half of full scale."""
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
