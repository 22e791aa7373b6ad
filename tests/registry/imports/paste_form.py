"""The page of pasted rows, as a browser fills it in and sends it."""

import re
from datetime import date

from bs4 import BeautifulSoup
from django.urls import reverse

from tests import factories
from tests.registry.imports.roster_rows import A

BAD = "62029919700101001X"


def address(group) -> str:
    return reverse("group-paste", args=[group.pk])


class Form:
    """The grid of the page, as a browser fills it in and sends it."""

    def __init__(self, client, group, answer):
        self.client, self.group, self.answer = client, group, answer
        self.page = BeautifulSoup(answer.content, "html.parser")
        form = self.page.select_one("form:has([data-grid])")
        self.data: dict = {}
        for field in form.select("input[name]") if form else ():
            if field.get("type") not in ("checkbox", "radio") or field.has_attr("checked"):
                self.data.setdefault(field["name"], []).append(field.get("value", ""))

    def sent(self, **changed) -> "Form":
        """With changed fields; in names two underlines are a hyphen, None is a box without a tick."""
        data = self.data | {name.replace("__", "-"): value for name, value in changed.items()}
        data = {name: value for name, value in data.items() if value is not None}
        return Form(self.client, self.group, self.client.post(address(self.group), data))

    def opened_again(self) -> "Form":
        """The same rows in another window."""
        draft = {"draft": self.data["draft"][0]}
        return Form(self.client, self.group, self.client.get(address(self.group), draft))

    def field(self, number: int, title: str):
        [found] = self.page.select(f"input[aria-label='{title} {number}']")
        return found

    def error(self, number: int, title: str) -> str:
        field = self.field(number, title)
        return self.page.find(id=field["aria-describedby"]).text if field.get("aria-invalid") else ""

    @property
    def text(self) -> str:
        return " ".join(self.page.select_one("main").text.split())

    @property
    def account(self) -> str:
        [found] = re.findall(r"共\d+行＝(?:读取\d+行)?＋?(?:跳过\d+行)?＋?(?:拒绝\d+行)?(?:（[^）]*）)?", self.text)
        rows, *parts = map(int, re.findall(r"(\d+)行", found.partition("（")[0]))
        assert rows == sum(parts)
        return found

    @property
    def is_saved(self) -> bool:
        return self.answer.status_code == 302


def person(name="张三", number=A, position="成员", day="2021-01-05", employed="非在职", *more):
    return [name, number, position, day, employed, *more]


def many(count: int):
    born = date(1972, 1, 1)
    return [person("张三", factories.id_number(born.replace(day=1 + at // 900), 1 + at % 900)) for at in range(count)]
