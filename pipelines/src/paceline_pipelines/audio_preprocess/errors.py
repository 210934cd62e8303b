"""The one error of this pipeline, damage that may be lived with, and packages that may be missing."""

from importlib import import_module
from types import ModuleType
from typing import Literal

__all__ = ["Damage", "OnDamage", "PreprocessError", "load_optional"]

OnDamage = Literal["fail", "keep"]

_SHOWN = 3  # places of damage told one by one; of the rest, the number
_PROJECTS = {"soundfile": "soundfile", "av": "PyAV", "matplotlib": "matplotlib"}


class PreprocessError(ValueError):
    """A file or an option cannot be used; the message is a sentence for the person who typed it."""


class Damage:
    """What was found wrong inside a file: the first places in words, and how many there are."""

    def __init__(self, on_damage: OnDamage) -> None:
        self._fatal = on_damage == "fail"
        self.count = 0
        self.places: list[str] = []

    def report(self, sentence: str) -> None:
        """Note one place; where damage is not to be lived with, raise.

        Raises
        ------
        PreprocessError
            `on_damage` is ``fail``.
        """
        if self._fatal:
            raise PreprocessError(f"{sentence} With --on-damage keep, what can be decoded is written.")
        self.count += 1
        if self.count <= _SHOWN:
            self.places.append(sentence)

    def lines(self) -> list[str]:
        """Return what to tell."""
        more = self.count - len(self.places)
        return self.places + ([f"{more} more places are damaged."] if more else [])


def load_optional(name: str, purpose: str) -> ModuleType:
    """Import a package of the extra ``audio``.

    Raises
    ------
    PreprocessError
        It is not installed, or its library cannot be loaded.
    """
    try:
        return import_module(name)
    except (ImportError, OSError) as error:  # soundfile raises OSError where libsndfile is missing
        raise PreprocessError(
            f"{_PROJECTS[name]} is needed for {purpose} and cannot be imported ({error}): "
            "pip install 'paceline-pipelines[audio]'."
        ) from error
