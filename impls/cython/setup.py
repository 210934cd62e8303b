"""Builds the kernels once per instruction-set level; ``paceline_cython._level`` chooses one at import."""

from __future__ import annotations

import platform

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

PACKAGE = "paceline_cython"
LEVELS = {"v1": [], "v3": ["-march=x86-64-v3"], "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"]}
# -O3 and no errno, no floating-point exception flags: nothing reads them. NaN and infinity keep their meaning.
FLAGS = ["-O3", "-fno-math-errno", "-fno-trapping-math"]
KINDS = {
    # No fused multiply-add, so that results are equal on every machine.
    "exact": ["-ffp-contract=off"],
    # Butterflies of up to 8 complex vectors are to stay in registers, so every helper is inlined whatever its size.
    "fused": ["-ffp-contract=fast", "-Wno-psabi", "-DCYTHON_INLINE=inline __attribute__((always_inline))"],
}
ONCE = ["cpu", "empty", "executor"]
HEADERS = ["_chains", "_int24", "_lanes", "_numbers", "_rounding", "_saturate", "_scratch", "_strips", "_tiles"]


class Build(build_ext):
    """Adds the flags of GCC and Clang where the compiler is one of them."""

    def build_extension(self, ext: Extension) -> None:
        """Build one module; MSVC keeps its defaults, which neither fuse nor reorder."""
        if self.compiler.compiler_type == "unix":
            kind, _, level = ext.name.removeprefix(f"{PACKAGE}._").partition("_")
            ext.extra_compile_args += FLAGS + KINDS["exact"] if kind in ONCE else FLAGS + KINDS[kind] + LEVELS[level]
        super().build_extension(ext)


def modules() -> list[Extension]:
    """Return the modules of this architecture; a compiler that lacks a level, or vector types, does without."""
    on_x86_64 = platform.machine().lower() in {"x86_64", "amd64"}
    levels = LEVELS if on_x86_64 and platform.system() != "Windows" else ["v1"]
    names = [*(f"_{kind}" for kind in ONCE), *(f"_{kind}_{level}" for kind in KINDS for level in levels)]
    headers = [f"src/{PACKAGE}/{name}.h" for name in HEADERS]
    return [
        Extension(
            f"{PACKAGE}.{name}",
            [f"src/{PACKAGE}/{name}.pyx"],
            depends=headers,
            include_dirs=[np.get_include()] if name == "_executor" else [],
            define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")] if name == "_executor" else [],
            optional=name not in {*(f"_{kind}" for kind in ONCE), "_exact_v1"},
        )
        for name in names
    ]


setup(ext_modules=cythonize(modules()), cmdclass={"build_ext": Build})
