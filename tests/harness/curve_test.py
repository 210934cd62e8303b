import math

import msgspec
import pytest
from typer.testing import CliRunner

from harness.fakes import FakeClock
from paceline_harness import Comparison
from paceline_harness.cli import app
from paceline_harness.curve import BreakEven, Crossover, Curve, text
from paceline_harness.curve.crossing import Seen, crossovers
from paceline_harness.curve.fit import fit
from paceline_harness.curve.payback import break_even, compiles
from paceline_harness.curve.sizes import two_per_decade


def test_two_sizes_in_a_decade():
    assert list(two_per_decade(10, 1_000)) == [10, 30, 100, 300, 1_000]
    assert list(two_per_decade(7, 50)) == [7, 10, 30, 50]
    assert list(two_per_decade(5, 5)) == [5]
    with pytest.raises(ValueError, match="accepted are bounds of 1 and more, in order"):
        list(two_per_decade(10, 9))


def noisy(sizes, a, b, spread=0.01):
    return [(a + b * n) * (1 + spread * (-1) ** at) for at, n in enumerate(sizes)]


def test_the_line_gives_call_and_item_apart():
    sizes = list(two_per_decade(10, 1_000_000))
    line = fit(sizes, noisy(sizes, 1_500.0, 0.8))
    assert line.fits
    assert line.call_interval[0] < 1_500 < line.call_interval[1]
    assert line.item_interval[0] < 0.8 < line.item_interval[1]
    assert line.call_ns == pytest.approx(1_500, rel=0.03)
    assert line.item_ns == pytest.approx(0.8, rel=0.03)
    assert line.r_squared > 0.999


def test_the_line_is_exact_where_the_times_are():
    line = fit([1, 10, 100, 10_000], [7 + 3 * n for n in (1, 10, 100, 10_000)])
    assert (line.call_ns, line.item_ns) == (pytest.approx(7), pytest.approx(3))
    assert line.worst < 1e-9


def test_a_call_s_cost_that_is_not_there_has_an_interval_around_zero():
    sizes = [10_000, 30_000, 100_000]
    line = fit(sizes, noisy(sizes, 0.0, 2.0))
    assert line.call_interval[0] < 0 < line.call_interval[1]


def test_another_shape_does_not_fit():
    sizes = [10, 30, 100, 300, 1_000]
    line = fit(sizes, [float(n * n) for n in sizes])
    assert not line.fits
    assert line.worst > 0.1


def test_two_points_have_a_line_and_no_interval():
    line = fit([10, 20], [100.0, 150.0])
    assert (line.call_ns, line.item_ns) == (pytest.approx(50), pytest.approx(5))
    assert line.call_interval is None
    assert fit([10], [100.0]) is None


def seen_from(log_ratio, margin=0.005):
    asked = []

    def ask(size):
        asked.append(size)
        value = log_ratio(size)
        verdict = "faster" if value < -margin else "slower" if value > margin else "equivalent"
        return Seen(size, value, verdict)

    return ask, asked


def affine_ratio(size):
    """Return log of (1000 + n) / (100 + 2 n): 1 at n = 900."""
    return math.log((1_000 + size) / (100 + 2 * size))


def test_the_crossover_is_found_with_its_bracket():
    ask, asked = seen_from(affine_ratio)
    (found,) = crossovers("jit", "plain", [ask(size) for size in (10, 100, 1_000, 10_000)], ask)
    assert (found.below, found.above) == ("plain", "jit")
    assert found.lower < 900 < found.upper
    assert found.upper / found.lower < 1.25
    assert found.size == pytest.approx(900, rel=0.03)
    assert len(asked) < 4 + 10


def test_a_wide_tie_is_bracketed_at_both_ends():
    ask, _ = seen_from(lambda n: 0.0 if 200 < n < 5_000 else 0.3 if n <= 200 else -0.3)
    (found,) = crossovers("a", "b", [ask(10), ask(100_000)], ask)
    assert 180 <= found.lower <= 200
    assert 5_000 <= found.upper <= 5_600


def test_no_crossover_without_opposite_verdicts():
    ask, asked = seen_from(lambda _n: 0.1)
    assert crossovers("a", "b", [ask(10), ask(1_000)], ask) == []
    assert len(asked) == 2


def test_two_crossovers_are_both_found():
    ask, _ = seen_from(lambda n: 0.2 if 100 < n < 10_000 else -0.2)
    found = crossovers("a", "b", [ask(n) for n in (10, 1_000, 100_000)], ask)
    assert [(each.below, each.above) for each in found] == [("a", "b"), ("b", "a")]


def test_when_time_is_up_the_bracket_stays_wide():
    ask, _ = seen_from(affine_ratio)
    (found,) = crossovers("jit", "plain", [ask(10), ask(10_000)], lambda _size: None)
    assert (found.lower, found.upper) == (10, 10_000)


def test_break_even_calls():
    found = break_even("jit", "plain", 100, extra_ns=80e6, other_ns=10_000, ratio=0.2, interval=(0.19, 0.21))
    assert found.calls == pytest.approx(10_000)
    assert found.interval[0] == pytest.approx(80e6 / 8_100)
    assert found.interval[1] == pytest.approx(80e6 / 7_900)
    assert break_even("jit", "plain", 100, 80e6, 10_000, 1.2, (1.1, 1.3)) is None
    assert break_even("jit", "plain", 100, 80e6, 10_000, 0.99, (0.97, 1.01)).interval[1] is None


def test_a_cold_cache_is_no_compiler():
    assert compiles(80e6, 10_000)
    assert not compiles(5_000, 100)
    assert not compiles(2e6, 1e6)


class Affine:
    """A fake kernel of `a + b n` ns per call, which compiles for `compile_ns` at its first."""

    def __init__(self, clock, a, b, compile_ns=0):
        self.clock, self.a, self.b, self.compile_ns = clock, a, b, compile_ns

    def __call__(self, x):
        self.clock.now += round(self.a + self.b * len(x)) + self.compile_ns
        self.compile_ns = 0
        return x + x


def swept(clock, sizes=None, **more):
    kernels = {"plain": Affine(clock, 2_000, 40), "jit": Affine(clock, 20_000, 4, compile_ns=90_000_000)}
    comparison = Comparison("double", kernels, lambda n, rng: (rng.standard_normal(n),), [1], "plain")
    return comparison.curve(sizes, seed=3, budget_s=0.05, clock=clock, **more)


@pytest.fixture(scope="module")
def curve():
    return swept(FakeClock(), largest=100_000)


def test_a_sweep_grows_and_fits_both_lines(curve):
    assert curve.sizes[:4] == [10, 30, 100, 300]
    plain, jit = curve["plain"].line, curve["jit"].line
    assert (plain.call_ns, plain.item_ns) == (pytest.approx(2_000, rel=0.03), pytest.approx(40, rel=0.03))
    assert (jit.call_ns, jit.item_ns) == (pytest.approx(20_000, rel=0.03), pytest.approx(4, rel=0.03))
    assert plain.fits
    assert jit.fits


def test_a_sweep_finds_where_they_meet(curve):
    (found,) = curve.crossovers
    assert (found.below, found.above) == ("plain", "jit")
    assert found.lower < 500 < found.upper  # 2000 + 40 n = 20000 + 4 n
    assert found.size == pytest.approx(500, rel=0.03)


def test_a_sweep_says_after_how_many_calls_compiling_has_paid(curve):
    found = {each.size: each for each in curve.break_evens}
    assert min(found) > 500
    # 90 ms, and 18 000 ns less than 36 ns per item saved in each call
    assert found[10_000].calls == pytest.approx(90e6 / (36 * 10_000 - 18_000), rel=0.02)
    low, high = found[10_000].interval
    assert low < found[10_000].calls < high


def test_a_sweep_stops_at_the_slowest_call():
    found = swept(FakeClock(), call_limit_s=0.0001)
    assert found.sizes[-1] == 3_000
    assert "a call of the baseline takes 0.122 ms at size 3,000" in found.stop


def test_a_sweep_leaves_the_slow_one_out_and_says_so():
    clock = FakeClock()
    kernels = {"plain": Affine(clock, 20_000, 4), "slow": Affine(clock, 0, 4_000)}
    comparison = Comparison("double", kernels, lambda n, rng: (rng.standard_normal(n),), [1], "plain")
    found = comparison.curve(seed=3, budget_s=0.05, clock=clock, call_limit_s=0.001, largest=3_000)
    assert found.sizes == [10, 30, 100, 300, 1_000, 3_000]
    assert [point.size for point in found["slow"].points][-1] == 300
    assert "left out above size 300" in found["slow"].reason


def test_given_sizes_are_measured_as_they_are():
    assert swept(FakeClock(), [100, 50]).sizes == [50, 100]


def test_the_time_limit_ends_a_sweep():
    found = swept(FakeClock(), limit_s=0.2)
    assert "the time was up" in found.stop


def test_a_curve_in_sentences(curve):
    said = text(curve)
    assert "Double" in said or "double" in said
    assert "plain is faster up to size" in said
    assert "jit spends 90" in said
    assert "a call [" in said
    assert "per item" in said


def test_a_curve_is_data(curve):
    again = msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(curve, records=[])), type=Curve)
    assert again.crossovers == curve.crossovers
    assert isinstance(again.break_evens[0], BreakEven)
    assert isinstance(again.crossovers[0], Crossover)
    with pytest.raises(ValueError, match="'nobody' is no candidate"):
        curve["nobody"]


OWN = """
from paceline_harness import Comparison
doubling = Comparison("doubling", {"sum": lambda x: x + x, "twice": lambda x: 2 * x},
                      lambda n, rng: (rng.standard_normal(n),), [1], "sum")
"""


def test_the_command_sweeps_a_file(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    words = [
        "compare",
        tmp_path / "own.py",
        "--sizes",
        "auto",
        "--budget",
        "0.01",
        "--total",
        "0.4",
        "--output",
        tmp_path / "runs",
    ]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code in (0, 3), done.output  # 3: too noisy for a verdict
    assert "doubling: " in done.output
    (folder,) = (tmp_path / "runs").iterdir()
    (line,) = (folder / "curves.jsonl").read_bytes().splitlines()
    curve = msgspec.json.decode(line, type=Curve)
    assert len(curve["sum"].points) == len(curve.sizes) >= 1


def test_auto_needs_inputs_that_can_be_made(tmp_path):
    words = ["compare", "--sizes", "auto", "--trajectory", "a.txt", "--video-timestamps", "b.txt"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "--sizes was given with --trajectory" in done.output
