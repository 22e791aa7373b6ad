"""Charts drawn by the server: where dots and bars lie, and that what they are called is escaped."""

from decimal import Decimal

import pytest
from django.template.loader import render_to_string

from jygroups.lib import charts


def numbers(*values):
    return [None if value is None else Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("lowest", "highest", "marks"),
    [
        (0, 100, [0, 25, 50, 75, 100]),
        (3, 100, [0, 25, 50, 75, 100]),  # from zero, unless the values lie far above it
        (0, 0, [0, "0.25"]),
        (152100, 152100, [0, 50000, 100000, 150000, 200000]),
        (108500, 152100, [100000, 120000, 140000, 160000]),
        (152000, 152100, [150000, 155000]),  # a small change stays small
        (-50, 50, [-50, -25, 0, 25, 50]),
    ],
)
def test_the_scale_is_round_and_holds_all_values(lowest, highest, marks):
    assert charts.scale(Decimal(lowest), Decimal(highest)) == numbers(*marks)


def test_dots_lie_between_the_edges_from_the_first_month_to_the_last():
    chart = charts.lines(["1", "2", "3"], [("甲", numbers(0, 50, 100))])
    [series] = chart.series
    assert [(dot.x, dot.y) for dot in series.dots] == [("15.00%", "166.0"), ("55.50%", "96.0"), ("96.00%", "26.0")]
    assert len(series.segments) == 2
    assert series.last.value == 100


def test_one_value_is_a_dot_in_the_middle_and_no_value_is_no_chart():
    [series] = charts.lines(["1"], [("甲", numbers(7))]).series
    assert (series.dots[0].x, series.segments) == ("55.50%", [])
    assert charts.lines(["1", "2"], [("甲", numbers(None, None))]) is None
    assert charts.lines([], []) is None


def test_a_missing_month_is_a_gap_and_not_a_zero():
    chart = charts.lines(["1", "2", "3", "4"], [("甲", numbers(5, None, 6, 7))])
    [series] = chart.series
    assert (len(series.dots), len(series.segments)) == (3, 1)
    assert chart.rows[1] == ("2", [None])


def test_the_names_of_two_series_stand_apart():
    chart = charts.lines(["1", "2"], [("甲", numbers(1, 9)), ("乙", numbers(9, 1))])
    assert [series.above for series in chart.series] == [True, False]


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (4, 4), (12, 4), (24, 4)])
def test_labels_are_thinned_out_so_that_they_fit_a_phone_and_the_last_stays(count, shown):
    chart = charts.lines([str(place) for place in range(count)], [("甲", numbers(*range(count)))])
    assert sum(label.shown for label in chart.labels) == shown
    assert chart.labels[-1].shown


def test_bars_are_shares_of_a_whole_the_smallest_first():
    bars = charts.bars([("全", "", 3, 3), ("无", "", 0, 0), ("半", "", 1, 2), ("近", "", 199, 200)])
    assert [(bar.label, bar.width, bar.share, bar.is_whole) for bar in bars] == [
        ("半", "50.00%", "50%", False),
        ("近", "99.50%", "99%", False),
        ("全", "100.00%", "100%", True),
    ]


def test_names_and_titles_are_escaped_and_the_values_stand_in_a_table():
    chart = charts.lines(["2026-05"], [("<甲>", numbers("1250.5")), ("乙", numbers(0))])
    text = render_to_string("components/chart_line.html", {"chart": chart, "title": '"<b>"', "head": "月"})
    assert "<甲>" not in text
    assert "<b>" not in text
    assert "1,250.50" in text.split("<details")[1]
    assert "style=" not in text
    bars = charts.bars([("<甲>", "/x/?a=1&b=2", 1, 2)])
    text = render_to_string("components/chart_bars.html", {"bars": bars, "title": "", "head": "", "unit": ""})
    assert "&lt;甲&gt;" in text
    assert "/x/?a=1&amp;b=2" in text
