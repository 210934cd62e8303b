"""All files of a run's report, written into its folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from paceline_harness.record import Record
from paceline_harness.report import analysis, markdown, sheet, summary
from paceline_harness.report.chart import save_chart
from paceline_harness.report.html.page import page

CHART = "chart.svg"
PICTURE = "chart.png"


def write(records: Sequence[Record], folder: Path) -> list[Path]:
    """Write report.md, report.html, report.csv, report.json, chart.svg and chart.png; return their paths.

    `analysis.md` in the folder, if there is one, is rendered with the operations that its headings name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    said = analysis.read(folder)
    texts: dict[str, Callable[[], str]] = {
        "report.md": lambda: markdown.report(records, CHART, said),
        "report.html": lambda: page(records, said),
        "report.csv": lambda: sheet.as_csv(records),
        "report.json": lambda: summary.as_json(records),
    }
    written = []
    for name, text in texts.items():
        path = folder / name
        path.write_text(text(), encoding="utf-8", newline="")
        written.append(path)
    for name in (CHART, PICTURE):
        save_chart(records, folder / name)
        written.append(folder / name)
    return written
