from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib import id_numbers
from registry.models import Member
from subsidies import explanations, facts
from subsidies.management import arguments
from subsidies.models import SheetLine
from subsidies.rules import Rules


class Command(BaseCommand):
    help = "Print how a person's stipend for a month is decided, step by step."

    def add_arguments(self, parser):
        parser.add_argument("id_number")
        arguments.add_month(parser)

    def handle(self, id_number, month, **options):
        number = id_numbers.normalised(id_number)
        try:
            id_numbers.check(number, today=timezone.localdate())
        except ValueError as error:
            raise CommandError(f"{id_number} · {error}") from error
        found = Member.objects.with_id_numbers([number])
        if not found:
            raise CommandError(_("Nobody on the register has the ID number %(number)s.") % {"number": id_number})
        member = found[0]
        lines = SheetLine.objects.filter(member=member, month=month.first_day).select_related("sheet__standard")
        if line := lines.first():
            # What was decided is shown, as on its page, whatever the register says by now.
            explanation = explanations.of_line(line)
        else:
            person, rules = facts.person(member.merged_into or member), Rules()
            decision = rules.decide(person.life, month)
            if decision is None:
                raise CommandError(_("No Standard is in force in %(month)s.") % {"month": month})
            explanation = explanations.by_register(person.member, decision, person.bodies(), rules)
        self.stdout.write(
            f"{member.name} {id_numbers.masked(number)} {month}: {explanation.summary}", self.style.SUCCESS
        )
        self.stdout.write(_("Standard: %(standard)s") % {"standard": explanation.standard})
        for count, step in enumerate(explanation.steps, 1):
            self.stdout.write(f"{count}. {step.title}" + (f" 〔{step.clause}〕" if step.clause else ""))
            for finding in step.findings:
                self.stdout.write(f"   {finding}")
