"""The chain of hashes through a file of records: what changed after writing, was left out or was put in shows.

A record's hash is the sha256 of its JSON object without the field `record_sha256`, written with sorted keys, no spaces
and no escapes (`json.dumps(..., sort_keys=True, separators=(",", ":"), ensure_ascii=False)`), in UTF-8. The object
holds its place in the file, the number of records and the hash of the one before. Hashing what stands in the file
instead of what this version makes of it keeps old files checkable when a field is added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

HASH_FIELD = "record_sha256"
NO_RECORD = ""
"""What the first record names as the hash of the one before it."""


def digest(content: Mapping[str, Any]) -> str:
    """Return the sha256 of one record's JSON object, its own hash left out."""
    rest = {name: value for name, value in content.items() if name != HASH_FIELD}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sealed(contents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the records' JSON objects with their places and hashes written into them."""
    out: list[dict[str, Any]] = []
    previous = NO_RECORD
    for index, content in enumerate(contents, 1):
        chain = {"index": index, "of": len(contents), "previous_sha256": previous}
        linked = {**content, "chain": chain}
        previous = digest(linked)
        out.append({**linked, HASH_FIELD: previous})
    return out


def is_sealed(content: Mapping[str, Any]) -> bool:
    """Tell whether a record has a place in a chain and a hash."""
    return bool(content.get("chain")) and bool(content.get(HASH_FIELD))


def broken_links(contents: Sequence[Mapping[str, Any]]) -> list[tuple[int, str, object, object]]:
    """Return every break as (record from 0, field, stated, recomputed); nothing when the chain is whole."""
    found: list[tuple[int, str, object, object]] = []
    previous: object = NO_RECORD
    for at, content in enumerate(contents):
        chain, stated = content.get("chain"), content.get(HASH_FIELD)
        if not isinstance(chain, dict) or not stated:
            found.append((at, HASH_FIELD, stated, digest(content)))
            previous = stated
            continue
        expected = {"index": at + 1, "of": len(contents), "previous_sha256": previous}
        found += [(at, f"chain.{name}", chain.get(name), value) for name, value in expected.items()
                  if chain.get(name) != value]  # fmt: skip
        if stated != (computed := digest(content)):
            found.append((at, HASH_FIELD, stated, computed))
        previous = stated
    return found
