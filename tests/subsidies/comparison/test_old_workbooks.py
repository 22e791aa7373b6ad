"""Old workbooks of every kind: through the command and through the page, person by person."""

import io
import json
from datetime import date
from pathlib import Path
from random import Random

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from jygroups.lib.months import Month
from jygroups.lib.spreadsheets import sandbox
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Role, Subdistrict
from registry.people.areas import services as areas
from subsidies.models import ComparisonResult, ParallelRun
from subsidies.month.sheets import prepare
from subsidies.standards import services as standards
from tests import factories
from tests.subsidies.bank.answering import read_in_process
from tests.subsidies.comparison.old_workbooks import KINDS, Maker

CASES = Path(__file__).resolve().parents[2] / "cases"
MONTH = "2026-10"
ADD = reverse("parallel-add")
NOT_OURS, NOT_THEIRS = {ComparisonResult.NO_RECORD, ComparisonResult.NOT_LISTED}, {ComparisonResult.NOT_PAID}
GROUPS = {
    "different": set(ComparisonResult) - {ComparisonResult.AGREES} - NOT_OURS - NOT_THEIRS,
    "only_file": NOT_OURS,
    "only_ours": NOT_THEIRS,
}


def compared(path, *arguments, month=MONTH) -> tuple[int, dict]:
    """The command's exit code and its answer."""
    out = io.StringIO()
    try:
        call_command("compare_month", str(path), month, "--json", *arguments, stdout=out, stderr=io.StringIO())
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue() or "null")
    return 0, json.loads(out.getvalue())


@pytest.fixture
def in_process(monkeypatch):
    monkeypatch.setattr(sandbox, "_parsed", read_in_process)


@pytest.fixture
def people(standard, community):
    """Seven people with 200 to 450 yuan a month."""
    found = []
    for number, name in enumerate(["赵试甲", "钱试乙", "孙试", "李试丁戊", "周试己", "吴试庚", "郑试辛"]):
        member = factories.member(community, name)
        factories.appointment(member, community.committee, None, date(2026 - number % 6, 1, 1))
        found.append((name, member.id_number, 200 + 50 * (number % 6)))
    return found


class TestCases:
    @pytest.mark.parametrize("case", ["note-total", "slips", "spaced-total", "two-line-titles"])
    def test_three_rows_agree(self, db, case):
        folder = CASES / f"old-sheet-{case}"
        areas.load_missing()
        standards.load_missing()
        rosters.load_roster(FileTable.read(folder / "roster.csv", shape=rosters.SHAPE), name="roster")
        prepare(Month(2026, 11), Subdistrict.objects.all())
        code, answer = compared(folder / "old.csv", month="2026-11")
        assert (code, answer["alike"]) == (0, 3)
        assert [answer[key] for key in ("different", "only_file", "only_ours", "questions")] == [[], [], [], []]
        if case == "two-line-titles":
            assert answer["column"] == "补贴金额/实发"

    def test_the_choice_of_columns_of_the_lists_has_no_none(self, client, clerk):
        client.force_login(clerk)
        for url in (CASES / "column-chooser-says-None" / "urls.txt").read_text().split():
            page = client.get(url).text
            choice = page[page.index("data-columns") : page.index("</fieldset>")]
            assert "None" not in choice
            assert "</label>" in choice


class TestGenerated:
    SEEDS = range(40)

    @pytest.mark.parametrize("kind", KINDS)
    def test_forty_files_of_each_kind_are_compared_alike_by_command_and_page(
        self, in_process, client, finance, people, tmp_path, kind
    ):
        """Of every second file some amounts differ, one person is missing, and a stranger is in it."""
        client.force_login(finance)
        stranger = ("王试壬", factories.id_number(), 250)
        for seed in range(40):
            random = Random(f"differing {kind} {seed}")
            wrong, missing = random.sample(range(len(people)), 2) if seed % 2 else (-1, -1)
            rows = [
                (*each[:2], each[2] + 5 * (place == wrong)) for place, each in enumerate(people) if place != missing
            ]
            old = Maker(seed, kind, [*rows, stranger] if seed % 2 else rows).make()
            path = tmp_path / f"{seed}.csv"
            path.write_bytes(old.content)
            code, answer = compared(path)
            names = {key: [each["name"] for each in answer[key]] for key in ("different", "only_file", "only_ours")}
            expected = {"different": [], "only_file": [], "only_ours": []}
            if seed % 2:
                expected = {"different": [people[wrong][0]], "only_file": ["王试壬"], "only_ours": [people[missing][0]]}
            alike = len(people) - (2 if seed % 2 else 0)
            assert (seed, code, answer["alike"], answer["questions"]) == (seed, seed % 2, alike, [])
            assert (seed, names) == (seed, expected)
            sent = client.post(ADD, {"month": MONTH, "file": SimpleUploadedFile(old.name, old.content)})
            run = ParallelRun.objects.latest("pk")
            assert (seed, sent["Location"]) == (seed, run.get_absolute_url())
            kinds = {ours: run.lines.filter(kind__in=each) for ours, each in GROUPS.items()}
            shown = {ours: list(lines.values_list("name", flat=True)) for ours, lines in kinds.items()}
            assert (seed, run.agreeing, run.rows, shown) == (seed, alike, len(rows) + seed % 2, expected)
            assert run.rows + sum(each["count"] for key, each in run.skipped.items() if key != "sheet") == old.rows


def csv_of(rows) -> bytes:
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


def workbook_of(**tables) -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(target)
    return target.getvalue()


class TestUnclear:
    """What is unclear is asked, never guessed; what was chosen is compared."""

    PAIRS = [
        ("10月/实发", "11月/实发"), ("补贴金额", "误工补助"), ("基础补贴", "年限增长"), ("应发补贴", "应发工资"),
        ("金额", "补贴"), ("上半月金额", "下半月金额"), ("补助（一）", "津贴（二）"), ("实发", "实发"),
    ]  # fmt: skip

    @pytest.mark.parametrize("pair", PAIRS)
    def test_of_two_columns_that_fit_equally_one_is_asked_for(self, in_process, people, tmp_path, pair):
        path = tmp_path / "old.csv"
        for seed in range(5):
            random = Random(f"{pair} {seed}")
            columns = [*random.sample(["社区", "职务", "电话"], random.randrange(3)), "姓名", "身份证号", *pair]
            random.shuffle(columns)
            values = [{"姓名": name, "身份证号": number} for name, number, _yuan in people]
            rows, right = [columns], max(place for place, column in enumerate(columns) if column == pair[1])
            for person, (_name, _number, yuan) in zip(values, people, strict=True):
                rows.append([person.get(column, yuan + 7 if column in pair else "甲") for column in columns])
                rows[-1][right] = yuan
            path.write_bytes(csv_of([["旧表"]] * random.randrange(3) + rows))
            code, answer = compared(path)
            assert (seed, code, [each["about"] for each in answer["questions"]]) == (seed, 1, ["amount"])
            assert len(answer["questions"][0]["choices"]) == 2
            code, answer = compared(path, "--mapping", json.dumps({"amount": f"#{right + 1}"}))
            assert (seed, code, answer["alike"]) == (seed, 0, len(people))

    def test_two_columns_of_the_same_amounts_are_no_question(self, in_process, people, tmp_path):
        path = tmp_path / "old.csv"
        path.write_bytes(csv_of([["姓名", "身份证号", "金额", "补贴"], *([*each, each[2]] for each in people)]))
        assert compared(path)[1]["alike"] == len(people)

    @pytest.mark.parametrize(
        ("titles", "asked"),
        [
            (["谁", "号码", "多少"], {"header", "name", "amount"}),  # the column of ID numbers shows by itself
            (["姓名", "证件", "钱"], {"amount"}),
            (["成员", "身份证号", "金额"], {"name"}),
        ],
    )
    def test_titles_of_other_words_are_asked_for(self, in_process, people, tmp_path, titles, asked):
        path = tmp_path / "old.csv"
        path.write_bytes(csv_of([["旧表"], titles, *people]))
        code, answer = compared(path)
        assert (code, {each["about"] for each in answer["questions"]}) == (1, asked)
        chosen = dict(zip(["name", "id_number", "amount"], titles, strict=True)) | {"header": 2}
        code, answer = compared(path, "--mapping", json.dumps(chosen))
        assert (code, answer["alike"]) == (0, len(people))

    def test_a_question_shows_the_titles_of_the_file_and_where_they_are(self, in_process, people, tmp_path, capsys):
        path = tmp_path / "old.xlsx"
        path.write_bytes(workbook_of(五月=[["旧表"], ["谁", "号码", "多少"], *people]))
        with pytest.raises(CommandError):
            call_command("compare_month", str(path), MONTH)
        header, name, amount = capsys.readouterr().err.splitlines()[:3]
        assert header.startswith("工作表“五月”：")
        assert header.endswith("· 第2行：谁 号码 多少")
        assert name.startswith("工作表“五月” 第2行：哪一列是“姓名”？ · 谁（")
        assert "· 多少（" in amount
        code, answer = compared(path, "--mapping", '{"name": "谁", "amount": "多少"}')
        assert (code, answer["alike"]) == (0, len(people))

    def test_a_column_of_which_nothing_is_known_is_not_proposed(self, in_process, people, tmp_path):
        path = tmp_path / "old.csv"
        rows = [
            [place, name, f"{number[:6]}********{number[-4:]}", yuan]
            for place, (name, number, yuan) in enumerate(people)
        ]
        path.write_bytes(csv_of([["序号", "姓名", "编码", "金额"], *rows]))
        with pytest.raises(CommandError) as failure:
            call_command("compare_month", str(path), MONTH, stderr=io.StringIO())
        assert '{"id_number": "列标题"}' in str(failure.value)

    def test_a_column_without_a_title_is_shown_with_its_letter_and_content(self, in_process, people, tmp_path, capsys):
        path = tmp_path / "old.csv"
        path.write_bytes(csv_of(people))
        with pytest.raises(CommandError):
            call_command("compare_month", str(path), MONTH)
        assert f"#1（A列 {people[0][0]}）" in capsys.readouterr().err

    def test_the_month_s_own_csv_needs_no_mapping(self, in_process, people, tmp_path):
        path = tmp_path / "month.csv"
        call_command("prepare_month", MONTH)
        call_command("export_month", MONTH, "--format", "csv", "--output", str(path))
        code, answer = compared(path)
        assert (code, answer["alike"]) == (0, len(people))

    def test_a_file_without_titles_is_compared_by_the_numbers_of_its_columns(self, in_process, people, tmp_path):
        path = tmp_path / "old.csv"
        path.write_bytes(csv_of(people))
        assert compared(path)[0] == 1
        code, answer = compared(path, "--mapping", json.dumps({"name": "#1", "id_number": "#2", "amount": "#3"}))
        assert (code, answer["alike"]) == (0, len(people))

    def test_sheets_of_several_months_are_asked_which_and_sheets_of_communities_are_one(
        self, in_process, people, tmp_path
    ):
        path, titles = tmp_path / "old.xlsx", ["姓名", "身份证号", "金额"]
        path.write_bytes(workbook_of(九月=[titles, *people[:5]], 十月=[titles, *people]))
        code, answer = compared(path)
        assert (code, [each["about"] for each in answer["questions"]]) == (1, ["sheet"])
        assert answer["questions"][0]["choices"] == ["九月", "十月", "*"]
        assert compared(path, "--mapping", '{"sheet": "十月"}')[1]["alike"] == len(people)
        assert len(compared(path, "--mapping", '{"sheet": "*"}')[1]["different"]) == 5  # rows twice
        path.write_bytes(workbook_of(和诚=[titles, *people[:3]], 说明=[["一"]], 福民=[titles, *people[3:]]))
        code, answer = compared(path)
        assert (code, answer["alike"], answer["skipped"]["sheet"]["rows"]) == (0, len(people), ["说明"])

    @pytest.mark.parametrize(
        ("mapping", "about"),
        [({"sheet": "没有"}, "sheet"), ({"header": 99}, "header"), ({"amount": "没有"}, "amount")],
    )
    def test_what_is_chosen_and_not_there_is_asked_again(self, in_process, people, tmp_path, mapping, about):
        path = tmp_path / "old.csv"
        path.write_bytes(csv_of([["姓名", "身份证号", "金额"], *people]))
        code, answer = compared(path, "--mapping", json.dumps(mapping))
        assert (code, [each["about"] for each in answer["questions"]]) == (1, [about])

    @pytest.mark.parametrize("mapping", ["[]", "{", '{"other": "x"}', '{"header": "x"}'])
    def test_a_mapping_that_is_none_is_an_error_of_usage(self, people, tmp_path, mapping):
        with pytest.raises(CommandError) as error:
            call_command("compare_month", "x.csv", MONTH, "--mapping", mapping)
        assert error.value.returncode == 2 or "argument --mapping" in str(error.value)

    def test_a_row_that_cannot_be_read_is_named_on_standard_error(self, in_process, people, tmp_path, capsys):
        path, errors = tmp_path / "old.csv", io.StringIO()
        path.write_bytes(csv_of([["姓名", "身份证号", "金额"], *people[1:], (people[0][0], "6202991970010100", 200)]))
        with pytest.raises(CommandError):
            call_command("compare_month", str(path), MONTH, stdout=io.StringIO(), stderr=errors)
        assert "第8行 · 身份证号 · 6202********0100 · " in errors.getvalue()
        assert "6202991970010100" not in errors.getvalue()


class TestChoosing:
    """The page that asks: the file and what was entered stay until all is clear."""

    TITLES = ["姓名", "身份证号", "10月/应发", "11月/应发"]

    @pytest.fixture
    def run(self, in_process, client, finance, people):
        client.force_login(finance)
        rows = [
            ["旧表", f"6202\u200b{people[0][1][4:]}"],
            self.TITLES,
            *([*each[:2], 1, each[2]] for each in people),
            ["合计", "", 7, 9],
        ]
        file = SimpleUploadedFile("旧表.csv", csv_of(rows))
        answer = client.post(ADD, {"month": MONTH, "file": file})
        run = ParallelRun.objects.get()
        assert answer["Location"] == reverse("parallel-columns", args=[run.pk])
        return run

    def page(self, run):
        return reverse("parallel-columns", args=[run.pk])

    def test_a_run_that_waits_leads_to_the_question_and_is_marked_in_the_list(self, client, run, people):
        assert client.get(run.get_absolute_url())["Location"] == self.page(run)
        assert "待选列" in client.get(reverse("parallel-runs")).text
        page = client.get(self.page(run)).text
        assert "10月/应发" in page
        assert people[0][1] not in page
        assert f"6202**********{people[0][1][-4:]}" in page

    def test_what_is_chosen_is_compared_and_may_be_changed_again(self, client, run, people):
        chosen = {"header": "2", "name": "姓名", "id_number": "身份证号", "amount": "11月/应发"}
        assert client.post(self.page(run), chosen)["Location"] == run.get_absolute_url()
        run.refresh_from_db()
        assert (run.is_compared, run.agreeing, run.column) == (True, len(people), "11月/应发")
        page = client.get(run.get_absolute_url()).text
        assert "合计行1行（第10行）" in page
        assert self.page(run) in page
        assert client.post(self.page(run), chosen | {"amount": "10月/应发"}).status_code == 302
        run.refresh_from_db()
        assert (run.agreeing, run.lines.count()) == (0, len(people))

    def test_what_was_entered_stays_when_something_is_wrong(self, client, run):
        chosen = {"header": "9", "name": "姓名", "id_number": "身份证号", "amount": "姓名"}
        for data in (
            chosen,
            chosen | {"header": "99"},
            chosen | {"header": "2"},
            chosen | {"header": "", "amount": ""},
        ):
            answer = client.post(self.page(run), data)
            assert answer.status_code == 422
            assert answer.context["form"]["header"].value() == data["header"]
        run.refresh_from_db()
        assert not run.is_compared
        assert run.content

    def test_the_columns_of_another_row_are_shown_without_losing_what_fits(self, client, run, people):
        data = {"show": "1", "header": "1", "name": "姓名", "id_number": "", "amount": ""}
        answer = client.post(self.page(run), data)
        choices = [value for value, _label in answer.context["form"].fields["name"].choices]
        masked = f"6202**********{people[0][1][-4:]}"
        assert choices == ["", "旧表", masked, "#3", "#4"]
        assert people[0][1] not in answer.text
        data["header"] = "2"
        form = client.post(self.page(run), data).context["form"]
        assert form["name"].value() == "姓名"
        assert [value for value, _label in form.fields["amount"].choices] == ["", *self.TITLES]

    def test_a_comparison_without_a_stored_file_has_no_columns_to_change(self, client, run):
        ParallelRun.objects.update(content=b"", is_compared=True)
        assert self.page(run) not in client.get(run.get_absolute_url()).text
        assert client.get(self.page(run)).status_code == 404

    def test_a_clerk_of_another_subdistrict_does_not_reach_it(self, client, run, stranger):
        client.force_login(factories.user("other", Role.CLERK, subdistrict=stranger.subdistrict))
        assert client.get(self.page(run)).status_code == 404
