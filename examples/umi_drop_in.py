"""Replace a loop that builds a scipy Slerp for every video frame by one call."""

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

import paceline

rng = np.random.default_rng(0)
stamps = 1_700_000_000_000_000_000 + np.arange(301) * 10_000_000  # 100 Hz
positions = np.cumsum(rng.normal(0, 0.002, (301, 3)), axis=0)
quats = Rotation.from_rotvec(np.cumsum(rng.normal(0, 0.02, (301, 3)), axis=0)).as_quat()
frames = stamps[0] + np.arange(90) * 33_333_333  # 30 Hz


def one_frame_at_a_time(frame):
    i = np.searchsorted(stamps, frame, side="right") - 1
    key_times = (stamps[i : i + 2] - stamps[0]) / 1e9
    t = (frame - stamps[0]) / 1e9
    alpha = (t - key_times[0]) / (key_times[1] - key_times[0])
    rotation = Slerp(key_times, Rotation.from_quat(quats[i : i + 2]))(t)
    return (1 - alpha) * positions[i] + alpha * positions[i + 1], rotation


before = [one_frame_at_a_time(frame) for frame in frames]
after_positions, after_quats = paceline.interpolate_trajectory_batch(stamps, positions, quats, frames)

metres = np.abs(after_positions - [position for position, _ in before]).max()
turn = Rotation.from_quat(after_quats) * Rotation.concatenate([rotation for _, rotation in before]).inv()
print(f"{len(frames)} frames: same to {metres:.0e} m and {turn.magnitude().max():.0e} rad")
