"""The one error of this command."""

__all__ = ["CommandError"]


class CommandError(ValueError):
    """A file or an option cannot be used; the message is a sentence for the person who typed it."""
