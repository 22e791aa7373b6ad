"""A group's own people on a small phone with a slow line: what they do there takes them less than a minute."""

import io
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from PIL import Image

from registry.demo import city as demo
from registry.models import Activity, Alarm, Attachment, Report, Severity, Visit
from tests.browser.conftest import fits, is_complaint

SMALL = {"width": 360, "height": 640}
# A poor mobile network: bytes a second down and up, milliseconds of delay.
SLOW = {"offline": False, "downloadThroughput": 50_000, "uploadThroughput": 50_000, "latency": 400}
FINGER = 44  # pixels: the least height of what is pressed with a finger
MINUTE = 60  # seconds
SERIOUS = ("serious", "critical")


@pytest.fixture
def phone(chromium, site):
    """Signed in as somebody on a small phone, its line slow; the page answers for every complaint of the browser's."""
    contexts, complaints = [], []

    def sign_in(username: str):
        context = chromium.new_context(
            viewport=SMALL, base_url=site, locale="zh-CN", has_touch=True, is_mobile=True, device_scale_factor=2
        )
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
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", SLOW)
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert complaints == []


def faults(page) -> list:
    """The findings of axe, and what is too wide or too small for a finger."""
    page.wait_for_load_state()
    found = [
        (each["id"], each["nodes"][0]["target"])
        for each in Axe().run(page).response["violations"]
        if each["impact"] in SERIOUS
    ]
    if not fits(page):
        found.append(("wider than the phone", page.url))
    for button in page.locator(".phone-acts a:visible, .choose-one:visible, .phone-form .btn:visible").all():
        box = button.bounding_box()
        if box and box["height"] < FINGER:
            found.append(("too small for a finger", button.inner_text(), box["height"]))
    return found


def photo() -> bytes:
    """A photo as large as a phone's, with its location."""
    image, content, place = Image.effect_noise((400, 300), 60).convert("RGB"), io.BytesIO(), Image.Exif()
    place.get_ifd(0x8825)[1] = "N"
    image.resize((4000, 3000), Image.Resampling.BICUBIC).save(content, "JPEG", exif=place, quality=95)
    return content.getvalue()


def test_a_hazard_is_reported_with_a_photo_in_a_minute(phone):
    page = phone("groupmember.fumin")
    assert faults(page) == []
    began = time.monotonic()
    page.click(".phone-acts a:has-text('上报信息')")
    page.wait_for_selector("text=紧急程度")
    page.click("label:has-text('安全隐患')")
    page.fill("[name=what]", "3单元井盖松动, 老人小孩易踩空")
    page.click("label:has-text('紧急') >> nth=-1")
    page.click("label:has-text('已报警')")
    page.fill("[name=told]", "社区书记")
    taken = photo()
    page.set_input_files("[name=photos]", {"name": "井盖.jpg", "mimeType": "image/jpeg", "buffer": taken})
    page.click("button:has-text('上报')")
    page.wait_for_selector("text=办理经过")
    assert time.monotonic() - began < MINUTE
    report = Report.objects.latest("pk")
    assert (report.severity, report.alarm, report.told) == (Severity.URGENT, Alarm.RAISED, "社区书记")
    assert report.noticed_on == timezone.localdate()
    attachment = Attachment.objects.get(report=report)
    assert attachment.size < len(taken) / 3
    page.wait_for_selector("img[alt='井盖.jpg']")
    assert faults(page) == []


def test_the_form_of_a_report_is_fit_for_a_thumb_and_shows_what_is_lacking(phone):
    page = phone("groupleader.fumin")
    page.goto("/reports/add/")
    assert faults(page) == []
    page.click("label:has-text('矛盾纠纷')")
    page.fill("[name=what]", "楼上漏水")
    page.click("label:has-text('已现场解决')")
    page.click("button:has-text('上报')")
    page.wait_for_selector("text=请选择纠纷类型")
    assert page.input_value("[name=what]") == "楼上漏水"
    assert faults(page) == []


def test_ones_own_stipend_is_explained_on_the_phone(phone):
    page = phone("groupleader.fumin")
    began = time.monotonic()
    page.click(".phone-acts a:has-text('我的补贴')")
    page.wait_for_url("**/months/**")
    assert time.monotonic() - began < MINUTE
    assert page.locator("text=高位取酬").count()
    assert faults(page) == []


def test_a_visit_is_noted_with_a_photo_in_a_minute(phone):
    page = phone("groupmember.fumin")
    began = time.monotonic()
    page.click(".phone-acts a:has-text('走访')")
    page.wait_for_selector("text=交谈情况")
    assert page.input_value("[name=day]") == timezone.localdate().isoformat()
    page.select_option("[name=building]", index=1)
    page.fill("[name=household]", "2单元301 王家")
    page.fill("[name=said]", "老人身体硬朗")
    page.fill("[name=asked]", "楼前路灯不亮")
    taken = photo()
    page.set_input_files("[name=photos]", {"name": "路灯.jpg", "mimeType": "image/jpeg", "buffer": taken})
    page.click("button:has-text('保存')")
    page.wait_for_selector("text=走访已登记")
    assert time.monotonic() - began < MINUTE
    visit = Visit.objects.latest("pk")
    assert (visit.visitor.user.username, visit.said) == ("groupmember.fumin", "老人身体硬朗")
    assert visit.attachments.get().size < len(taken)
    page.wait_for_selector("img[alt='路灯.jpg']")
    assert faults(page) == []


def test_the_minutes_of_a_meeting_are_written_in_a_minute(phone):
    page = phone("groupleader.fumin")
    began = time.monotonic()
    page.click(".phone-acts a:has-text('会议')")
    assert faults(page) == []
    page.click(".meeting-kinds a:has-text('居民小组会议')")
    page.wait_for_selector("text=到会人员")
    assert faults(page) == []
    ticks = page.locator(".came input[type=checkbox]")
    assert ticks.count() >= 3
    assert all(each.is_checked() for each in ticks.all())
    ticks.last.uncheck()
    page.locator(".came").last.locator("input[type=text]").fill("外出")
    page.fill("[name=record]", "商议楼院灭火器更换, 各户自查电线")
    page.click("summary:has-text('决议')")
    resolution = page.locator(".decision:visible").first
    resolution.locator("textarea").first.fill("本周内换完灭火器")
    taken = photo()
    page.set_input_files("[name=photos]", {"name": "会场.jpg", "mimeType": "image/jpeg", "buffer": taken})
    page.click("button:has-text('保存')")
    page.wait_for_selector(".came-list")
    assert time.monotonic() - began < MINUTE
    activity = Activity.objects.latest("pk")
    assert (activity.day, activity.group.name) == (timezone.localdate(), "第一居民小组")
    assert [row.excuse for row in activity.attendances.filter(came=False)] == ["外出"]
    assert activity.resolutions.get().text == "本周内换完灭火器"
    assert activity.attachments.get().size < len(taken) / 3
    page.wait_for_selector("img[alt='会场.jpg']")
    assert faults(page) == []


def stored_on_the_phone(page) -> str:
    page.wait_for_load_state()  # the script that clears a saved draft runs as the page loads
    return page.evaluate("JSON.stringify(localStorage)")


def test_what_is_typed_survives_a_lost_connection_and_is_gone_once_it_is_saved(phone):
    page = phone("groupmember.fumin")
    page.goto("/visits/add/")
    assert faults(page) == []
    before = Visit.objects.count()
    page.select_option("[name=building]", index=1)
    page.fill("[name=household]", "620299197001010010")
    page.fill("[name=said]", "说到一半")
    page.context.set_offline(True)
    page.click("button:has-text('保存')")
    page.wait_for_selector("text=网络已断开")
    assert page.input_value("[name=said]") == "说到一半"
    assert "说到一半" in stored_on_the_phone(page)
    assert "620299197001010010" not in stored_on_the_phone(page)
    page.context.set_offline(False)
    page.reload()
    assert page.input_value("[name=said]") == ""
    page.click("button:has-text('接着填')")
    assert page.input_value("[name=said]") == "说到一半"
    assert page.input_value("[name=household]") == ""
    assert faults(page) == []
    page.click("button:has-text('保存')")
    page.wait_for_selector("text=走访已登记")
    assert Visit.objects.count() == before + 1
    assert "说到一半" not in stored_on_the_phone(page)
    page.goto("/visits/add/")
    assert not page.is_visible("text=接着填")


def test_nobody_goes_on_with_what_another_has_typed(phone):
    page = phone("groupmember.fumin")
    page.goto("/visits/add/")
    page.fill("[name=said]", "只给我看")
    assert "只给我看" in stored_on_the_phone(page)
    page.context.clear_cookies()
    page.goto("/")
    page.fill("[name=username]", "groupleader.fumin")
    page.fill("[name=password]", demo.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/workbench/")
    page.goto("/visits/add/")
    assert not page.is_visible("text=接着填")
    assert "只给我看" not in stored_on_the_phone(page)


SIDEWAYS = """() => [...document.querySelectorAll("table.cards")]
  .filter((table) => table.scrollWidth > table.parentElement.clientWidth)
  .map((table) => table.innerText.slice(0, 30))"""


def test_a_list_is_cards_without_sideways_scrolling_and_without_exports(phone):
    page = phone("groupleader.fumin")
    page.goto("/reports/add/")
    page.click("label:has-text('安全隐患')")
    page.fill("[name=what]", "楼道内堆放纸箱、旧家具，占用消防通道，电动车在楼道内充电")
    page.click("label:has-text('尚未报警')")
    page.click("button:has-text('上报')")
    page.wait_for_selector("text=办理经过")
    for address in ("/reports/", "/meetings/", "/visits/", "/tasks/"):
        page.goto(address)
        assert faults(page) == []
        assert page.evaluate(SIDEWAYS) == []
        assert not page.is_visible("[name=export]")
    page.goto("/reports/")
    card = page.locator(".cards tbody tr").first
    assert card.locator(".card-state").is_visible()
    assert card.locator("[data-label=期限]").is_visible()
    box = card.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 3)  # not on the title
    page.wait_for_selector("text=办理经过")


def test_the_lists_of_a_community_are_cards(phone):
    page = phone("secretary.fumin")
    for address in ("/workbench/", "/registers/members/", "/registers/appointments/", "/registers/groups/", "/months/"):
        page.goto(address)
        assert faults(page) == [], address
        assert page.evaluate(SIDEWAYS) == [], address


# What a finger finds in the middle of the element.
UNDER = """(each) => {
  const box = each.getBoundingClientRect();
  const found = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return each.contains(found);
}"""


def test_the_tabs_lead_everywhere_and_cover_nothing(phone):
    page = phone("groupmember.fumin")
    for label, address in (
        ("待办", "/todo/"),
        ("上报", "/reports/add/"),
        ("我的", "/account/"),
        ("首页", "/workbench/"),
    ):
        page.click(f".phone-tabs a:has-text('{label}')")
        page.wait_for_url(f"**{address}")
        assert page.inner_text(".phone-tabs [aria-current]") == label
        assert faults(page) == []
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        for last in page.locator("main a:visible, main button:visible").all()[-1:]:
            assert last.evaluate(UNDER)
        assert all(tab.bounding_box()["height"] >= FINGER for tab in page.locator(".phone-tabs a").all())
    page.goto("/visits/add/")
    assert page.locator(".buttons .btn-primary").last.evaluate(UNDER)


def test_an_office_has_no_tabs(phone):
    page = phone("secretary.fumin")
    assert page.locator(".phone-tabs").count() == 0


def jpeg(name: str) -> dict:
    return {"name": name, "mimeType": "image/jpeg", "buffer": photo()}


def test_photos_are_shown_at_once_and_kept_over_an_error(phone):
    page = phone("groupleader.fumin")
    page.goto("/reports/add/")
    camera = page.locator("input[capture]")
    assert camera.bounding_box()["height"] >= FINGER
    camera.set_input_files(jpeg("一.jpg"))
    page.wait_for_selector("[data-chosen] img")
    camera.set_input_files(jpeg("二.jpg"))
    page.wait_for_selector("img[alt='二.jpg']")
    page.locator("#id_photos").set_input_files([jpeg("三.jpg")])
    page.wait_for_selector("img[alt='三.jpg']")
    page.click("button[aria-label='移除 二.jpg']")
    assert page.locator("[data-chosen]").count() == 2
    assert faults(page) == []
    page.click("label:has-text('矛盾纠纷')")
    page.fill("[name=what]", "楼上漏水")
    page.click("button:has-text('上报')")
    page.wait_for_selector("text=请选择纠纷类型")
    page.wait_for_load_state()
    assert page.locator("[name=photos-kept]:checked").count() == 2
    assert page.locator(".several-files img").first.evaluate("(each) => each.complete && each.naturalWidth > 0")
    assert faults(page) == []
    page.locator("[name=photos-kept]").first.uncheck()
    page.locator("#id_photos").set_input_files([jpeg("四.jpg")])
    page.wait_for_selector("img[alt='四.jpg']")
    page.click("label:has-text('邻里')")
    page.click("button:has-text('上报')")
    page.wait_for_selector("text=办理经过")
    report = Report.objects.latest("pk")
    assert sorted(each.name for each in report.attachments.all()) == ["三.jpg", "四.jpg"]


def test_without_a_connection_a_page_of_its_own_says_so(phone):
    page = phone("groupmember.fumin")
    page.evaluate("navigator.serviceWorker.ready.then((found) => Boolean(found.active))")
    page.wait_for_function("navigator.serviceWorker.controller")
    page.context.set_offline(True)
    page.goto("/visits/")
    page.wait_for_selector("h1:has-text('网络未连接')")
    assert "cards" not in page.content()
    assert faults(page) == []
    assert page.evaluate("caches.keys().then((names) => names.length)") == 1
    page.context.set_offline(False)
    page.click("text=重试")
    page.wait_for_selector("h1:has-text('走访')")
