"""Builds the kernels once per instruction-set level; ``paceline_cython.interpolation`` chooses one at import."""

from __future__ import annotations

import platform

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

PACKAGE = "paceline_cython"
LEVELS = {"_v1": [], "_v3": ["-march=x86-64-v3"], "_v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"]}
# No fused multiply-add, so that results are equal on every machine. The other two give up errno and floating-point
# exception flags, which nothing reads; NaN and infinity keep their meaning.
FLAGS = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]


class Build(build_ext):
    """Adds the flags of GCC and Clang where the compiler is one of them."""

    def build_extension(self, ext: Extension) -> None:
        """Build one module; MSVC keeps its defaults, which neither fuse nor reorder."""
        if self.compiler.compiler_type == "unix":
            ext.extra_compile_args += FLAGS + LEVELS.get(ext.name.removeprefix(f"{PACKAGE}."), [])
        super().build_extension(ext)


def modules() -> list[Extension]:
    """Return the modules of this architecture; a compiler that lacks a level does without it."""
    on_x86_64 = platform.machine().lower() in {"x86_64", "amd64"}
    levels = LEVELS if on_x86_64 and platform.system() != "Windows" else ["_v1"]
    return [
        Extension(f"{PACKAGE}.{name}", [f"src/{PACKAGE}/{name}.pyx"], optional=name in {"_v3", "_v4"})
        for name in ["_cpu", *levels]
    ]


setup(ext_modules=cythonize(modules()), cmdclass={"build_ext": Build})
