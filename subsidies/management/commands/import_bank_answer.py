import json
from dataclasses import replace
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib.id_numbers import masked
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets.parser import MOST_BYTES
from jygroups.lib.spreadsheets.sandbox import Unreadable
from registry.management.passwords import add_password, without_password
from registry.management.reporting import readable
from subsidies.bank import answers, doubts, mapping, reading, words
from subsidies.bank.answers import Again, Understanding
from subsidies.bank.matching import Preview
from subsidies.bank.reading import AnswerRow, Question
from subsidies.management import arguments
from subsidies.models import BankAnswer, Payment, Sheet

MOST_ROWS = 10  # on standard error of a file that answers another payment
COUNTS = ("arrived", "refused", "in_transit", "bounced", "known")


class Command(BaseCommand):
    help = "Take in the bank's answer to a payment, whole or not at all; what is not understood is asked."

    def create_parser(self, prog_name, subcommand, **kwargs):
        kwargs |= {"formatter_class": arguments.RawHelp, "epilog": mapping.explained()}
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        arguments.add_month(parser)
        parser.add_argument("--subdistrict", metavar="CODE", required=True, help="by its 9-digit code")
        parser.add_argument("--payment", type=int, metavar="N", help="the N-th payment; without it the newest")
        parser.add_argument(
            "--mapping",
            metavar="JSON",
            default="{}",
            help=_("what is not remembered; the keys are explained below"),
        )
        add_password(parser)
        parser.add_argument("--dry-run", action="store_true", help="read the file and change nothing")
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object")

    def handle(self, file, month, subdistrict, payment, dry_run, **options):
        [area] = arguments.subdistricts(subdistrict)
        try:
            given = mapping.check(arguments.json_of(options["mapping"]))
        except ValueError as error:
            raise CommandError(f"--mapping: {error}", returncode=2) from error
        self.as_json, self.given, self.is_dry_run = options["json"], given, dry_run
        self.left: Preview | None = None  # of a file whose rows are matched, though it may not be taken in
        sheet = Sheet.objects.filter(subdistrict=area, month=month.first_day).first()
        chosen = self._payment(sheet, payment)
        if chosen is None:
            about = {"month": month.in_words, "area": area.name, "number": payment}
            text = _("Nothing of %(month)s has gone to the bank yet for %(area)s.")
            if void := self._payment(sheet, payment, is_withdrawn=True):
                raise self._refused(doubts.why_no_answer(void))
            if sheet and sheet.payments.valid().exists():
                text = _("There is no batch %(number)s of %(month)s for %(area)s.")
            raise self._refused(text % about)
        try:
            with transaction.atomic():
                is_understood, is_new = self._read(chosen, file, options["password_file"])
                # A file that is not recorded is deleted: nobody would record or discard it later.
                transaction.set_rollback(dry_run or not is_new)
        except (Unreadable, Refused) as refusal:
            raise self._refused(str(refusal)) from refusal
        if not is_understood:
            raise CommandError(_("Nothing has been taken in."), returncode=1)

    @staticmethod
    def _payment(sheet: Sheet | None, ordinal: int | None, *, is_withdrawn: bool = False) -> Payment | None:
        if sheet is None:
            return None
        found = sheet.payments.filter(withdrawal__isnull=not is_withdrawn).order_by("-ordinal")
        return (found.filter(ordinal=ordinal) if ordinal is not None else found).first()

    def _refused(self, text: str) -> CommandError:
        self._print(None, left=self.left, questions=[{"about": "file", "question": text, "give": {}}])
        return CommandError(text)

    def _read(self, payment: Payment, file: Path, password_file: Path | None) -> tuple[bool, bool]:
        """Upload and record the file; returns whether no question was open, and whether a result was recorded."""
        if not file.is_file():
            raise Unreadable(_("There is no file %(path)s.") % {"path": file})
        content = without_password(file, password_file)
        if isinstance(content, Path):
            with content.open("rb") as source:
                content = source.read(MOST_BYTES + 1)
        try:
            answer = answers.hand_in(
                payment=payment, name=readable(file), content=content, actor=None, may_conclude=bool(self._rest)
            )
        except Again as again:
            self.stderr.write(str(again), self.style.ERROR)
            before = answers.preview(again.answer)  # its final words are known, whatever was recorded since
            known = [match for match in before.matched if match not in before.pending]
            self._print(Preview(known=known, pending=before.pending, unanswered=before.unanswered))
            return False, False
        understood, questions = self._understood(answer)
        if questions:
            self._print(None, questions=[self._question(each, understood) for each in questions])
            return False, False
        self.left = found = answers.of(understood)
        if not found.read:
            raise Refused(_("The file has no rows about people."))
        chosen = [*self.given.get("late", []), *self.given.get("bounced", [])]
        ticked = {match.item.pk for match in found.disputed if match.row.place in chosen}
        questions, digest = mapping.to_confirm(self.given, found), found.digest
        parts, unclear = mapping.files(self.given, found)
        questions += unclear
        found.confirm(ticked)
        self._warn(found)
        if questions:
            self._print(None, left=found, questions=[self._question(each, understood) for each in questions])
            return False, False
        if found.new or found.twice or (self._rest and found.unanswered):
            found = answers.take_in(
                answer, digest=digest, day=answers.day_of(payment, found), actor=None, rest=self._rest, late=ticked,
                files=[part.name for part in parts], confirmed=self.given.get("confirmed", False),
                elsewhere=found.elsewhere, choices=understood.choices,
            )  # fmt: skip
        if found.concluded and parts:
            about = {"files": _(", ").join(part.name for part in parts), "count": len(found.concluded)}
            self.stderr.write(_("Taken as the answer to the file of %(files)s: %(count)s people not named.") % about)
        self._print(found)
        is_new = bool(found.new or found.twice or found.concluded)
        return is_new or not found.left, is_new

    @property
    def _rest(self) -> str:
        """What became of the people whom the file does not name; empty where they stay in transit."""
        rest = self.given.get("rest", "")
        return "" if rest == words.PENDING else rest

    def _understood(self, answer: BankAnswer) -> tuple[Understanding, list[Question]]:
        understood = answers.understand(answer)
        questions: list[Question] = []
        if self.given:
            sheets = [table.name for table in understood.file.tables]
            understood = answers.understand(answer, mapping.read_again(self.given, understood.choices, sheets))
            choices, questions = mapping.applied(self.given, understood)
            understood = answers.understand(answer, choices)
        return understood, questions or understood.questions

    def _question(self, question: Question, understood: Understanding) -> dict:
        """Print the question on standard error; returns it for the JSON."""
        if question.about in (reading.COLUMNS, reading.SEPARATOR):
            question = replace(question, text=f"{question.text} {mapping.on_header(understood, question.sheet)}")
        elif question.about == reading.HOLDS and not question.give:
            question = replace(question, text=f"{question.text} {mapping.on_outcome(understood, question.sheet)}")
        text = question.text
        if question.give:
            give = json.dumps(question.give, ensure_ascii=False)
            text = _("%(question)s  --mapping '%(give)s'") % {"question": text, "give": give}
        self.stderr.write(text, self.style.ERROR)
        return {"about": question.about, "question": question.text, "give": question.give, "counts": question.counts}

    def _print(self, found: Preview | None, *, left: Preview | None = None, questions: list | None = None) -> None:
        """The result on standard output: of what was taken in, or with `left` only the rows that cannot be."""
        counts = found.counts if found else dict.fromkeys(COUNTS, 0)
        rows = (found or left or Preview()).left_over
        if self.as_json:
            unmatched = [_unmatched(row, why) for row, why in rows]
            result = counts | {"unmatched": unmatched, "questions": questions or []}
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        elif found:
            text = _(
                "%(arrived)s arrived, %(refused)s refused, %(in_transit)s in transit, %(bounced)s sent back, "
                "%(known)s known before."
            )
            self.stdout.write(text % counts)
            if self.is_dry_run:
                self.stdout.write(_("Nothing is saved (dry run)."))

    def _warn(self, found: Preview) -> None:
        """Print each row that is not recorded and the other warnings on standard error."""
        for warning in found.warnings if found.is_elsewhere else []:
            self.stderr.write(warning, self.style.ERROR)
        left_over = found.left_over
        shown = left_over[:MOST_ROWS] if found.is_elsewhere else left_over
        for row, why in shown:
            text = _("%(where)s · %(name)s · %(account)s · %(why)s") % (_unmatched(row, why) | {"where": row.where})
            self.stderr.write(text, self.style.WARNING)
        for cause in found.causes:
            self.stderr.write(str(cause), self.style.WARNING)
        if len(shown) < len(left_over):
            self.stderr.write(_("… %(count)s more rows") % {"count": len(left_over) - len(shown)}, self.style.WARNING)
        if found.is_elsewhere:
            return
        for remark in found.remarks:
            self.stderr.write(remark, self.style.WARNING)
        if found.why_no_rest:
            text = _("%(count)s people whom the file does not name stay in transit. %(why)s")
            about = {"count": len(found.unanswered), "why": found.why_no_rest}
            self.stderr.write(text % about, self.style.WARNING)
        elif found.unanswered and "rest" not in self.given:
            text = _(
                "%(count)s people whom the file does not name stay in transit, unless --mapping '%(give)s' is given."
            )
            left_out = found.left_out(found.scopes[0])
            about = {"count": len(left_out), "give": json.dumps({"rest": found.rest[0]})}
            self.stderr.write(text % about, self.style.WARNING)
        if found.masked:
            count = {"count": len(found.masked)}
            text = _("warning: %(count)s people matched by the visible digits of a masked account, name and amount.")
            self.stderr.write(text % count, self.style.WARNING)
        for match, others, agree in found.doubles:
            if agree:
                text = _("warning: %(name)s is in %(rows)s alike, which count once: ask the bank whether it paid once.")
                about = {"name": match.item.name, "rows": _(", ").join([match.row.where, *others])}
                self.stderr.write(text % about, self.style.WARNING)
        for warning in [] if found.new else found.warnings:  # else they are why nothing is taken in
            self.stderr.write(_("warning: %(finding)s") % {"finding": warning}, self.style.WARNING)
        for name, rows in found.ignored:
            about = {"name": name, "rows": rows}
            self.stderr.write(_("warning: sheet %(name)s not read: %(rows)s rows.") % about, self.style.WARNING)
        if found.skipped and not self.as_json:
            about = {"read": found.read, "skipped": len(found.skipped)}
            self.stdout.write(_("%(read)s rows about people, %(skipped)s others.") % about)


def _unmatched(row: AnswerRow, why: str) -> dict:
    return {
        "row": row.place,
        "name": row.name,
        "account": masked(row.account.text) if row.account else "",
        "amount": f"{row.amount:.2f}" if row.amount is not None else "",
        "why": why,
    }
