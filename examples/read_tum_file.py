"""Read a TUM file, ask for poses at other stamps, and see which of them no knot is near."""

import sys
import tempfile
from pathlib import Path

import paceline
from paceline.tum import read_tum

if len(sys.argv) > 1:
    path = Path(sys.argv[1])
else:  # 100 Hz for two seconds, with half a second missing
    path = Path(tempfile.mkdtemp()) / "trajectory.tum"
    kept = [i for i in range(201) if not 100 < i < 150]
    path.write_text("".join(f"{1311868163 + i / 100:.2f} {i / 100} 0 0 0 0 0 1\n" for i in kept))

tum = read_tum(path)
trajectory = paceline.Trajectory(tum.stamps, tum.positions, tum.quaternions, duplicates="first")
first, last = trajectory.span
frames = range(first, last + 1, 50_000_000)  # 20 Hz
positions, quaternions = trajectory.at(frames)
far = trajectory.gap(frames) > 100_000_000

print(f"{len(trajectory)} knots over {(last - first) / 1e9:.2f} s, {len(tum.duplicates())} repeated stamps")
print(f"{len(frames)} frames, {far.sum()} of them more than 100 ms from a knot")
print("the last pose:", positions[-1], quaternions[-1])
