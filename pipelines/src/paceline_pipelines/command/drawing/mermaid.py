"""Mermaid's text of a graph."""

import re

from paceline_pipelines.command.drawing.picture import Picture

__all__ = ["mermaid"]


def mermaid(picture: Picture) -> str:
    """Return a flowchart; texts are escaped, and nodes go by number, so that no id can be Mermaid's syntax."""
    lines = [f"%% {' '.join(picture.name.split())}", "flowchart LR"]
    for number, box in enumerate(picture.boxes):
        hint = "" if box.hint == "auto" else f"<br/><i>{box.hint}</i>"
        lines.append(f'    n{number}["<b>{_escaped(box.id)}</b><br/>{_escaped(box.type)}{hint}"]')
    for arrow in picture.arrows:
        label = f'|"{_escaped(arrow.label)}"|' if arrow.label else ""
        lines.append(f"    n{arrow.source} -->{label} n{arrow.target}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Return a text as Mermaid's entities where a character may mean something to it, to Markdown or to HTML."""
    return re.sub(r"[^\w \-.→]|_", lambda found: f"#{ord(found[0])};", text)
