"""A real shop (bank, web, worker, demo data) and a real Chromium.

The shop is started once a test process, as `bin/demo` starts it. The browser lives as long as a module:
Playwright keeps an event loop running in the thread, and Django refuses to use its database beside one.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bodega.ops.showcase import free_port, serving
from tests.browser.visitor import NewVisitor, Visitor

# As root there is no sandbox; the rest keeps Chromium from talking to anybody but the shop.
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One shop is enough: under xdist all browser tests run in the same process."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo shop that answers."""
    with serving(tmp_path_factory.mktemp("shop") / "volume", free_port()) as running:
        yield running.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    path = shutil.which("chromium")
    assert path, "the browser tests need Chromium: apt-get install chromium (bin/browser does it)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def new_visitor(shop: str, chromium: Browser) -> Iterator[NewVisitor]:
    """Somebody with a fresh browser profile; whatever the browser complains about fails the test."""
    with ExitStack() as stack:
        known: list[Visitor] = []

        def arrive(**options: object) -> Visitor:
            context = chromium.new_context(**options)  # type: ignore[arg-type]  # Playwright's own names
            stack.callback(context.close)
            known.append(Visitor(shop, context.new_page()))
            return known[-1]

        yield arrive
        assert [complaint for visitor in known for complaint in visitor.complaints] == []
