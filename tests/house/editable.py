"""What an editable install leaves behind, written without an installer: a dist-info folder and a path to the source."""

from __future__ import annotations

import tomllib
from pathlib import Path


def install(project: Path, site: Path) -> list[str]:
    """Write the metadata of ``project`` (its pyproject.toml) into ``site``; return the entries that sys.path needs."""
    about = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    folder = site / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n", "utf-8"
    )
    lines: list[str] = []
    for group, points in about.get("entry-points", {}).items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (folder / "entry_points.txt").write_text("\n".join([*lines, ""]), "utf-8")
    return [str(site), str(project / "src")]
