"""Comparisons: an office's old spreadsheet of a month beside what is computed here."""

import io
from collections import Counter
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets.sandbox import Unreadable
from registry.models import Position, Role, Subdistrict
from subsidies.comparison import reading, services
from subsidies.models import ComparisonResult, ParallelLine, ParallelRun
from subsidies.month import sheets
from tests import factories

MONTH = Month(2026, 10)
RUNS, ADD = reverse("parallel-runs"), reverse("parallel-add")


@pytest.fixture(autouse=True)
def the_standard(standard):
    return standard


def csv(*rows, titles="姓名,身份证号,金额"):
    return "\n".join([titles, *(",".join(map(str, row)) for row in rows)]).encode()


def compare(actor, *rows, month=MONTH, subdistrict=None, **kwargs):
    content = csv(*rows, **kwargs)
    return services.compare(month=month, subdistrict=subdistrict, name="旧表.csv", content=content, actor=actor)


def person(community, name, body=None, position=None, first_day=date(2021, 1, 1), last_day=None):
    member = factories.member(community, name)
    factories.appointment(member, body or community.committee, position, first_day, last_day)
    return member


def kinds(run):
    return {line.name: line.kind for line in run.lines.all()}


class TestComparing:
    def test_each_person_is_compared_by_id_number_and_each_difference_has_its_kind(self, finance, community, group):
        agrees = person(community, "一致")
        years = person(community, "年限")
        left = person(community, "离岗", last_day=date(2026, 5, 31))
        employed = person(community, "在职")
        factories.employment(employed, date(2026, 1, 1))
        both = person(community, "兼职")
        factories.appointment(both, group, Position.GROUP_LEADER, date(2021, 1, 1))
        lower = person(community, "低位")
        factories.appointment(lower, group, Position.GROUP_MEMBER, date(2021, 1, 1))
        absent = person(community, "旧表无")
        wrong = person(community, "算错")
        twice = person(community, "两行")
        renamed = person(community, "现名")
        run = compare(
            finance,
            (agrees.name, agrees.id_number, "450.00"),
            (years.name, years.id_number, 400),
            (left.name, left.id_number, 450),
            (employed.name, employed.id_number, 450),
            (both.name, both.id_number, 750),
            (lower.name, lower.id_number, 650),
            (wrong.name, wrong.id_number, 444),
            (twice.name, twice.id_number, "450"),
            (twice.name, twice.id_number, "450"),
            ("旧名", renamed.id_number, "¥450.00元"),
            ("无人", factories.id_number(), 350),
            ("坏号", "62029919900101001", 350),
            ("", "", ""),
            ("合计", "", 4_700),
        )
        found = Counter(run.lines.values_list("name", "kind"))
        assert found == {
            ("一致", ComparisonResult.AGREES): 1,
            ("年限", ComparisonResult.YEARS): 1,
            ("离岗", ComparisonResult.NOT_LISTED): 1,
            ("在职", ComparisonResult.EMPLOYED): 1,
            ("兼职", ComparisonResult.CROSS_HOLDING): 1,
            ("低位", ComparisonResult.CROSS_HOLDING): 1,
            ("旧表无", ComparisonResult.NOT_PAID): 1,
            ("算错", ComparisonResult.ARITHMETIC): 1,
            ("两行", ComparisonResult.AGREES): 1,
            ("两行", ComparisonResult.DUPLICATE): 1,
            ("旧名", ComparisonResult.NAME): 1,
            ("无人", ComparisonResult.NO_RECORD): 1,
            ("坏号", ComparisonResult.UNREADABLE): 1,
        }
        assert (run.rows, run.agreeing, absent.name) == (12, 2, "旧表无")

    def test_all_differences_together_are_the_difference_of_the_totals(self, finance, community):
        people = [person(community, name) for name in ("甲人", "乙人", "丙人")]
        run = compare(
            finance, *((each.name, each.id_number, 400) for each in people[:2]), ("无人", factories.id_number(), 1)
        )
        assert (run.old, run.ours, run.difference) == (801, 1350, 549)
        assert sum(line.difference for line in run.lines.all()) == run.difference

    def test_a_sheet_there_is_speaks_for_its_month_and_today_for_one_there_is_not(self, finance, community):
        member = person(community, "张三")
        sheets.prepare(MONTH, Subdistrict.objects.all())
        member.appointments.update(first_day=date(2022, 1, 1))
        row = (member.name, member.id_number, 450)
        assert kinds(compare(finance, row)) == {"张三": ComparisonResult.AGREES}
        assert kinds(compare(finance, row, month=MONTH.previous)) == {"张三": ComparisonResult.YEARS}

    def test_a_row_that_cannot_be_read_shows_column_value_and_cure_and_no_number(self, finance, community):
        run = compare(finance, ("张三", "620299199001010020", "三百"), ("李四", "6.2029E+17", 300))
        first, second = run.lines.all()
        assert (first.number, second.number) == (2, 3)
        assert "身份证号“6202**********0020”：" in first.detail
        assert "金额“三百”：" in first.detail
        assert "文本" in second.detail

    def test_who_is_not_in_the_file_since_the_row_cannot_be_read_is_reported(self, finance, community):
        member = person(community, "张三")
        run = compare(finance, (member.name, "12345", 450))
        assert "第2行" in run.lines.get(kind=ComparisonResult.NOT_PAID).detail

    def test_a_typing_error_in_the_number_leads_to_the_user_who_has_the_name(self, finance, community):
        person(community, "张三")
        run = compare(finance, ("张三", factories.id_number(), 450))
        assert "福民社区" in run.lines.get(kind=ComparisonResult.NO_RECORD).detail

    def test_who_was_merged_into_another_is_compared_as_that_other(self, finance, community):
        member, double = person(community, "张三"), factories.member(community, "张三")
        double.merged_into = member
        double.save()
        run = compare(finance, (double.name, double.id_number, 450), (member.name, member.id_number, 300))
        assert sorted(run.lines.values_list("kind", flat=True)) == [ComparisonResult.AGREES, ComparisonResult.DUPLICATE]

    def test_a_month_before_any_standard_is_refused(self, finance):
        with pytest.raises(Refused):
            compare(finance, ("张三", factories.id_number(), 300), month=Month(2019, 1))


class TestTheFile:
    def test_titles_may_stand_below_a_heading_and_be_called_otherwise(self):
        number = factories.id_number()
        content = (
            f'2026年10月补贴表,,,\n序号,身份证号码,人员姓名,实发金额（元）\n1,{number},张三,"1,250.50"\n合计,,,1250.50'
        )
        old = reading.read(content.encode("gb18030"))
        assert old.rows == [reading.OldRow("", 3, "张三", number, Decimal("1250.50"))]
        assert old.column == "实发金额（元）"

    def test_a_workbook_is_read_as_well(self):
        book = openpyxl.Workbook()
        number = factories.id_number()
        for row in (["姓名", "身份证号", "金额"], ["张三", number, 350.5], ["李四", number, 350]):
            book.active.append(row)
        target = io.BytesIO()
        book.save(target)
        assert [row.amount for row in reading.read(target.getvalue()).rows] == [Decimal("350.5"), Decimal(350)]

    @pytest.mark.parametrize("amount", ["", "三百", "-50", "1e9", "350.005", "NaN", "Infinity"])
    def test_an_amount_that_no_month_can_have_is_refused(self, amount):
        [refused] = reading.read(csv(("张三", factories.id_number(), amount))).refused
        assert refused.why[0][0] == "金额"

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\x00\x01",
            "姓名,身份证号,金额".encode(),
            b"%PDF-1.4 x",
            b"PK\x03\x04broken",
        ],
    )
    def test_a_file_without_such_a_table_is_refused_whole(self, content):
        with pytest.raises(Unreadable):
            reading.read(content)

    def test_a_second_table_with_other_columns_is_refused_with_its_row(self):
        people = [[name, factories.id_number(), "350", "300"] for name in ("张三", "李四")]
        titles = ["姓名", "身份证号", "应发", "实发"]
        swapped = ["姓名", "身份证号", "实发", "应发"]
        content = "\n".join(map(",".join, [titles, people[0], [], swapped, people[1]])).encode()
        choice = {"amount": "实发"}
        with pytest.raises(Unreadable, match=r"4\D"):
            reading.read(content, choice)
        again = "\n".join(map(",".join, [titles, people[0], [], titles, people[1]])).encode()
        assert len(reading.read(again, choice).rows) == 2


class TestAreas:
    def test_a_clerk_compares_the_own_subdistrict_and_learns_nothing_of_the_other(self, clerk, community, stranger):
        own, other = person(community, "己人"), person(stranger, "他人")
        run = compare(
            clerk,
            (own.name, own.id_number, 450),
            (other.name, other.id_number, 450),
            (other.name, factories.id_number(), 450),
            subdistrict=community.subdistrict,
        )
        assert sorted(run.lines.values_list("name", "kind")) == sorted(
            [
                ("己人", ComparisonResult.AGREES),
                ("他人", ComparisonResult.NO_RECORD),
                ("他人", ComparisonResult.NO_RECORD),
            ]
        )
        for line in run.lines.filter(name="他人"):
            assert line.member is None
            assert "大众社区" not in line.detail

    def test_nobody_compares_beyond_the_own_area(self, clerk, leader, community, stranger):
        for actor, subdistrict in ((clerk, None), (clerk, stranger.subdistrict), (leader, community.subdistrict)):
            with pytest.raises(PermissionDenied):
                compare(actor, ("张三", factories.id_number(), 1), subdistrict=subdistrict)

    def test_a_run_of_the_city_is_for_finance_one_of_a_subdistrict_for_its_clerk_too(
        self, client, finance, clerk, community, stranger
    ):
        row = ("张三", factories.id_number(), 1)
        city, own, other = (
            compare(finance, row, subdistrict=each) for each in (None, community.subdistrict, stranger.subdistrict)
        )
        assert set(ParallelRun.objects.visible_to(finance)) == {city, own, other}
        assert set(ParallelRun.objects.visible_to(clerk)) == {own}
        client.force_login(clerk)
        assert [client.get(run.get_absolute_url()).status_code for run in (city, own, other)] == [404, 200, 404]

    def test_a_clerk_who_is_a_secretary_elsewhere_sees_no_run_of_there(self, clerk, finance, stranger):
        clerk.posts.create(role=Role.SECRETARY, community=stranger, first_day=date(2020, 1, 1))
        compare(finance, ("张三", factories.id_number(), 1), subdistrict=stranger.subdistrict)
        assert not ParallelRun.objects.visible_to(clerk).exists()
        assert not ParallelLine.objects.visible_to(clerk).exists()


class TestPages:
    def give_in(self, client, user, content, month="2026-10", **data):
        client.force_login(user)
        file = SimpleUploadedFile("旧表 620299199001010015.csv", content)
        return client.post(ADD, {"month": month, "file": file, **data})

    def test_a_file_given_in_leads_to_what_it_differs_in(self, client, clerk, community):
        member = person(community, "张三")
        content = csv((member.name, member.id_number, 400))
        answer = self.give_in(client, clerk, content, subdistrict=community.subdistrict.code)
        run = ParallelRun.objects.get()
        assert answer["Location"] == run.get_absolute_url()
        page = client.get(run.get_absolute_url()).text
        assert "旧表满4年，本系统满5年（200.00 + 5 × 50.00 = 450.00）：2026-01-01已满的一年，旧表未计。" in page
        assert member.id_number not in page
        assert "620299199001010015" not in run.name

    @pytest.mark.parametrize(
        ("content", "month", "error_text"),
        [
            (b"", "2026-10", "没有"),
            ("姓名,金额\n张三,1".encode(), "2019-01", "2019年1月"),
            (csv(("张三", "620299199001010015", 300)), "2019-01", "2019年1月"),
            (csv(("张三", "620299199001010015", 300)), "10月", "2024-05"),
        ],
    )
    def test_what_cannot_be_compared_is_reported_beside_its_field_and_stored_nowhere(
        self, client, finance, content, month, error_text
    ):
        answer = self.give_in(client, finance, content, month)
        assert answer.status_code == 422
        assert any(error_text in error for errors in answer.context["form"].errors.values() for error in errors)
        assert not ParallelRun.objects.exists()

    def test_the_page_shows_what_differs_until_all_is_asked_for_or_a_kind(self, client, finance, community):
        agrees, differs = person(community, "相同"), person(community, "不同")
        run = compare(finance, (agrees.name, agrees.id_number, 450), (differs.name, differs.id_number, 123))
        client.force_login(finance)
        for asked, names in [
            ("", ["不同"]),
            ("?kind=all", ["相同", "不同"]),
            ("?kind=agrees", ["相同"]),
            ("?kind=years", []),
        ]:
            table = client.get(run.get_absolute_url() + asked).context["table"]
            assert [row.record.name for row in table.rows] == names

    def test_the_list_is_downloaded_as_a_workbook_with_masked_numbers(self, client, finance, community):
        member = person(community, "张三")
        run = compare(finance, (member.name, member.id_number, 123))
        client.force_login(finance)
        answer = client.post(
            run.get_absolute_url() + "?columns=id_number&columns=old&columns=detail", {"export": "xlsx"}
        )
        header, row = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
        assert header == ("姓名", "身份证号", "旧表（元）", "原因")
        assert row[:3] == ("张三", f"6202**********{member.id_number[-4:]}", 123)

    def test_a_run_is_deleted_with_its_lines_after_a_confirmation(self, client, finance, community):
        run = compare(finance, ("张三", factories.id_number(), 1))
        client.force_login(finance)
        page = reverse("parallel-remove", args=[run.pk])
        assert "1条" in client.get(page).text
        assert ParallelRun.objects.exists()
        assert client.post(page)["Location"] == RUNS
        assert not ParallelLine.objects.exists()

    def test_comparing_asks_as_many_queries_for_fifty_people_as_for_two(self, finance, community):
        def asked(people):
            rows = [(each.name, each.id_number, 123) for each in people]
            with CaptureQueriesContext(connection) as queries:
                compare(finance, *rows, ("无人", factories.id_number(), 1), (people[0].name, "坏", 1))
            return len(queries)

        people = [person(community, "众人") for _each in range(50)]
        asked(people)  # what is asked once of a user is asked now
        assert asked(people[:2]) == asked(people)
