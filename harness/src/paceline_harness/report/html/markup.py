"""HTML and SVG as text: every value is escaped on its way in."""

from __future__ import annotations

from html import escape

VOID = frozenset({"circle", "line", "path", "rect", "br", "input"})


def said(text: object) -> str:
    """Return text that is safe between tags and in attributes."""
    return escape(str(text), quote=True)


def el(tag: str, *inner: str, **attributes: object) -> str:
    """Return an element around markup; `class_` is class, `data_op` data-op, True bare, None and False left out."""
    shown = []
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        name = name.strip("_").replace("_", "-")
        shown.append(name if value is True else f'{name}="{said(value)}"')
    opened = " ".join([tag, *shown])
    if tag in VOID and not inner:
        return f"<{opened}/>"
    return f"<{opened}>{''.join(inner)}</{tag}>"


def words(tag: str, text: object, **attributes: object) -> str:
    """Return an element around plain text."""
    return el(tag, said(text), **attributes)


def plain(value: float) -> str:
    """Return a coordinate with no more digits than a screen can show."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
