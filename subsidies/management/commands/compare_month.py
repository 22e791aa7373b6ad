import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib.id_numbers import masked
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets.sandbox import Unreadable
from registry.management.passwords import add_password, without_password
from subsidies.comparison import reading, services
from subsidies.management import arguments
from subsidies.models import ComparisonResult, ParallelLine

# The side on which a differing person appears; for other kinds the person is on both.
ONLY_FILE = {ComparisonResult.NO_RECORD, ComparisonResult.NOT_LISTED}
GROUPS = ("different", "only_file", "only_ours")


class Command(BaseCommand):
    help = "Compare an old workbook of a month with what is computed here, person by person; nothing is saved."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        arguments.add_month(parser)
        arguments.add_subdistrict(parser)
        parser.add_argument(
            "--mapping",
            type=arguments.mapping({*reading.FIELDS, "header", "sheet"}),
            default={},
            metavar="JSON",
            help='what is unclear: {"name": title, "id_number": title, "amount": title, "header": row, "sheet": name}',
        )
        add_password(parser)
        parser.add_argument("--json", action="store_true", dest="as_json", help="write one JSON object")

    def handle(self, file, month, subdistrict, mapping, password_file, as_json, **options):
        if type(mapping.get("header", 1)) is not int:
            raise CommandError(_("«header» is the number of a row, such as 2."), returncode=2)
        among = arguments.subdistricts(subdistrict)
        lines: list[ParallelLine] = []
        old: reading.Old | None = None
        questions: list[reading.Question] = []
        more: dict[str, Any] = {}
        elsewhere: dict[str, int] = {}
        try:
            old = reading.read(without_password(file, password_file), mapping)
            comparison = services.Comparison(month, among, old)
            lines, elsewhere = list(comparison.lines()), comparison.elsewhere()
            questions = [
                reading.Question("row", " · ".join((_("row %(row)s") % {"row": refused.row}, *why)))
                for refused in old.refused
                for why in refused.why
            ]
            more = {"column": old.column, "skipped": services.skipped(old), "elsewhere": elsewhere}
        except reading.Unclear as unclear:
            questions = unclear.questions
        except (Unreadable, Refused) as error:
            if as_json:
                asked = [{"about": "file", "question": str(error), "choices": []}]
                empty = {"alike": 0, **dict.fromkeys(GROUPS, []), "questions": asked}
                self.stdout.write(json.dumps(empty, ensure_ascii=False))
            raise CommandError(str(error)) from error
        for question in questions:
            self.stderr.write(question.in_words, self.style.ERROR)
        for cause in services.causes(old) if old else ():
            if cause.count > 1:
                self.stderr.write(str(cause), self.style.ERROR)
        for text in services.in_words(more.get("skipped", {}), reading.SKIPPED_WORDS | reading.HIDDEN_WORDS):
            self.stderr.write(text, self.style.WARNING)
        for area, count in elsewhere.items():
            text = _("%(count)s people of the file are registered in %(area)s.") % {"count": count, "area": area}
            self.stderr.write(text, self.style.WARNING)
        alike = sum(line.kind == ComparisonResult.AGREES for line in lines)
        found = {group: [_of(line) for line in lines if _group(line) == group] for group in GROUPS}
        if as_json:
            asked = [{"about": each.about, "question": each.text, "choices": each.choices} for each in questions]
            answer = {"alike": alike, **found, "questions": asked, **more}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        elif more:
            self._print(alike, [each for group in found.values() for each in group])
        if not more:
            give = mapping | {each.about: each.proposal for each in questions if each.choices}
            if "header" in give:
                give["header"] = int(give["header"])
            text = _("Not compared: choose what is unclear, such as --mapping '%(give)s'")
            raise CommandError(text % {"give": json.dumps(give, ensure_ascii=False)})
        if len(lines) > alike:
            raise CommandError(_("%(count)s rows differ or cannot be read.") % {"count": len(lines) - alike})

    def _print(self, alike: int, differing: list[dict]) -> None:
        for each in differing:
            row = _("row %(row)s") % {"row": each["row"]} if each["row"] else _("not in the file")
            self.stdout.write(f"{row} · {each['name']} · {each['old']} → {each['ours']} · {each['reason']}")
        self.stdout.write(_("%(count)s people agree to the yuan.") % {"count": alike})


def _group(line: ParallelLine) -> str:
    if line.kind in (ComparisonResult.AGREES, ComparisonResult.UNREADABLE):
        return ""
    if line.number is None:
        return "only_ours"
    return "only_file" if line.kind in ONLY_FILE else "different"


def _of(line: ParallelLine) -> dict:
    return {
        "row": line.row,
        "name": line.name,
        "id_number": masked(line.id_number),
        "old": f"{line.old:.2f}",
        "ours": f"{line.ours:.2f}",
        "kind": line.kind,
        "reason": line.detail,
    }
