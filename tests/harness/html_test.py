"""The page in a real browser: nothing is loaded, filters, sorting, copying, colours, a phone's width."""

import json
import re
import shutil
from urllib.parse import unquote

import pytest

from harness.fakes import FakeClock, comparison, timed, with_null_ratio
from paceline_harness import Candidate
from paceline_harness.report.html.page import page as page_of

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
EVIL = "<img src=x onerror=alert(1)>"


def measured(name, costs, sizes=(100,), title=""):
    clock = FakeClock()
    candidates = [
        *(
            Candidate(each, timed(clock, cost, lambda x: 2 * x), f"what {each} does", "backend")
            for each, cost in costs.items()
        ),
        Candidate("numba", None, group="backend", unavailable=f"no compiler {EVIL}"),
        Candidate("NumPy by hand", timed(clock, 100_000, lambda x: 2 * x)),
        Candidate("the published loop", timed(clock, 5_000_000, lambda x: 2 * x), group="as published"),
    ]
    settings = {
        "name": name, "candidates": candidates, "sizes": sizes, "baseline": "NumPy by hand", "title": title,
    }  # fmt: skip
    return comparison(clock, **settings).run(budget_s=1.0, seed=3, clock=clock).records


@pytest.fixture(scope="module")
def records():
    return [
        *measured("slerp", {"python": 200_000, "rust": 20_000, "cython": 50_000}, (100, 1000), "Slerp"),
        *measured("lerp", {"python": 300_000, "rust": 150_000, "cython": 25_000}, title="Lerp </script>" + EVIL),
        with_null_ratio(measured("blend", {"python": 100_000, "rust": 50_000})[0], 0.05),
    ]


@pytest.fixture(scope="module")
def text(records):
    return page_of(records, {"slerp": ["Said of *slerp*."]})


@pytest.fixture(scope="module")
def file(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("html") / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_is_small_and_refers_to_nothing(text):
    assert len(text.encode()) < 1_000_000
    references = re.findall(r"(?:src|href|action)\s*=\s*[\"']([^\"']*)[\"']", text)
    assert all(each.startswith("#") or each == "data:," for each in references)
    assert "@import" not in text
    assert "url(" not in text


def test_what_was_measured_is_escaped(text):
    assert EVIL not in text
    assert "&lt;img src=x" in text


def test_the_summary_is_embedded(text):
    found = json.loads(re.search(r'<script type="application/json" id="summary">(.*?)</script>', text, re.DOTALL)[1])
    assert [table["title"] for table in found["tables"]][:2] == ["Slerp", "Slerp"]
    assert "<" not in json.dumps(found["schema"])


def test_tables_can_be_read_aloud(text):
    tables = re.findall(r"<table.*?</table>", text, re.DOTALL)
    assert tables
    for table in tables:
        assert "<caption>" in table
        assert 'scope="col"' in table
        assert 'scope="row"' in table
    assert 'aria-sort="none"' in text


def test_what_is_off_is_said_before_anything_else(text):
    main = text.index("<main>")
    assert main < text.index('class="notices"') < text.index('class="scroll"')
    assert "the baseline, measured a second time in hiding, seemed to differ" in text


def test_sizes_become_curves_with_crossovers(text):
    assert 'class="curves"' in text
    assert "Slerp: time of a call against the number of items" in text


def test_an_empty_run_is_a_page_too():
    assert "Nothing was measured" in page_of([])


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: uv sync")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no Chromium is installed (looked for {', '.join(BROWSERS)}): apt-get install -y chromium")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def opened(browser, file):
    """Return a function that opens the page; afterwards nothing may have been logged or asked for elsewhere."""
    faults, contexts = [], []

    def open_page(width=1280, height=900, scheme="light", permissions=(), fragment="", javascript=True):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce",
            permissions=list(permissions), java_script_enabled=javascript,
        )  # fmt: skip
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("request", lambda request: faults.append(request.url) if unquote(file.name) not in request.url else None)
        tab.goto(f"{file.as_uri()}{fragment}")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert [fault for fault in faults if fault != "data:,"] == []


def titles(tab):
    return [each.split("\n")[0] for each in tab.locator("#overview tbody tr:visible th[scope=row]").all_inner_texts()]


def test_the_verdict_on_every_cell_is_shown(opened):
    tab = opened()
    assert len(titles(tab)) == 4
    cell = tab.locator("#overview tbody tr").first.locator("td[data-backend=rust]")
    assert "5.0" in cell.inner_text()
    assert "faster" in cell.inner_text()
    assert "best" in cell.get_attribute("class")
    assert "n/a: no compiler <img" in tab.locator("td[data-backend=numba]").first.inner_text()


def test_filters_by_backend_operation_verdict_and_text(opened):
    tab = opened()
    tab.locator(".chip", has_text="rust").click()
    assert not tab.locator("#overview td[data-backend=rust]").first.is_visible()
    assert not tab.locator(".detail tr[data-backend=rust]").first.is_visible()
    assert tab.locator("#overview td[data-backend=cython]").first.is_visible()
    tab.locator("#clear").click()
    assert tab.locator("#overview td[data-backend=rust]").first.is_visible()
    tab.select_option("#operation", "slerp")
    assert titles(tab) == ["Slerp", "Slerp"]
    assert tab.locator("section.operation:visible").count() == 2
    assert tab.locator("#count").inner_text() == "2 of 4 shown"
    tab.locator("#clear").click()
    tab.fill("#search", "LERP img")
    assert len(titles(tab)) == 1
    tab.locator("#clear").click()
    tab.select_option("#verdict", "slower")
    assert len(titles(tab)) == 3
    assert "faded" in tab.locator("#overview tbody tr").first.locator("td[data-backend=rust]").get_attribute("class")


def test_a_view_can_be_passed_on_by_its_address(opened):
    tab = opened(fragment="#operation=slerp&backends=rust,python")
    assert titles(tab) == ["Slerp", "Slerp"]
    assert not tab.locator("#overview td[data-backend=cython]").first.is_visible()
    tab.locator("#clear").click()
    assert "=" not in tab.evaluate("location.hash")


def test_sorting_by_a_column_and_back_again_with_the_keyboard(opened):
    tab = opened()
    head = tab.locator("#overview thead th[data-name=rust]")
    first = titles(tab)
    head.locator("button").focus()
    tab.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert titles(tab)[0] == "Slerp"
    assert titles(tab)[-1].startswith("Lerp")
    tab.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert titles(tab)[0].startswith("Lerp")
    tab.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "none"
    assert titles(tab) == first


def test_copy_as_markdown_takes_what_is_shown(opened):
    tab = opened(permissions=["clipboard-read", "clipboard-write"])
    tab.select_option("#operation", "slerp")
    tab.locator(".chip", has_text="python").click()
    tab.locator("#copy").click()
    if tab.locator("#fallback").is_visible():
        said = tab.locator("#markdown").input_value()
    else:
        said = tab.evaluate("navigator.clipboard.readText()")
    lines = said.strip().splitlines()
    assert lines[0] == "| operation | rust | cython | numba | compared with | error |"
    assert len(lines) == 4
    assert {line.count("|") for line in lines} == {7}
    assert "**5.0" in lines[2]
    assert "faster" in lines[2]


def test_copy_falls_back_to_a_text_that_is_selected(opened):
    tab = opened()
    tab.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    tab.locator("#copy").click()
    tab.locator("#fallback").wait_for(state="visible")
    assert tab.locator("#markdown").input_value().startswith("| operation |")
    tab.keyboard.press("Escape")
    assert not tab.locator("#fallback").is_visible()


def brightness(tab):
    return sum(tab.evaluate("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)"))


def test_light_and_dark_by_the_system_and_by_choice(opened):
    assert brightness(opened()) > 600
    tab = opened(scheme="dark")
    assert brightness(tab) < 150
    tab.locator("#theme").click()
    tab.locator("#theme").click()
    assert brightness(tab) > 600
    tab.reload()
    assert brightness(tab) > 600


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_the_page_itself_never_scrolls_sideways(opened, width):
    tab = opened(width=width, height=812)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_readable_without_javascript(opened):
    tab = opened(javascript=False)
    assert len(titles(tab)) == 4
    assert not tab.locator("#filters").is_visible()
