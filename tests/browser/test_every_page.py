"""Every page that a role may open, on a laptop and on a phone: it answers, fits, has one heading, and axe finds
nothing serious on it.
"""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.urls import reverse

from registry.models import Subdistrict
from subsidies.month import sheets
from tests import world as worlds
from tests.browser.conftest import LAPTOP, PHONE, fits
from tests.routes import EVERYONE, ROUTES, sees

# Each page is looked at as the first of these roles has it; with EVERY_ROLE set, as each role has it.
EVERY_ROLE = "EVERY_ROLE" in os.environ
ROLES = sorted(EVERYONE) if EVERY_ROLE else ["clerk", "finance", "group_leader", "sysadmin", "civil"]
SERIOUS = {"serious", "critical"}
AXE = Axe().axe_script
VIOLATIONS = "() => axe.run({resultTypes: ['violations']}).then((found) => found.violations)"
# The head of each table in which a row has more or fewer columns.
UNEVEN = """() => {
  const width = (row) => [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0);
  const plain = (row) => ![...row.cells].some((cell) => cell.rowSpan > 1);
  return [...document.querySelectorAll("table")]
    .filter((table) => new Set([...table.rows].filter(plain).map(width)).size > 1)
    .map((table) => table.rows[0].innerText);
}"""
# What is left on paper of what acts on a screen, and tables that the paper cuts off.
ON_PAPER = """() => [
  ...[...document.querySelectorAll(".btn, .filter, .pages, .tabs, [data-list] input")]
    .filter((each) => each.checkVisibility()),
  ...[...document.querySelectorAll("main table")].filter((table) => table.getBoundingClientRect().right > innerWidth),
].map((each) => each.outerHTML.slice(0, 80))"""
PAPER = {"width": 1047, "height": 700}  # A4 landscape within its margins, in CSS pixels
# Takes away the rows of a table beyond the first few, which are like them: axe takes a second for a long page.
THINNED = """() => document.querySelectorAll("tbody tr:nth-child(n+5)").forEach((row) => row.remove())"""


@pytest.fixture
def world(committed, live_server):
    """The rows and the users that the table of routes speaks of, with several of each kind."""
    world = worlds.build()
    worlds.grow(world, people=10)
    sheets.prepare(worlds.MONTH, Subdistrict.objects.all())
    return world


@pytest.mark.parametrize("half", [0, 1])  # of the routes: two workers share them
def test_every_page_of_every_role_is_sound(chromium, live_server, world, half):
    known: set[str] = set()
    routes = list(ROUTES.items())[half::2]
    faults = [fault for role in ROLES for fault in walk(chromium, live_server.url, world, role, routes, known)]
    assert faults == []


def walk(chromium, site, world, role, routes, known):
    """The role's pages one after the other in one window; yields the errors of each.

    Two roles mostly see a page alike: the window opens those only that are made of other parts than all before, or
    have not been checked as any role, by `known`.
    """
    client = Client()
    client.force_login(world.users[role])
    context = chromium.new_context(base_url=site, locale="zh-CN")
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for route_name, route in routes:
        if route_name in known or route.method != "get" or role not in route.roles:
            continue
        if not route.of_place or sees(role, "own", route):
            address = reverse(route_name, args=route.args(world.own)) + route.query
            answer = client.get(address)
            if answer.status_code not in (200, 204, 302):
                yield role, address, answer.status_code
            elif (parts := parts_of(answer)) and parts not in known:
                known |= {parts} if EVERY_ROLE else {parts, route_name}
                yield from ((role, address, fault) for fault in [*looked_at(page, address), *complaints])
                complaints.clear()
    context.close()


def parts_of(answer) -> str:
    """What a page is made of, each kind of part once; nothing for a download or a part that another page loads."""
    if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
        return ""
    main = BeautifulSoup(answer.content, "html.parser").main
    if main is None:
        return ""
    return " ".join(
        dict.fromkeys(f"{part.name}.{part.get('class')}.{part.get('role')}" for part in main.find_all(True))
    )


def looked_at(page, address):
    """What is wrong with a page, on a laptop and on a phone."""
    page.goto(address)
    page.locator(".htmx-request").first.wait_for(state="detached")  # the parts that it loads are there
    if (headings := page.locator("h1").count()) != 1:
        yield f"{headings} headings"
    for table in page.evaluate(UNEVEN):
        yield f"a row of «{table}» has other columns than its head"
    # Axe takes longest: pages of an even length of address are given to it as the phone has them, the others as the
    # laptop does, whichever is looked at last.
    sizes = (LAPTOP, PHONE) if len(address) % 2 == 0 else (PHONE, LAPTOP)
    for size in sizes:
        page.set_viewport_size(size)
        if not fits(page):
            yield f"too wide for {size['width']}"
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    yield from (f"on paper: {each}" for each in page.evaluate(ON_PAPER))
    page.emulate_media(media="screen")
    page.set_viewport_size(size)
    page.evaluate(THINNED)
    page.evaluate(AXE)
    for found in page.evaluate(VIOLATIONS):
        if found["impact"] in SERIOUS:
            yield size["width"], found["id"], [node["target"] for node in found["nodes"]][:3]
