"""Passkeys in a real Chromium, whose virtual device makes and shows them."""

import pytest
from django.urls import reverse

from registry.access.factors import services as factors
from registry.models import Act, AuditEntry, Passkey, Role, SecondFactor
from tests import factories
from tests.browser.conftest import LAPTOP, PHONE, fits, is_complaint


@pytest.fixture
def finance(committed, settings):
    settings.SECOND_FACTOR = "required"
    return factories.user("finance", Role.FINANCE)


@pytest.fixture(params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def page(request, chromium, live_server, finance):
    """A page with a device that opens its passkeys without being asked to."""
    context = chromium.new_context(viewport=request.param, base_url=live_server.url)
    context.set_default_timeout(15_000)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    page.device = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )["authenticatorId"]  # fmt: skip
    page.session = session
    yield page
    context.close()
    assert complaints == []


def sign_in(page):
    page.goto("/login/")
    page.fill("[name=username]", "finance")
    page.fill("[name=password]", "secret")
    with page.expect_navigation():
        page.click("form button")


def confirm(page):
    page.goto(reverse("confirm-password"))
    page.fill("[name=password]", "secret")
    with page.expect_navigation():
        page.click("form.panel button")


def add(page, name):
    page.fill("[name=name]", name)
    with page.expect_navigation():
        page.click("form[data-passkey] button")
    assert fits(page)


def test_a_passkey_is_a_second_factor_from_the_first_page_on(page, finance):
    sign_in(page)
    assert page.url.split("?")[0].endswith(reverse("second-factor-set-up"))
    assert fits(page)
    with page.expect_navigation():
        page.click(f"a[href^='{reverse('passkey-add')}']")
    add(page, "办公室电脑")
    assert page.locator(".codes li").count() == factors.RECOVERY_CODES
    with page.expect_navigation():
        page.click("[name=noted]")
    assert page.url.endswith("/workbench/")

    page.context.clear_cookies()
    sign_in(page)
    assert page.url.split("?")[0].endswith(reverse("second-factor"))
    assert fits(page)
    with page.expect_navigation():
        page.click("form[data-passkey] button")
    assert page.url.endswith("/workbench/")
    [passkey] = Passkey.objects.all()
    assert (passkey.name, passkey.used_at is not None, passkey.sign_count > 0) == ("办公室电脑", True, True)

    confirm(page)
    page.goto(reverse("passkey-remove") + f"?passkey={passkey.pk}")
    with page.expect_navigation():
        page.click("form.panel button")
    assert page.locator("text=唯一的第二步").count() == 1  # it stays
    assert Passkey.objects.exists()

    page.goto(reverse("passkey-add"))
    page.click("form[data-passkey] button")
    page.wait_for_selector("[data-passkey-there]:not([hidden])")
    page.session.send("WebAuthn.clearCredentials", {"authenticatorId": page.device})
    page.goto(reverse("passkey-add"))
    add(page, "安全密钥")
    page.goto(reverse("account"))
    assert fits(page)
    assert page.locator("th", has_text="安全密钥").count() == 1
    page.goto(reverse("passkey-remove") + f"?passkey={passkey.pk}")
    with page.expect_navigation():
        page.click("form.panel button")
    assert [each.name for each in Passkey.objects.all()] == ["安全密钥"]
    entries = AuditEntry.objects.filter(act=Act.SECOND_FACTOR, user=finance).order_by("id")
    assert [entry.details["what"] for entry in entries] == ["passkey added", "passkey added", "passkey removed"]
    assert SecondFactor.objects.get(user=finance).failures == 0


def test_an_answer_counts_once_and_a_device_without_a_passkey_is_told_so(page, finance):
    sign_in(page)
    page.goto(reverse("passkey-add"))
    add(page, "办公室电脑")
    with page.expect_navigation():
        page.click("[name=noted]")
    page.context.clear_cookies()
    sign_in(page)
    sent = []
    page.on("request", lambda request: sent.append(request.post_data) if request.method == "POST" else None)
    with page.expect_navigation():
        page.click("form[data-passkey] button")
    [answer] = [each for each in sent if each and "response=" in each]
    page.context.clear_cookies()
    sign_in(page)
    response = dict(pair.split("=", 1) for pair in answer.split("&"))["response"]
    status = page.evaluate(
        """async (response) => {
            const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
            const body = `csrfmiddlewaretoken=${token}&response=${response}`;
            const headers = {"Content-Type": "application/x-www-form-urlencoded"};
            return (await fetch("/second-factor/", {method: "POST", body, headers})).status;
        }""",
        response,
    )
    assert status == 422
    assert SecondFactor.objects.get(user=finance).failures == 1
    page.session.send("WebAuthn.clearCredentials", {"authenticatorId": page.device})
    page.goto(reverse("second-factor"))
    page.click("form[data-passkey] button")
    page.wait_for_selector("[data-passkey-failed]:not([hidden])")
