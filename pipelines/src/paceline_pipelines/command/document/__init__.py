"""Manifests as files, with the place of everything that is in them."""

from paceline_pipelines.command.document.reading import Document, Mistake, read_document

__all__ = ["Document", "Mistake", "read_document"]
