"""A page that only reads asks once for the same thing."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from jygroups.lib.once import once, reading


@pytest.fixture
def asked():
    return []


@pytest.fixture
def figure(asked):
    @once
    def figure(number, *, unit=""):
        asked.append(number)
        return f"{number}{unit}"

    return figure


def answer(method, figure):
    def view(_request):
        return HttpResponse(",".join([figure(1), figure(1), figure(2), figure(1, unit="元")]))

    return reading(view)(RequestFactory().generic(method, "/")).text


def test_while_a_page_is_read_each_thing_is_asked_for_once(figure, asked):
    assert answer("GET", figure) == "1,1,2,1元"
    assert asked == [1, 2, 1]


def test_the_next_page_asks_again(figure, asked):
    answer("GET", figure)
    answer("GET", figure)
    assert asked == [1, 2, 1] * 2


def test_a_request_that_may_write_asks_each_time(figure, asked):
    assert answer("POST", figure) == "1,1,2,1元"
    assert asked == [1, 1, 2, 1]
    figure(1)
    assert asked == [1, 1, 2, 1, 1]
