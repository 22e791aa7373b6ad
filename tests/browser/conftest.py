"""A real Chromium on the demo's site."""

import os
import shutil
import sqlite3

import pytest
from django.db import connection
from playwright.sync_api import sync_playwright

from jygroups.lib.months import Month
from registry.demo import city as demo
from registry.models import Subdistrict
from registry.people.areas import services as areas
from subsidies.month import sheets
from subsidies.standards import services as standards
from tests import databases

# The one without a screen is the quickest.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
MONTH = Month(2026, 10)


def fits(page) -> bool:
    """Whether the page is no wider than the window. A page just asked for may have no element yet: wait for it."""
    page.wait_for_load_state()
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def is_complaint(message) -> bool:
    """Whether a line of the console is a fault: a refused form, or a user who was quicker, is none."""
    answers = ("status of 409", "status of 422")
    return message.type == "error" and not any(each in message.text for each in answers)


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM and not os.environ.get("CI"):
        pytest.skip("needs Chromium: apt install chromium libatomic1")
    # Playwright keeps an event loop running in this thread, which Django would take for an asynchronous call. Beside
    # a loop Django makes new connections, and a process forked here, which has no loop, would go on with the old ones.
    connection.close()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
        connection.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(stored_site, committed, live_server):
    """The demo's people with one month computed, served."""

    def build():
        areas.load_missing()
        standards.load_missing()
        demo.load(work=False)
        sheets.prepare(MONTH, Subdistrict.objects.all())

    stored_site("demo", build)
    return live_server.url


@pytest.fixture(scope="session")
def stored_site(django_db_blocker):
    """Fill the empty database: the first time by building, then from a copy, which takes no seconds."""
    copies: dict[str, Copy] = {}

    def fill(name: str, build) -> None:
        if name in copies:
            copies[name].restore()
        else:
            build()
            copies[name] = Copy(name)

    yield fill
    with django_db_blocker.unblock():
        for copy in copies.values():
            copy.drop()


class Copy:
    """The test database as it is now, beside it."""

    def __init__(self, name: str):
        self.name = f"{connection.settings_dict['NAME']}_{name}"
        if connection.vendor == "sqlite":
            self.rows = sqlite3.connect(":memory:")
            connection.connection.backup(self.rows)
        else:
            databases.copy(connection.settings_dict["NAME"], self.name)

    def restore(self) -> None:
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            self.rows.backup(connection.connection)
        else:
            databases.copy(self.name, connection.settings_dict["NAME"])

    def drop(self) -> None:
        if connection.vendor == "sqlite":
            self.rows.close()
        else:
            databases.drop(self.name)


@pytest.fixture(params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def visit(request, chromium, site):
    """Sign in as somebody; the page answers for every complaint of the browser's."""
    complaints, contexts = [], []

    def sign_in(username: str):
        # A test answers requests in place of the site, which the service worker would make itself.
        context = chromium.new_context(viewport=request.param, base_url=site, service_workers="block")
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", demo.PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/workbench/")
        page.goto("/password/confirm/")  # what is sensitive does not ask again
        page.fill("[name=password]", demo.PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/workbench/")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert complaints == []  # a style or script that the policy forbids is reported here
