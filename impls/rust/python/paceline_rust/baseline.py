"""The kernels for the architecture's baseline, where the backend's own use more; to be measured like any others."""

from paceline_rust._rust import lesser_kernels

globals().update(lesser_kernels("baseline"))
