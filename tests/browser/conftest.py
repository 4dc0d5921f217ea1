"""A real Chromium, the demonstration, and the community of one test on a port."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.houses import Demo, demonstration, served
from tests.conftest import missing
from tests.people import Community

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for each module: as long as it is open, no other event loop can run in this thread."""
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demonstration, started once."""
    with demonstration(tmp_path_factory.mktemp("demonstration")) as running:
        yield running


@pytest.fixture
def address(community: Community) -> Iterator[str]:
    """Where the community of this test can be opened."""
    with served(community) as found:
        yield found


NewBrowser = Callable[..., Page]


@pytest.fixture
def opens(chromium: Browser, address: str) -> Iterator[NewBrowser]:
    """Opens a phone's browser that knows nobody: a page 360 pixels wide, with or without script."""
    contexts: list[BrowserContext] = []

    def new(*, script: bool = True, width: int = 360) -> Page:
        context = chromium.new_context(
            base_url=address, java_script_enabled=script, viewport={"width": width, "height": 740}
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return context.new_page()

    yield new
    for context in contexts:
        context.close()
