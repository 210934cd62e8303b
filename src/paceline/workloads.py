"""Seeded inputs that look like recordings: what conformance is proven on and what the harness times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPOCH_NS = 1_700_000_000_123_456_789
"""A recorder's wall clock in int64 ns: at this size a double steps by 256 ns."""


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """A recorded demonstration: a tracker's poses and the stamps of the video beside it.

    ``stamps`` (m,) and ``video_stamps`` (n,) are int64 ns, ``positions`` (m, 3) metres, ``quaternions`` (m, 4) xyzw.
    """

    stamps: NDArray[np.int64]
    positions: NDArray[np.float64]
    quaternions: NDArray[np.float64]
    video_stamps: NDArray[np.int64]


def synthetic_episode(
    frames: int,
    rng: np.random.Generator,
    *,
    knot_rate_hz: float = 200.0,
    frame_rate_hz: float = 60.0,
    jitter: float = 0.1,
) -> Episode:
    """Make an episode of smooth tumbling at about 1.5 rad/s, stamps jittered, quaternions rounded to 8 decimals.

    ``jitter`` is the half width of the stamps' uniform noise in periods. Knots cover all frames: 7,200 frames at 60 Hz
    have 24,001 knots at 200 Hz. As in real files the quaternions are not quite unit, and some are stored as their
    negative.
    """
    m = int(np.ceil(frames * knot_rate_hz / frame_rate_hz)) + 1
    period = 1e9 / knot_rate_hz
    stamps = EPOCH_NS + np.rint((np.arange(m) + rng.uniform(-jitter, jitter, m)) * period).astype(np.int64)
    seconds = (stamps - stamps[0]) * 1e-9
    axis = np.stack([np.sin(0.7 * seconds), np.cos(0.9 * seconds), np.sin(1.3 * seconds + 1.0)], axis=1)
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    half = 0.75 * seconds[:, None]
    quaternions = np.concatenate([axis * np.sin(half), np.cos(half)], axis=1)
    quaternions = np.round(quaternions * rng.choice([1.0, -1.0], size=(m, 1), p=[0.999, 0.001]), 8)
    positions = np.stack([0.4 * np.sin(seconds), 0.3 * np.cos(1.1 * seconds), 0.2 * np.sin(0.5 * seconds)], axis=1)
    frame_period = (int(stamps[-1]) - int(stamps[0])) / max(frames, 1)
    offsets = (np.arange(frames) + 0.5 + rng.uniform(-jitter / 2, jitter / 2, frames)) * frame_period
    return Episode(stamps, positions, quaternions, stamps[0] + np.sort(offsets.astype(np.int64)))


def one_slerp(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Make ``(t, t0, q0, t1, q1)`` for one pair, a few degrees apart; ``n`` is not used."""
    t, t0, q0, t1, q1 = slerp_pairs(max(n, 1), rng)
    return int(t[0]), int(t0[0]), tuple(q0[0].tolist()), int(t1[0]), tuple(q1[0].tolist())


def slerp_pairs(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Make ``(t, t0, q0, t1, q1)`` for n neighbouring knots of a recording, each with one query between them."""
    episode, t = _between_neighbours(n, rng)
    s, q = episode.stamps, episode.quaternions
    return t, s[:n].copy(), q[:n].copy(), s[1 : n + 1].copy(), q[1 : n + 1].copy()


def position_pairs(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Make ``(t, t0, p0, t1, p1)`` for n neighbouring knots of a recording, each with one query between them."""
    episode, t = _between_neighbours(n, rng)
    s, p = episode.stamps, episode.positions
    return t, s[:n].copy(), p[:n].copy(), s[1 : n + 1].copy(), p[1 : n + 1].copy()


def trajectory_to_video(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Make ``(stamps, positions, quaternions, video_stamps)`` of an episode with n frames."""
    episode = synthetic_episode(n, rng)
    return episode.stamps, episode.positions, episode.quaternions, episode.video_stamps


def knots(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Make ``(stamps, positions, quaternions)`` with n knots."""
    episode = synthetic_episode(n, rng)
    return episode.stamps[:n].copy(), episode.positions[:n].copy(), episode.quaternions[:n].copy()


def gripper(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Make ``(stamps, widths, at)``: a gripper's opening in 0..100 at the knots, asked for at n frames."""
    episode = synthetic_episode(n, rng)
    seconds = (episode.stamps - episode.stamps[0]) * 1e-9
    return episode.stamps, 50.0 + 50.0 * np.sin(0.8 * seconds) ** 3, episode.video_stamps


def gaps(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Make ``(stamps, at)`` of an episode with n frames."""
    episode = synthetic_episode(n, rng)
    return episode.stamps, episode.video_stamps


def _between_neighbours(n: int, rng: np.random.Generator) -> tuple[Episode, NDArray[np.int64]]:
    episode = synthetic_episode(n, rng)
    t0, t1 = episode.stamps[:n], episode.stamps[1 : n + 1]
    return episode, t0 + (rng.uniform(0.0, 1.0, n) * (t1 - t0)).astype(np.int64)


def music(frames: int, rng: np.random.Generator) -> tuple[np.ndarray, int, int]:
    """Return mono float32 of tones and noise at 48 kHz, to be resampled to 16 kHz."""
    return _sound(frames, 48_000, rng), 48_000, 16_000


def speech(samples: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Return mono float32 at 16 kHz: voiced syllables with pauses, over a quiet noise."""
    times = np.arange(samples) / 16_000
    pitch = 2 * np.pi * np.cumsum(140 + 30 * np.sin(2 * np.pi * 0.7 * times)) / 16_000
    voice = sum(np.sin(k * pitch + rng.uniform(0, 2 * np.pi)) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * times), 0, 1) * (np.sin(2 * np.pi * 0.23 * times) > -0.2)
    return np.asarray(0.1 * voice * syllables + 2e-3 * rng.standard_normal(samples), np.float32), 16_000


def samples(n: int, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """Return float32 samples, some beyond full scale, to become int16."""
    return 1.25 * _sound(n, 48_000, rng), "i16"


def stereo(frames: int, rng: np.random.Generator) -> tuple[np.ndarray]:
    """Return interleaved float32, (frames, 2)."""
    return (np.stack([_sound(frames, 48_000, rng), _sound(frames, 44_100, rng)], axis=1),)


def planar(frames: int, rng: np.random.Generator) -> tuple[np.ndarray]:
    """Return planar float32, (2, frames)."""
    return (np.ascontiguousarray(stereo(frames, rng)[0].T),)


def _converting(source: str, target: str) -> Callable[[int, np.random.Generator], tuple[Any, ...]]:
    def workload(n: int, rng: np.random.Generator) -> tuple[Any, ...]:
        if source == "i24":
            return rng.integers(0, 256, (n, 3), np.uint8), target, source
        return _of_dtype(samples(n, rng)[0], source), target

    return workload


def _laid_out(make: Callable[..., tuple[Any, ...]], form: str) -> Callable[[int, np.random.Generator], tuple[Any, ...]]:
    return lambda n, rng: (_of_dtype(make(n, rng)[0], form),)


def _of_dtype(x: np.ndarray, form: str) -> np.ndarray:
    """Return samples in another format, scaled and clamped to it."""
    dtype = np.dtype(_DTYPES[form])
    if dtype.kind == "f":
        return x.astype(dtype)
    full = 2.0 ** (8 * dtype.itemsize - 1)
    return np.asarray(np.clip(x, -1, 1) * (full - 1) + (full if form == "u8" else 0), np.float64).astype(dtype)


_DTYPES = {"i16": "i2", "i32": "i4", "i24": "u1", "u8": "u1", "f32": "f4", "f64": "f8"}

CONVERSIONS = {
    f"{source} to {target}": _converting(source, target)
    for source in _DTYPES
    for target in _DTYPES
    if source != target and (source, target) != ("f32", "i16")
}
"""Every pair of sample formats but the one of ``samples``."""

PLANAR = {form: _laid_out(planar, form) for form in ("i16", "u8", "f64")}
"""``planar`` in other widths; f32 and i32 are alike."""

STEREO = {form: _laid_out(stereo, form) for form in ("i16", "i32", "u8", "f64")}
"""``stereo`` in other dtypes."""


def _sound(frames: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    times = np.arange(frames) / rate
    tones = sum(np.sin(2 * np.pi * f * times + rng.uniform(0, 2 * np.pi)) for f in rng.uniform(60, 7_000, 5))
    return np.asarray(0.15 * tones + 0.03 * rng.standard_normal(frames), np.float32)


def pulse(frames: int, rate: int, every: int = 1) -> np.ndarray:
    """Return every so manieth frame of a tone of 2 kHz in a bell: of its band nothing is beyond 3 kHz.

    Resampled to a rate of which that is less than half, and so is the filter's passband, it is the same function.
    """
    seconds = (np.arange(0, frames, every) - frames / 2) / rate
    bell = np.exp(-0.5 * (seconds / 2e-3) ** 2)
    return np.asarray(0.25 * bell * np.sin(2 * np.pi * 2_000 * seconds), np.float32 if every == 1 else np.float64)


def steps(amplitudes: Sequence[float]) -> tuple[tuple[np.ndarray, int], tuple[float, ...]]:
    """Return frames of 30 ms at 8 kHz that differ in amplitude only, and their levels over the noise floor in dB.

    A frame's flatness does not depend on its amplitude, so levels differ as amplitudes do; the floor is number n // 4
    of the n levels so far, in ascending order.
    """
    at = np.arange(240) / 8_000
    frame = sum(np.sin(2 * np.pi * (150 * k + 3) * at + k * k) for k in range(2, 12)) / 10
    levels = 20 * np.log10(amplitudes)
    scores = [level - np.sort(levels[: i + 1])[(i + 1) // 4] for i, level in enumerate(levels)]
    return (np.outer(amplitudes, frame).ravel().astype(np.float32), 8_000), tuple(map(float, scores))


def calculations(items: int, rng: np.random.Generator) -> tuple[dict[str, Any], list[int]]:
    """Return the manifest of ten nodes, half of them arithmetic, and ints for it."""
    steps = [("add", 5), ("multiply", 2), ("subtract", 3), ("add", 7), ("multiply", 3)]
    nodes: list[dict[str, Any]] = []
    for number, (operation, operand) in enumerate(steps):
        nodes.append({"id": f"pass{number}", "type": "PassThroughNode"})
        params = {"operation": operation, "operand": operand}
        nodes.append({"id": f"calc{number}", "type": "CalculatorNode", "params": params})
    edges = [{"from": one["id"], "to": other["id"]} for one, other in pairwise(nodes)]
    return {"version": "1.0", "nodes": nodes, "edges": edges}, rng.integers(-1_000, 1_000, items).tolist()
