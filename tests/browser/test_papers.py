"""The impact assessment, opened from the disk: readable for everybody, on a phone and on paper."""

from datetime import date
from pathlib import Path

from playwright.sync_api import Browser

from server.assessment.writing import write_assessment
from server.places import CHECKOUT
from tests.browser.walks import AXE, LOOK, WCAG, WIDER


def test_the_assessment_can_be_read_and_asks_nobody(chromium: Browser, tmp_path: Path) -> None:
    paper = tmp_path / "dpia.html"
    write_assessment(CHECKOUT / "policies", paper, on=date(2027, 3, 1))
    context = chromium.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(paper.as_uri())
    assert asked == [paper.as_uri()]
    page.evaluate(AXE)
    assert page.evaluate(LOOK, list(WCAG)) == []
    assert page.evaluate(WIDER) == []
    assert len(page.pdf(format="A4")) < 1_000_000
    context.close()
