"""The report as a reader meets it: in a real browser, without a network."""

import os
import shutil
from dataclasses import replace

import pytest

from regimen.report.html import write_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("needs a Chromium browser; .ci/run installs one", allow_module_level=True)

DRAWN = "html[data-drawn]"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    options = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(content, tmp_path_factory):
    (response,) = content.doses
    strange = replace(response.doses[0], arm="<a href='https://example.org'>%{x}</a>")
    content = replace(content, doses=[replace(response, doses=(strange, *response.doses[1:]))])
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_html(path, content)
    return path


@pytest.fixture(scope="module")
def complaints():
    """What pages say on the console."""
    return []


@pytest.fixture(autouse=True)
def _no_page_complains(complaints):
    yield
    assert complaints == []


@pytest.fixture(scope="module")
def visit(browser, report, complaints):
    """Opens the report."""
    contexts = []

    def opened(path=report, **settings):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "offline": True, **settings})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        if settings.get("java_script_enabled", True):
            page.wait_for_selector(DRAWN)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def opened(visit):
    return visit()


@pytest.fixture
def page(opened):
    """The report as it is when it is opened."""
    opened.evaluate("document.getElementById('shown').reset()")
    opened.wait_for_selector(DRAWN)
    return opened


def lines(page, figure):
    """The traces of a figure that are visible."""
    return page.evaluate(
        "name => document.querySelector(`[data-figure=${name}]`).data.filter(trace => trace.visible !== false)"
        ".map(({meta}) => ({...meta}))",
        figure,
    )


def shown_arms(page, figure="loss"):
    return {trace["arm"] for trace in lines(page, figure)}


def test_figures_are_drawn_in_a_sensible_size(page):
    figures = page.locator("[data-figure]")
    assert figures.count() >= 3
    for index in range(figures.count()):
        box = figures.nth(index).locator("svg.main-svg").first.bounding_box()
        assert box["width"] > 300
        assert box["height"] > 150
    assert page.locator("[data-figure=loss] path.js-line").count() >= 4


def test_arms_and_lines_are_switched_by_mouse_and_keyboard(page, summary):
    first = {0, [arm.name for arm in summary.arms].index(summary.best_arm)}
    assert shown_arms(page) == shown_arms(page, "accuracy") == first
    page.get_by_label("l2", exact=True).check()
    assert shown_arms(page, "accuracy") == {*first, 2}
    page.get_by_label("baseline", exact=True).focus()
    page.keyboard.press("Space")
    assert shown_arms(page) == {*first, 2} - {0}
    page.get_by_role("button", name="all", exact=True).click()
    assert shown_arms(page) == set(range(6))
    assert "runs" not in {trace["kind"] for trace in lines(page, "loss")}
    page.get_by_label("single runs").check()
    assert "runs" in {trace["kind"] for trace in lines(page, "loss")}
    page.get_by_role("button", name="reset", exact=True).press("Enter")
    page.wait_for_selector(DRAWN)
    assert shown_arms(page) == first
    assert "runs" not in {trace["kind"] for trace in lines(page, "loss")}


def axis(page, figure, name):
    return page.evaluate("([figure, name]) => document.querySelector(`[data-figure=${figure}]`)._fullLayout[name]"
                         ".range.concat(document.querySelector(`[data-figure=${figure}]`)._fullLayout[name].type)",
                         [figure, name])  # fmt: skip


def test_the_loss_has_a_log_scale_and_epochs_can_be_chosen(page):
    assert axis(page, "loss", "yaxis")[2] == "linear"
    page.get_by_label("loss on a log scale").check()
    assert axis(page, "loss", "yaxis")[2] == "log"
    assert axis(page, "accuracy", "yaxis")[2] == "linear"
    page.get_by_label("epochs", exact=True).fill("10")
    low, high, _ = axis(page, "accuracy", "xaxis")
    assert (round(low), round(high)) == (10, 30)


def plot(page, figure):
    """Where the lines are drawn, in the window."""
    area = page.locator(f"[data-figure={figure}] .nsewdrag")
    area.scroll_into_view_if_needed()
    return area.bounding_box()


def test_a_value_is_told_under_the_pointer(page):
    box = plot(page, "loss")
    for step in range(1, 20):  # somewhere on the way down there is a line
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * step / 20)
        page.wait_for_timeout(60)
        if page.locator("[data-figure=loss] .hovertext").count():
            break
    assert "epoch" in page.locator("[data-figure=loss] .hovertext").first.text_content()


def test_dragging_zooms_and_a_double_click_goes_back(page):
    before = axis(page, "accuracy", "xaxis")
    box = plot(page, "accuracy")
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_timeout(300)
    zoomed = axis(page, "accuracy", "xaxis")
    assert before[0] < zoomed[0] < zoomed[1] < before[1]
    # two clicks of a busy machine may be further apart than two of a person
    page.evaluate("document.querySelector('[data-figure=accuracy]')._context.doubleClickDelay = 10000")
    page.locator("[data-figure=accuracy] .nsewdrag").dblclick()
    page.wait_for_function(
        "high => Math.abs(document.querySelector('[data-figure=accuracy]')._fullLayout.xaxis.range[1] - high) < 0.01",
        arg=before[1],
    )


def brightness(colour):
    return sum(map(int, colour[colour.index("(") + 1 : -1].split(",")[:3])) / 3


def test_both_themes_and_a_light_print(page):
    tick = "getComputedStyle(document.querySelector('[data-figure=loss] .xtick text')).fill"
    for scheme, dark in (("dark", True), ("light", False)):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"(parseInt({tick}.slice(4)) > 150) === {str(dark).lower()}")
        ground, ink = page.evaluate("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
        assert (brightness(ground) < 80) == dark
        assert (brightness(ink) > 150) == dark
    page.emulate_media(color_scheme="dark", media="print")
    assert brightness(page.evaluate("getComputedStyle(document.body).color")) < 80
    assert page.get_by_label("l2", exact=True).is_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_selector(DRAWN)
    width = page.evaluate("document.querySelector('[data-figure=gap] .main-svg').clientWidth")
    assert width < 700  # the text width of A4
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_selector(DRAWN)
    page.emulate_media(color_scheme="light", media="screen")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_is_wider_than_a_narrow_screen(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function(
        "width => [...document.querySelectorAll('[data-figure] .main-svg')].every(e => e.clientWidth < width)",
        arg=width,
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})


def test_everything_that_can_be_used_can_be_reached_by_keyboard(page):
    wanted = page.evaluate(
        "[...document.querySelectorAll('input, button, select, summary, pre, .scroll')]"
        ".filter(e => e.checkVisibility()).length"
    )
    reached = set()
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert len(reached - {page.evaluate("[...document.querySelectorAll('*')].indexOf(document.body)")}) >= wanted


def test_it_reads_without_javascript(visit, summary):
    page = visit(java_script_enabled=False)
    assert page.locator("noscript p").is_visible()
    assert page.get_by_text(summary.headline.replace(" %", "\u00a0%")).is_visible()


def test_a_menu_chooses_the_arm_whose_mistakes_are_shown(page, content):
    menu = page.locator("select[data-for=mistakes]")
    shown = page.locator("[data-choice-of=mistakes]:visible")
    assert shown.count() == 1
    assert shown.get_attribute("data-choice") == menu.input_value() == content.summary.best_arm
    shares = "document.querySelector('[data-figure=confusion]').data[0].z.flat().join()"
    before = page.evaluate(shares)
    menu.select_option("baseline")
    assert shown.get_attribute("data-choice") == "baseline"
    assert page.evaluate(shares) != before
    assert page.locator("[data-figure=confusion]").get_attribute("aria-label").startswith("Confusions of baseline.")
    menu.select_option(content.summary.best_arm)


def test_pictures_of_mistakes_are_there(page):
    loaded = page.evaluate(
        "[...document.querySelectorAll('img[data-picture]')].filter(e => e.checkVisibility())"
        ".map(image => [image.complete, image.naturalWidth, image.alt.length])"
    )
    assert len(loaded) >= 8
    assert all(complete and width == 32 and alt for complete, width, alt in loaded)


def test_code_is_copied(page):
    page.get_by_text("Code to copy").first.click()
    button = page.locator("button[data-copy=arm1]")
    button.click()
    page.wait_for_function("document.querySelector('button[data-copy=arm1]').textContent === 'copied'")


def test_the_card_of_a_remedy_unfolds(page):
    said = page.get_by_text("Both at once need less of each.")
    assert not said.is_visible()
    page.get_by_text("dropout · Layers of the network").click()
    assert said.is_visible()


def test_names_of_classes_and_arms_run_nothing(page):
    assert page.title() == "digits-demo: which remedy helps?"
    link = "<a href='https://example.org'>%{x}</a>"
    assert page.locator("[data-figure=dose-0-gap] .xtick text").nth(0).text_content() == f"0 ({link})"
    assert page.locator("[data-figure=dose-0-gap] a").count() == 0
    assert page.locator("[data-figure=confusion] .ytick text").nth(1).text_content() == "<script>document.…"
