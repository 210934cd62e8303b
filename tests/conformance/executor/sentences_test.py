"""Every sentence of docs/executor-semantics.md has a test, and every test's number has a sentence."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "docs" / "executor-semantics.md"
NUMBER = re.compile(r"\b\d+\.\d+\b")


def sentences() -> list[str]:
    return re.findall(r"^(\d+\.\d+) ", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)


def in_docstrings() -> set[str]:
    """Return the numbers with which docstrings of tests begin."""
    found: set[str] = set()
    for path in HERE.glob("*_test.py"):
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_"):
                found.update(NUMBER.findall((ast.get_docstring(each) or "").partition(":")[0]))
    return found


def test_sentences_are_numbered_in_order():
    numbers = [tuple(map(int, each.split("."))) for each in sentences()]
    assert numbers == sorted(set(numbers))


def test_every_sentence_has_a_test_and_every_test_a_sentence():
    assert in_docstrings() == set(sentences())
