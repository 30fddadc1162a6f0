"""Take the pictures of the explorer anew: ``python -m docs.make_screenshots``.

Needs Chromium, chromedriver and Selenium.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from selenium import webdriver

import graphcomp as gc

IMAGES = Path(__file__).parent / "images"

PREDICT = "document.getElementById('predict').click()"
GUESS = """
    document.getElementById('guess-field').value = arguments[0];
    document.getElementById('guess-check').click();
"""


def main() -> None:
    """Write every picture to docs/images."""
    x, a = gc.scalars("x a")
    sigmoid = gc.Graph([x, a], {"y": 1 / (1 + gc.exp(-a * x))}, name="sigmoid")
    network = gc.from_string(
        "h = relu(W1 @ x); loss = 0.5*sum((W2 @ h - y)**2)",
        inputs={"x": "n", "y": "k", "W1": "m n", "W2": "k m"},
    )
    weights = {"W1": [[1, -1], [2, 1], [-1, 1]], "W2": [[1, 0.5, -1], [0, 1, 2]]}
    with tempfile.TemporaryDirectory() as folder:
        pages = {
            "sigmoid": sigmoid.explore(Path(folder) / "sigmoid.html", at={"x": 1, "a": 2}),
            "network": network.explore(
                Path(folder) / "network.html", at={"x": [1, 2], "y": [0, 5], **weights}
            ),
        }
        browser = _browser(folder)
        try:
            _take(browser, pages["sigmoid"], "#reverse/w3", "explorer")
            _take(browser, pages["sigmoid"], "#forward/w4", "explorer_dark", scheme="dark")
            _take(browser, pages["sigmoid"], "#reverse/w4", "explorer_predict", guess="0.776")
            _take(browser, pages["network"], "#reverse/w1", "explorer_network")
            _take(browser, pages["sigmoid"], "#reverse/w2", "explorer_phone", size=(360, 1180))
        finally:
            browser.quit()


def _browser(folder: str) -> Any:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (
        *("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"),
        *("disable-background-networking", "disable-component-update", "disable-sync"),
        *("hide-scrollbars", f"user-data-dir={folder}/profile"),
    ):
        options.add_argument(f"--{flag}")
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def _take(
    browser: Any,
    page: Path,
    step: str,
    name: str,
    *,
    size: tuple[int, int] = (1280, 790),
    scheme: str = "light",
    guess: str | None = None,
) -> None:
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get("about:blank")
    browser.get(page.as_uri() + step)
    if guess is not None:
        browser.execute_script(PREDICT)
        browser.execute_script(GUESS, guess)
    browser.save_screenshot(str(IMAGES / f"{name}.png"))


if __name__ == "__main__":
    main()
