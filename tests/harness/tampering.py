"""Ways to tamper with a file of records: each takes the JSON objects of its lines and changes them in place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from harness.fakes import FakeClock, comparison
from paceline_harness import Record, chains

Contents = list[dict[str, Any]]
FAST, NULL = 1, -1
"""Positions among the arms of harness.fakes.comparison: the baseline is 0."""


def launches(count: int = 2, title: str = "Doubling") -> list[Record]:
    """Return the records of one table in several launches, each with an order of its own."""
    found = []
    for index in range(1, count + 1):
        clock = FakeClock()
        record = comparison(clock, title=title).run(launches=1, budget_s=1.0, seed=index, clock=clock).records[0]
        launch = msgspec.structs.replace(record.launch, index=index, of=count, planned=count)
        seeded = msgspec.structs.replace(record.input, seed=1)
        found.append(msgspec.structs.replace(record, launch=launch, input=seeded))
    return found


def read(path: Path) -> Contents:
    """Return the JSON objects of a file of records."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return [json.loads(line) for line in content.splitlines()]


def write(path: Path, contents: Contents, *, reseal: bool) -> None:
    """Write the objects back; with `reseal` as one who knows how the chain is made."""
    contents = chains.sealed(contents) if reseal else contents
    path.write_text("".join(f"{json.dumps(content)}\n" for content in contents))


def median_sample(contents: Contents) -> None:
    arm = contents[0]["arms"][FAST]
    middle = sorted(arm["samples_ns"])[len(arm["samples_ns"]) // 2]
    arm["samples_ns"] = [ns - 9 if abs(ns - middle) < 30 else ns for ns in arm["samples_ns"]]


def every_sample(contents: Contents) -> None:
    arm = contents[0]["arms"][FAST]
    arm["samples_ns"] = [round(ns * 0.9) for ns in arm["samples_ns"]]


def sample_longer_than_its_round(contents: Contents) -> None:
    contents[0]["arms"][FAST]["samples_ns"][5] += 100_000


def negative_sample(contents: Contents) -> None:
    contents[0]["arms"][FAST]["samples_ns"][5] *= -1


def dropped_sample(contents: Contents) -> None:
    del contents[0]["arms"][FAST]["samples_ns"][3]


def dropped_sample_with_its_round(contents: Contents) -> None:
    arm = contents[0]["arms"][FAST]
    del arm["samples_ns"][3], arm["index_of_round"][3]


def index_of_round(contents: Contents) -> None:
    rounds = contents[0]["arms"][FAST]["index_of_round"]
    rounds[4], rounds[5] = rounds[5], rounds[4]


def order_entry(contents: Contents) -> None:
    entry = contents[0]["order"][2]
    entry[0], entry[1] = entry[1], entry[0]


def order_repeats_an_arm(contents: Contents) -> None:
    contents[0]["order"][2][0] = contents[0]["order"][2][1]


def swapped_order_entries(contents: Contents) -> None:
    order = contents[0]["order"]
    at = next(i for i in range(1, len(order)) if order[i] != order[0] and len(order[i]) == len(order[0]))
    order[0], order[at] = order[at], order[0]


def dropped_block(contents: Contents) -> None:
    del contents[0]["order"][-1]


def swapped_samples_of_arms(contents: Contents) -> None:
    one, other = contents[0]["arms"][FAST], contents[0]["arms"][NULL]
    for field in ("samples_ns", "index_of_round"):
        one[field], other[field] = other[field], one[field]


def renamed_arms(contents: Contents) -> None:
    arms = contents[0]["arms"]
    arms[FAST]["name"], arms[2]["name"] = arms[2]["name"], arms[FAST]["name"]


def dropped_arm(contents: Contents) -> None:
    del contents[0]["arms"][FAST]


def dropped_null_arm(contents: Contents) -> None:
    del contents[0]["arms"][NULL]


def changed_baseline(contents: Contents) -> None:
    contents[0]["baseline"] = "fast"


def reordered_arms(contents: Contents) -> None:
    contents[0]["baseline"] = "fast"
    contents[0]["arms"][:2] = contents[0]["arms"][1::-1]


def verdict(contents: Contents) -> None:
    contents[0]["arms"][FAST]["verdict"] = "slower"


def narrower_interval(contents: Contents) -> None:
    low, high = contents[0]["arms"][FAST]["ci_log"]
    contents[0]["arms"][FAST]["ci_log"] = [low + 1e-9, high - 1e-9]


def log_ratio_in_its_last_bit(contents: Contents) -> None:
    contents[0]["arms"][FAST]["log_ratio"] *= 1 + 2e-16


def low_quantile(contents: Contents) -> None:
    contents[0]["arms"][FAST]["q10_log_ratio"] -= 0.1


def more_pairs(contents: Contents) -> None:
    contents[0]["arms"][FAST]["n_pairs"] *= 2


def reason(contents: Contents) -> None:
    contents[0]["arms"][FAST]["reason"] = "the interval is beyond doubt"


def conclusion_on_the_baseline(contents: Contents) -> None:
    contents[0]["arms"][0]["verdict"] = "faster"


def stop_of_an_arm(contents: Contents) -> None:
    contents[0]["arms"][FAST]["stop_reason"] = "budget"


def stop_of_a_record(contents: Contents) -> None:
    contents[0]["stop_reason"] = "budget"


def batch(contents: Contents) -> None:
    contents[0]["arms"][FAST]["batch"] += 1


def batch_of_nothing(contents: Contents) -> None:
    contents[0]["arms"][FAST]["batch"] = 0


def overhead(contents: Contents) -> None:
    contents[0]["arms"][FAST]["overhead_ns"] += 400


def overhead_of_all(contents: Contents) -> None:
    for arm in contents[0]["arms"]:
        arm["overhead_ns"] += 20_000


def cost(contents: Contents) -> None:
    contents[0]["arms"][FAST]["cost_ns"] *= 50


def level(contents: Contents) -> None:
    contents[0]["params"]["alpha"] = 0.01


def level_of_an_arm(contents: Contents) -> None:
    contents[0]["arms"][FAST]["alpha"] = 0.05


def margin(contents: Contents) -> None:
    contents[0]["params"]["margin"] = 0.02


def margin_of_an_arm(contents: Contents) -> None:
    contents[0]["arms"][FAST]["margin"] = 0.02


def fewer_looks(contents: Contents) -> None:
    contents[0]["arms"][FAST]["looks"] = [24]


def target(contents: Contents) -> None:
    contents[0]["params"]["target_ns"] = 1_000


def half_width(contents: Contents) -> None:
    for content in contents:
        content["params"]["report_hw"] = 1e-6


def seed(contents: Contents) -> None:
    contents[0]["seed"] += 1


def round_start(contents: Contents) -> None:
    contents[0]["round_start_ns"][7] = contents[0]["round_start_ns"][6]


def dropped_round(contents: Contents) -> None:
    del contents[0]["round_start_ns"][-1]


def status_of_a_wrong_output(contents: Contents) -> None:
    wrong = next(each for each in contents[0]["candidates"] if each["status"] == "not equal")
    wrong["status"] = "timed"


def tolerance(contents: Contents) -> None:
    wrong = next(each for each in contents[0]["candidates"] if each["status"] == "not equal")
    wrong["correct"]["tolerance"] = 1e9


def alignment(contents: Contents) -> None:
    contents[0]["buffers"][0]["address_mod_4096"] = 8


def removed_record(contents: Contents) -> None:
    del contents[-1]


def removed_first_record(contents: Contents) -> None:
    del contents[0]


def duplicated_record(contents: Contents) -> None:
    contents.append(contents[0])


def launch_index(contents: Contents) -> None:
    contents[1]["launch"]["index"] = 1


def launch_count(contents: Contents) -> None:
    for content in contents:
        content["launch"]["of"] = 5


def a_launch_left_out(contents: Contents) -> None:
    del contents[-1]
    for content in contents[2:]:
        content["launch"]["of"] = 2


def other_inputs(contents: Contents) -> None:
    contents[1]["input"]["seed"] = 99


def one_launch_with_another_level(contents: Contents) -> None:
    contents[1]["params"]["alpha"] = 0.04


def a_bar_of_one_launch(contents: Contents) -> None:
    contents[1]["bars"] = [{"name": "A call", "of": "fast", "at_most": 1_000}]


def sizes_that_nobody_serves(contents: Contents) -> None:
    contents[0]["serves"] = {"ranges": [[10, "rust"]], "rule": "order"}


def sizes_served_twice(contents: Contents) -> None:
    contents[0]["serves"] = {"ranges": [[0, "rust"], [50, "cython"], [50, "rust"]], "rule": "order"}


def served_and_not(contents: Contents) -> None:
    contents[0]["serves"] = {"ranges": [[0, "rust"]], "rule": "order", "problem": "Nobody serves."}


def unknown_field(contents: Contents) -> None:
    contents[0]["verified_by"] = "a friend"


def schema(contents: Contents) -> None:
    contents[0]["schema"] = "paceline-record/9"


def a_field_less(contents: Contents) -> None:
    del contents[0]["arms"][FAST]["samples_ns"]


INCONSISTENT: list[Callable[[Contents], None]] = [
    median_sample, every_sample, sample_longer_than_its_round, negative_sample,
    dropped_sample, dropped_sample_with_its_round, index_of_round, order_entry, order_repeats_an_arm,
    swapped_order_entries, dropped_block, swapped_samples_of_arms, renamed_arms, dropped_arm, dropped_null_arm,
    changed_baseline, reordered_arms, verdict, narrower_interval, log_ratio_in_its_last_bit, low_quantile,
    more_pairs, reason, conclusion_on_the_baseline, stop_of_an_arm, stop_of_a_record, batch, batch_of_nothing,
    overhead, overhead_of_all, cost, level, level_of_an_arm, margin, margin_of_an_arm, fewer_looks, target,
    half_width, seed, round_start, dropped_round, status_of_a_wrong_output, tolerance, alignment, removed_record,
    removed_first_record, duplicated_record, launch_index, launch_count, a_launch_left_out, other_inputs,
    one_launch_with_another_level, a_bar_of_one_launch, sizes_that_nobody_serves,
    sizes_served_twice, served_and_not, unknown_field, schema, a_field_less,
]  # fmt: skip
"""Each leaves a file that contradicts itself, so that sealing it again does not help."""


def one_ns(contents: Contents) -> None:
    arm = contents[0]["arms"][FAST]
    slowest = arm["samples_ns"].index(max(arm["samples_ns"]))
    arm["samples_ns"][slowest] -= 1


def cpu(contents: Contents) -> None:
    contents[0]["environment"]["cpu_model"] = "another"


def commit(contents: Contents) -> None:
    for content in contents:
        content["harness"]["git"] = "0" * 40


def published_figure(contents: Contents) -> None:
    contents[0]["title"] = contents[1]["title"] = "Halving"


def file_hash(contents: Contents) -> None:
    contents[0]["candidates"][0]["file_sha256"] = "0" * 64


def unsealed(contents: Contents) -> None:
    for content in contents:
        del content["chain"], content["record_sha256"]


def as_schema_1(contents: Contents) -> None:
    unsealed(contents)
    for content in contents:
        content["schema"] = "paceline-record/1"


def swapped_records(contents: Contents) -> None:
    contents[0], contents[1] = contents[1], contents[0]


def link(contents: Contents) -> None:
    contents[1]["chain"]["previous_sha256"] = "0" * 64


SEAL_ONLY: list[Callable[[Contents], None]] = [
    one_ns, cpu, commit, published_figure, file_hash, unsealed, as_schema_1, swapped_records, link,
]  # fmt: skip
"""No statistic depends on these: only the chain of hashes catches them."""
