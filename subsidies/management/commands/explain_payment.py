from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import id_numbers
from subsidies import facts
from subsidies.explanations import decisions as explanations
from subsidies.management import arguments
from subsidies.models import SheetLine
from subsidies.standards.rules import Rules


class Command(BaseCommand):
    help = "Print how a person's stipend for a month is decided, step by step."

    def add_arguments(self, parser):
        parser.add_argument("id_number")
        arguments.add_month(parser)

    def handle(self, id_number, month, **options):
        member = arguments.member(id_number)
        rows = SheetLine.objects.of_people([member.pk]).filter(month=month.first_day)
        lines = rows.select_related("sheet__standard")
        if line := lines.first():
            # The stored decision is shown, as on its page, even if the register has changed.
            explanation = explanations.of_line(line)
        else:
            person, rules = facts.person(member), Rules()
            decision = rules.decide(person.life, month)
            if decision is None:
                raise CommandError(_("No Standard is in force in %(month)s.") % {"month": month.in_words})
            explanation = explanations.by_register(person.member, decision, person.bodies(), rules)
        self.stdout.write(
            f"{member.name} {id_numbers.masked(member.id_number)} {month}: {explanation.summary}", self.style.SUCCESS
        )
        self.stdout.write(_("Standard: %(standard)s") % {"standard": explanation.standard})
        for count, step in enumerate(explanation.steps, 1):
            self.stdout.write(f"{count}. {step.title}" + (f" 〔{step.clause}〕" if step.clause else ""))
            for finding in step.findings:
                self.stdout.write(f"   {finding}")
