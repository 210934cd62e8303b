"""Poses at the stamps of video frames, from a trajectory of another rate."""

import numpy as np

import paceline

# A 200 Hz tracker over one second: moves along x, turns about z. Time is int64 nanoseconds, quaternions are xyzw.
stamps = np.int64(1_700_000_000_000_000_000) + np.arange(201) * 5_000_000
progress = np.linspace(0, 1, 201)
positions = np.column_stack((progress, np.zeros(201), np.zeros(201)))
half = progress * np.pi / 4
quats = np.column_stack((np.zeros(201), np.zeros(201), np.sin(half), np.cos(half)))

frames = stamps[0] + np.arange(30) * 33_333_333  # a 30 Hz camera
frame_positions, frame_quats = paceline.interpolate_trajectory_batch(stamps, positions, quats, frames)

for i in (0, 10, 20):
    degrees = np.degrees(2 * np.arctan2(frame_quats[i, 2], frame_quats[i, 3]))
    print(f"frame {i:2}: x = {frame_positions[i, 0]:.6f} m, turned {degrees:.4f} degrees")
