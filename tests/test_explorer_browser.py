"""The page in a browser: stepping, editing, keys, predictions, links, and whom it leaves out: nobody."""

import json
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

import graphcomp as gc
from graphcomp.derivation import Sweep, derive
from graphcomp.printers.notation import UNICODE

selenium = pytest.importorskip("selenium", reason="Selenium, which drives the browser, is not here")
axe = pytest.importorskip(
    "axe_core_python", reason="axe-core, which tests accessibility, is not here"
)

from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),  # one worker, one browser
    pytest.mark.skipif(
        CHROMIUM is None or CHROMEDRIVER is None,
        reason="Chromium and chromedriver, in which the pages are tested, are not here",
    ),
]

SIGMOID = {"x": 1.0, "a": 2.0}
NETWORK = {
    "x": [1.0, 2.0],
    "y": [0.0, 5.0],
    "W1": [[1.0, -1.0], [2.0, 1.0], [-1.0, 1.0]],
    "W2": [[1.0, 0.5, -1.0], [0.0, 1.0, 2.0]],
}
NASTY = "</script><img src=x onerror=alert(1)> & <b>bold</b>"


def graphs() -> dict[str, gc.Graph]:
    x, a = gc.scalars("x a")
    return {
        "sigmoid": gc.Graph([x, a], {"y": 1 / (1 + gc.exp(-a * x))}, name="sigmoid"),
        "fan_out": gc.from_string("y = x1*x2 + sin(x1)"),
        "network": gc.from_string(
            "h = relu(W1 @ x); loss = 0.5*sum((W2 @ h - y)**2)",
            inputs={"x": "n", "y": "k", "W1": "m n", "W2": "k m"},
        ),
        "fixed": gc.from_string("y = erf(x)*a"),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages")
    made = graphs()
    made["sigmoid"].explore(path / "sigmoid.html", at=SIGMOID)
    made["sigmoid"].explore(path / "nasty.html", at=SIGMOID, heading=NASTY)
    made["fan_out"].explore(path / "fan_out.html", at={"x1": 2.0, "x2": 5.0}, letter="v")
    made["network"].explore(path / "network.html", at=NETWORK)
    made["fixed"].explore(path / "fixed.html", at={"x": 0.5, "a": 2.0})
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (
        *("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"),
        *("disable-background-networking", "disable-component-update", "disable-sync"),
        *("disable-dev-shm-usage", "hide-scrollbars", "window-size=1280,800"),
        f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
    yield driver
    driver.quit()


class Page:
    """A page in the browser, in the terms of those who use it."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver = driver
        self.folder = folder

    def open(self, name: str, fragment: str = "") -> None:
        self.driver.get("about:blank")
        self.driver.get((self.folder / f"{name}.html").as_uri() + fragment)

    def script(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(code, *arguments)

    def text(self, selector: str) -> str:
        """What is seen, without what is only heard."""
        code = """
            const copy = document.querySelector(arguments[0]).cloneNode(true);
            copy.querySelectorAll(".hidden").forEach((one) => one.remove());
            return copy.textContent.trim();
        """
        return str(self.script(code, selector))

    def click(self, name: str) -> None:
        self.driver.find_element(By.ID, name).click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def write(self, selector: str, text: str) -> None:
        field = self.driver.find_element(By.CSS_SELECTOR, selector)
        field.clear()
        field.send_keys(text)

    def choose(self, name: str, text: str) -> None:
        code = """
            const select = document.getElementById(arguments[0]);
            const found = [...select.options].find((one) => one.textContent === arguments[1]);
            select.value = found.value;
            select.dispatchEvent(new Event("change", { bubbles: true }));
        """
        self.script(code, name, text)

    @property
    def step(self) -> str:
        return self.text("#step-title")

    @property
    def fragment(self) -> str:
        return str(self.script("return location.hash"))

    def table(self) -> dict[str, list[str]]:
        """The cells of every row by the name of the step."""
        code = """
            const seen = (cell) => {
              const copy = cell.cloneNode(true);
              copy.querySelectorAll(".hidden").forEach((one) => one.remove());
              return copy.textContent.trim();
            };
            return [...document.querySelectorAll("tbody tr")].map((row) =>
              [row.id, [...row.cells].map(seen)]);
        """
        return {name.removeprefix("row-"): cells for name, cells in self.script(code)}

    def emulate(self, **features: str) -> None:
        listed = [{"name": name.replace("_", "-"), "value": v} for name, v in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": listed})

    def width(self, pixels: int, height: int = 800) -> None:
        metrics = {
            "width": pixels,
            "height": height,
            "deviceScaleFactor": 1,
            "mobile": pixels < 600,
        }
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def problems(self) -> list[Any]:
        """What axe-core finds against the rules of WCAG 2.2, level AA, and its own best practices."""
        source = (resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
        self.script(source)
        found = self.driver.execute_async_script(
            "axe.run(document, {}).then(arguments[0], (e) => arguments[0]({violations: [String(e)]}))"
        )
        return [
            one if isinstance(one, str) else (one["id"], [node["html"] for node in one["nodes"]])
            for one in found["violations"]
        ]


@pytest.fixture
def page(browser: Any, folder: Path) -> Iterator[Page]:
    """A page; afterwards nothing may stand in the console, and nothing may have been loaded."""
    shown = Page(browser, folder)
    shown.width(1280)
    shown.emulate()
    browser.get_log("browser")
    browser.get_log("performance")
    yield shown
    assert browser.get_log("browser") == []
    events = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    requests = [
        e["params"]["request"]["url"] for e in events if e["method"].endswith("requestWillBeSent")
    ]
    assert [url for url in requests if not url.startswith(("file://", "about:", "data:"))] == []
    assert requests


def expected(sweep: Sweep) -> dict[str, str]:
    return {
        row.primal.name: UNICODE.number(row.value) for row in sweep.rows if row.value is not None
    }


def assert_numbers(
    page: Page, graph: gc.Graph, mode: str, at: Any, seed: Any, letter: str = "w"
) -> None:
    """Go to the end, and compare every number in the table with the derivation."""
    page.click("last")
    found = derive(graph, mode, at=at, seed=seed, letter=letter)
    (sweep,) = found.forward if mode == "forward" else found.reverse
    slopes, table = expected(sweep), page.table()
    for row in found.primal:
        assert row.value is not None
        cells = table[row.step.name]
        assert cells[1] == UNICODE.number(row.value), (row.step.name, cells)
        if row.step.name in slopes:
            assert cells[3] == slopes[row.step.name], (row.step.name, cells)


# ---------------------------------------------------------------- steps


def test_steps_go_through_reverse_mode_with_rule_and_numbers(page: Page) -> None:
    page.open("sigmoid")
    assert page.step == "Reverse mode: from the output back to the inputs"
    assert page.table()["w4"] == ["w₄ = 1 + exp(w₃)", "1.13534", "w̄₄ = w̄₅·(−1/w₄²)", "", ""]
    page.click("next")
    assert page.step == "Step 1 of 5: adjoint of w₅"
    assert page.table()["w5"][3:] == ["1", "seed"]
    page.click("next")
    page.click("next")
    assert page.step == "Step 3 of 5: adjoint of w₃"
    shown = page.text("#step-text")
    assert "w̄₃= w̄₄·∂w₄/∂w₃= w̄₄·exp(w₃)= −0.775803·0.135335= −0.104994" in shown.replace("\n", "")
    assert page.text("#node-w3 .derivative") == "w̄₃ = −0.104994"
    assert page.text("#node-w2 .derivative") == ""
    carried = page.script(
        "return [...document.querySelectorAll('.arrow.carries .number')].map(e => e.textContent)"
    )
    assert carried == ["−0.104994"]
    page.click("back")
    assert page.table()["w3"][3] == ""
    page.click("last")
    assert "in closed form a·y·(1 − y)" in page.text("#step-text")
    assert page.script("return document.getElementById('next').disabled")


def test_contributions_of_several_uses_add_up(page: Page) -> None:
    page.open("fan_out", "#reverse/v1")
    shown = page.text("#step-text")
    assert "1·5 + 1·(−0.416147)" in shown
    assert "v₁ is used by v₃ and v₄: what comes back from each adds up." in shown
    numbers = page.script(
        "return [...document.querySelectorAll('.arrow.carries .number')].map(e => e.textContent)"
    )
    assert sorted(numbers) == sorted(["5", "−0.416147"])


def test_forward_mode_shows_values_and_tangents_as_they_come(page: Page) -> None:
    page.open("sigmoid", "#forward/w3")
    table = page.table()
    assert table["w3"][1:4] == ["−2", "ẇ₃ = −ẇ₁·w₂", "−2"]
    assert table["w4"][1] == ""
    page.choose("seed", "a")
    assert page.table()["w3"][1:4] == ["−2", "ẇ₃ = −ẇ₂·w₁", "−1"]
    page.click("last")
    assert page.table()["w5"][3:] == ["0.104994", "∂y/∂a"]


def test_play_walks_to_the_end_and_stops(page: Page) -> None:
    page.open("sigmoid")
    page.script("document.getElementById('speed').options[2].value = '40'")
    page.script("document.getElementById('speed').selectedIndex = 2")
    page.click("play")
    waiting = """
        const over = () => document.getElementById("last").disabled;
        const look = () => (over() ? arguments[0](true) : setTimeout(look, 20));
        look();
    """
    assert page.driver.execute_async_script(waiting)
    assert page.step.startswith("Step 5 of 5")
    assert page.text("#play") == "Play"


# ---------------------------------------------------------------- inputs


def test_edited_inputs_change_every_number(page: Page) -> None:
    graph = graphs()["sigmoid"]
    page.open("sigmoid")
    page.write("#field-x", "0.7")
    page.write("#field-a", "\u22121.3")
    at = {"x": 0.7, "a": -1.3}
    spoken = page.script("return document.getElementById('live').textContent")
    assert spoken == "y equals 0.287"
    assert_numbers(page, graph, "reverse", at, {"y": 1.0})
    page.driver.find_element(By.ID, "field-a").click()
    page.press(Keys.END, "f")  # letters belong to the field while it has the focus
    assert page.script("return document.body.dataset.mode") == "reverse"
    assert page.text("#input-error") == "a: not a number; the last one that was stays in force"
    page.write("#field-a", "-1.3")
    assert page.text("#input-error") == ""
    page.click("tab-forward")
    assert_numbers(page, graph, "forward", at, {"x": 1.0})


def test_entries_of_arrays_are_edited_and_seeded_one_by_one(page: Page) -> None:
    graph = graphs()["network"]
    page.open("network")
    page.write("[aria-label='W1, entry row 2, column 1']", "-0.5")
    page.write("[aria-label='y, entry 2']", "4")
    at = {**NETWORK, "W1": [[1.0, -1.0], [-0.5, 1.0], [-1.0, 1.0]], "y": [0.0, 4.0]}
    assert_numbers(page, graph, "reverse", at, {"loss": 1.0})
    page.click("tab-forward")
    page.choose("seed", "W₁, entry 2, 1")
    assert_numbers(page, graph, "forward", at, {"W1": "E21"})


def test_ops_without_javascript_are_shown_with_fixed_numbers(page: Page) -> None:
    page.open("fixed")
    assert "can't compute erf by itself" in page.text("#notice")
    assert page.script("return document.querySelectorAll('#inputs input').length") == 0
    assert_numbers(page, graphs()["fixed"], "reverse", {"x": 0.5, "a": 2.0}, {"y": 1.0})


# ---------------------------------------------------------------- keys, links, speech


def test_everything_can_be_done_by_keys(page: Page) -> None:
    page.open("sigmoid")
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert page.step.startswith("Step 1 of 5")
    page.press(Keys.END)
    assert page.step.startswith("Step 5 of 5")
    page.press(Keys.HOME, "f")
    assert page.step.startswith("Forward mode")
    page.press("g")
    assert page.script("return document.activeElement.id") == "jump"
    page.press(Keys.ARROW_DOWN)
    assert page.step.startswith("Step 1 of 5: tangent of w₁")
    page.script("document.activeElement.blur()")
    page.press("r", " ")
    assert page.text("#play") == "Pause"
    page.press(Keys.ESCAPE)
    assert page.text("#play") == "Play"
    page.press("?")
    assert page.script("return document.getElementById('help').open")
    page.click("keys-on")
    page.press(Keys.ESCAPE)
    assert not page.script("return document.getElementById('help').open")
    page.script("document.activeElement.blur()")
    page.press("f")
    assert page.script("return document.body.dataset.mode") == "reverse"  # letters are switched off
    page.script("document.getElementById('tab-reverse').focus()")
    page.press(Keys.ARROW_LEFT)
    assert page.script("return document.activeElement.id") == "tab-forward"
    assert page.step.startswith("Forward mode")


def test_rows_and_boxes_lead_to_their_step(page: Page) -> None:
    page.open("sigmoid")
    page.driver.find_element(By.CSS_SELECTOR, "#row-w2 button").click()
    assert page.step == "Step 4 of 5: adjoint of w₂"
    page.driver.find_element(By.CSS_SELECTOR, "#node-w4 .value").click()
    assert page.step == "Step 2 of 5: adjoint of w₄"
    page.choose("jump", "5: w̄₁")
    assert page.step == "Step 5 of 5: adjoint of w₁"


def test_a_link_leads_to_a_step_and_the_address_follows(page: Page) -> None:
    page.open("sigmoid", "#reverse/w3")
    assert page.step == "Step 3 of 5: adjoint of w₃"
    page.click("next")
    assert page.fragment == "#reverse/w2"
    page.script("location.hash = '#forward/w4'")
    page.driver.execute_async_script("setTimeout(arguments[0], 50)")
    assert page.step == "Step 4 of 5: tangent of w₄"
    page.open("sigmoid", "#reverse/nowhere%3Cb%3E")
    assert page.step.startswith("Reverse mode")
    page.open("sigmoid", "#%E0%A4%A")
    assert page.step.startswith("Reverse mode")


def test_every_step_is_spoken(page: Page) -> None:
    page.open("sigmoid", "#reverse/w3")
    spoken = page.script("return document.getElementById('live').textContent")
    assert spoken == (
        "Step 3 of 5. w3 equals minus 2. w3 bar equals w4 bar times exp(w3) equals minus 0.104994"
    )
    row = page.script("return document.querySelector('tr[aria-current=step] th').textContent")
    assert row == "w₃ = −w₁·w₂w3 equals minus w1 times w2"


# ---------------------------------------------------------------- predictions


def test_numbers_are_hidden_until_they_are_guessed(page: Page) -> None:
    page.open("sigmoid", "#reverse/w5")
    page.click("predict")
    assert page.script("return document.getElementById('guess').hidden")  # a seed is no question
    page.click("next")
    hidden = page.text("body").split("Predict")[1]
    assert "−0.775803" not in hidden
    assert page.table()["w4"][3] == "?"
    assert page.text("#node-w4 .derivative") == "w̄₄ = ?"
    assert "to be predicted" in page.script("return document.getElementById('live').textContent")
    page.write("#guess-field", "hm")
    page.press(Keys.ENTER)
    assert page.text("#guess-feedback").startswith("Write one number")
    page.write("#guess-field", "0.776")
    page.press(Keys.ENTER)
    assert page.script("return document.activeElement.id") == "guess-field"
    assert page.text("#guess-feedback") == "Nearly: look at the sign."
    page.write("#guess-field", "-0.776")
    page.press(Keys.ENTER)
    assert page.text("#guess-feedback") == "Right."
    assert page.table()["w4"][3] == "−0.775803"
    assert page.text("#score") == "0 of 1 right at the first guess"
    assert page.script("return document.activeElement.id") == "next"
    page.press(Keys.ENTER)
    assert page.script("return document.activeElement.id") == "guess-field"
    page.press("-0.105", Keys.ENTER)
    assert page.text("#score") == "1 of 2 right at the first guess"
    page.click("next")
    page.click("next")  # an open question is answered first
    assert page.text("#guess-feedback") == "It is 0.104994."
    assert page.step.startswith("Step 4 of 5")
    assert page.text("#score") == "1 of 3 right at the first guess"
    page.click("predict")
    assert page.script("return document.getElementById('guess').hidden")


def test_arrays_are_guessed_entry_by_entry(page: Page) -> None:
    page.open("network", "#reverse/h")
    page.click("predict")
    page.write("#guess-field", "1 2; 1")
    page.press(Keys.ENTER)
    assert page.text("#guess-feedback") == "Not yet: look at number 2 again."
    page.write("#guess-field", "[1, 1.5, 1]")
    page.press(Keys.ENTER)
    assert page.text("#guess-feedback") == "Right."


# ---------------------------------------------------------------- for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["sigmoid", "network"])
def test_axe_finds_no_barrier(page: Page, name: str, scheme: str) -> None:
    page.emulate(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    page.open(name, "#reverse/" + ("w3" if name == "sigmoid" else "h"))
    assert page.problems() == []
    page.click("predict")
    page.write("#guess-field", "7")
    page.press(Keys.ENTER)
    assert page.problems() == []
    page.click("tab-forward")
    page.click("help-button")
    assert page.problems() == []


def test_axe_finds_no_barrier_on_a_page_with_fixed_numbers_on_a_phone(page: Page) -> None:
    page.width(360)
    page.open("fixed", "#reverse/w1")
    assert page.problems() == []


@pytest.mark.parametrize("name", ["sigmoid", "fan_out", "network", "fixed", "nasty"])
def test_a_phone_needs_no_scrolling_sideways(page: Page, name: str) -> None:
    page.width(360, 740)
    page.open(name)
    page.click("last")
    page.click("predict")
    widths = "return [document.documentElement.scrollWidth, window.innerWidth]"
    assert page.script(widths) == [360, 360]
    small = """
        return [...document.querySelectorAll("button, select, input[type=text]")]
          .filter((one) => one.offsetParent !== null && one.getBoundingClientRect().height < 24)
          .map((one) => one.outerHTML);
    """
    assert page.script(small) == []


def test_dark_pages_are_dark_and_nothing_moves_where_that_is_not_wanted(page: Page) -> None:
    page.emulate(prefers_color_scheme="dark", prefers_reduced_motion="no-preference")
    page.open("sigmoid", "#reverse/w3")
    assert (
        page.script("return getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    )
    moving = "return document.getAnimations().filter((one) => one.playState === 'running').length"
    assert page.script(moving) > 0
    page.emulate(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    page.open("sigmoid", "#reverse/w3")
    assert (
        page.script("return getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    assert page.script(moving) == 0


def test_text_from_outside_is_shown_as_text(page: Page) -> None:
    page.open("nasty")
    assert page.text("h1") == NASTY
    assert page.script("return document.querySelectorAll('img, b').length") == 0
    assert page.driver.title.startswith(NASTY[:20])


def test_nothing_else_may_run_or_load(page: Page) -> None:
    page.open("sigmoid")
    code = """
        const script = document.createElement("script");
        script.textContent = "window.intruder = true";
        document.body.append(script);
        const image = new Image();
        image.src = "https://example.org/x.png";
        document.body.append(image);
        return String(window.intruder);
    """
    assert page.script(code) == "undefined"
    refused = [one["message"] for one in page.driver.get_log("browser")]
    assert len(refused) == 2
    assert all("Content Security Policy" in one for one in refused)
    events = [json.loads(e["message"])["message"] for e in page.driver.get_log("performance")]
    failed = [e["params"] for e in events if e["method"] == "Network.loadingFailed"]
    assert [one["blockedReason"] for one in failed] == ["csp"]
    page.open("sigmoid")
