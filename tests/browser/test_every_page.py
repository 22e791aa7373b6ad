"""Every page that each role may open, on a laptop and on a phone: it answers, fits, has one heading, and axe finds
nothing serious on it.
"""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Error

from jygroups.lib import constraints
from registry.models import Subdistrict
from subsidies.services import sheets
from tests import world as worlds
from tests.browser.conftest import LAPTOP, PHONE
from tests.routes import EVERYONE, ROUTES

SERIOUS = {"serious", "critical"}
AXE = Axe()


@pytest.fixture
def world(transactional_db, live_server):
    """The rows and the users that the table of routes speaks of, with people enough for long pages."""
    world = worlds.build()
    worlds.grow(world, people=60)
    for month in (worlds.MONTH.previous, worlds.MONTH):
        sheets.prepare(month, Subdistrict.objects.all())
    yield world
    constraints.lift()  # the tables are emptied now, which the audit log would refuse


@pytest.mark.skipif("EVERY_PAGE" not in os.environ, reason="walks for many minutes: set EVERY_PAGE=1")
@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_every_page_of_every_role_is_sound(chromium, live_server, world, size):
    known: set[str] = set()
    faults = [fault for role in sorted(EVERYONE) for fault in walk(chromium, live_server.url, world, role, size, known)]
    assert faults == []


def walk(chromium, site, world, role, size, known):
    """The role's pages one after the other in one window; yields what is wrong with each."""
    client = Client()
    client.force_login(world.users[role])
    context = chromium.new_context(viewport=size, base_url=site, locale="zh-CN")
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for route_name, route in ROUTES.items():
        if route.method == "get" and role in route.roles:
            address = reverse(route_name, args=route.args(world.own)) + route.query
            yield from ((role, address, fault) for fault in [*looked_at(page, address, known), *complaints])
            complaints.clear()
    context.close()


# What a page is made of, without its words: two roles mostly see the same page of a route.
SKELETON = """Array.from(document.querySelectorAll("main *"), (part) =>
  part.tagName + part.getAttribute("class") + part.getAttribute("role")).join()"""


def looked_at(page, address, known):
    """What is wrong with the page. Axe, which takes longest, looks at each kind of page once: `known` holds them."""
    try:
        answer = page.goto(address)
    except Error:  # a download, or no content: nothing that a window would show
        if (status := page.context.request.get(address).status) not in (200, 204):
            yield status
        return
    if answer.status != 200:
        yield answer.status
    if not page.locator("main").count():
        return  # a part that another page loads
    if (headings := page.locator("h1").count()) != 1:
        yield f"{headings} headings"
    if (beyond := page.evaluate("document.documentElement.scrollWidth - window.innerWidth")) > 0:
        yield f"{beyond} px too wide"
    skeleton = page.evaluate(SKELETON)
    if skeleton in known:
        return
    known.add(skeleton)
    for found in AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]:
        if found["impact"] in SERIOUS:
            yield found["id"], [node["target"] for node in found["nodes"]][:3]
