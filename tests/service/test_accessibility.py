"""axe-core finds nothing to complain of, and the chips' colors are what their style sheet says."""

import itertools
import math
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.service.browser import PHONE, Visit, edit, score, slide, word
from tests.service.servers import Service

Scheme = Literal["light", "dark"]
SCHEMES: list[Scheme] = ["light", "dark"]
SCREENS: dict[str, dict[str, Any]] = {"desktop": {}, "phone": PHONE, "forced": {"forced_colors": "active"}}
SHORT = {("desktop", "light"), ("phone", "dark"), ("forced", "light")}  # each screen and each scheme; all take long
HUNGARIAN = (
    "A kikötő tanácsa kedden este úgy döntött, hogy két villamos kompot bérel egy dán cégtől, Halversundban. " * 2
)


def check(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize(
    ("screen", "scheme"),
    [
        pytest.param(screen, scheme, marks=[] if (screen, scheme) in SHORT else [pytest.mark.long])
        for screen in SCREENS
        for scheme in SCHEMES
    ],
)
def test_axe_finds_no_violation(visit: Visit, feedback_service: Service, screen: str, scheme: Scheme) -> None:
    page = visit(feedback_service, color_scheme=scheme, **SCREENS[screen])
    check(page)
    score(page, "On Tuesday Anna Kowalska\nmet the mayor of שלום David 👍 and really left.")
    slide(page, 0)
    check(page)  # all four levels
    page.uncheck("#join")
    word(page, "Tuesday").click()
    page.locator("#labels [value=noun]").click()
    expect(page.locator("#corrections li")).to_have_count(1)
    expect(page.locator("#card")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    page.locator("#entities tbody button").first.click()
    expect(page.locator("#walk")).to_be_visible()
    check(page)
    files: Any = [{"name": name, "mimeType": "text/plain", "buffer": HUNGARIAN.encode()} for name in ("a.txt", "b.txt")]
    page.set_input_files("#file", files)
    expect(page.locator("#hint")).to_be_visible()
    page.click("#examples")
    check(page)
    page.keyboard.press("Escape")
    page.locator("#texts button").first.click()
    page.locator("#corrections").get_by_role("button", name="Undo").click()
    expect(page.locator("#corrections")).to_be_hidden()
    edit(page)
    check(page)
    page.fill("#box", "")
    page.click("#go")
    expect(page.locator("#status")).to_contain_text("no text yet")
    check(page)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_no_violation_where_the_token_is_asked_for(
    visit: Visit, token_service: Service, scheme: Scheme
) -> None:
    page = visit(token_service, scored=False, color_scheme=scheme)
    page.locator("#word").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#refused")).to_have_text("That token was refused.")
    check(page)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_levels_are_evenly_apart_and_readable(visit: Visit, feedback_service: Service, scheme: Scheme) -> None:
    page = visit(feedback_service, color_scheme=scheme)
    score(page, "On Tuesday Anna met the mayor and really left.")
    page.uncheck("#join")
    slide(page, 0)
    chips = [page.locator(f"#text .l{level}").first for level in range(4)]
    backgrounds = [chip.evaluate("chip => getComputedStyle(chip).backgroundColor") for chip in chips]
    letters = {chip.evaluate("chip => getComputedStyle(chip).color") for chip in chips}
    steps = [math.dist(oklab(one), oklab(other)) for one, other in itertools.pairwise(backgrounds)]
    assert steps == pytest.approx([0.081] * 3, abs=0.001)
    (ink,) = (luminance(page, color) for color in letters)
    for color in backgrounds:
        low, high = sorted((ink, luminance(page, color)))
        assert (high + 0.05) / (low + 0.05) >= 4.5
    lines = [chip.evaluate("chip => getComputedStyle(chip).borderBottom") for chip in chips]
    assert len({line.split(" ")[1] for line in lines[1:]}) == 3  # dotted, solid, double: told without color


def test_what_is_pressed_is_seen_in_forced_colors(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service, forced_colors="active")
    score(page, "Forced colors met Anna on Friday.")
    word(page, "Anna").click()
    page.locator("#labels [value=proper]").click()
    expect(page.locator("#labels [value=proper]")).to_have_attribute("aria-pressed", "true")
    background = "button => getComputedStyle(button).backgroundColor"
    for group in ("#labels", "#meaning"):
        pressed = page.locator(f"{group} [aria-pressed=true]").evaluate(background)
        others = page.locator(f"{group} [aria-pressed=false]").evaluate_all(f"all => all.map({background})")
        assert len(others) >= 2
        assert pressed not in others


def oklab(color: str) -> tuple[float, float, float]:
    """Of a computed color such as "oklch(0.88 0.06 65)"."""
    lightness, chroma, hue = map(float, color.removeprefix("oklch(").removesuffix(")").split())
    return lightness, chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))


def luminance(page: Page, color: str) -> float:
    """Relative luminance (WCAG) of a color as the browser paints it."""
    pixel = page.evaluate(
        """color => {
            const paint = new OffscreenCanvas(1, 1).getContext('2d');
            paint.fillStyle = color;
            paint.fillRect(0, 0, 1, 1);
            return [...paint.getImageData(0, 0, 1, 1).data];
        }""",
        color,
    )
    red, green, blue = (
        value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in pixel[:3]
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
