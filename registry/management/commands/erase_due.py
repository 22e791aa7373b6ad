from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from registry.models import Erasure, ErasureState
from registry.privacy import queries, services


class Command(BaseCommand):
    help = (
        "What is over its period of retention, rule by rule; with --apply what goes by itself is erased, and what two "
        "users agreed to is carried out or goes on. Safe to repeat; run it each night."
    )

    def add_arguments(self, parser):
        parser.add_argument("--apply", action="store_true", help="erase; without it nothing is changed")

    def handle(self, *, apply, **options):
        if apply:
            for key, count in services.sweep().items():
                self.stdout.write(_("%(rule)s: %(count)s erased.") % {"rule": key.label, "count": count})
            for erasure in Erasure.objects.filter(state=ErasureState.AGREED).order_by("pk"):
                figures = services.carry_out(erasure)
                words = {"rule": erasure.get_rule_display(), "count": figures["rows"], "left": figures["left_out"]}
                self.stdout.write(_("%(rule)s: %(count)s erased, %(left)s left out.") % words)
        for each in queries.standings():
            words = {
                "rule": each.rule.key.label,
                "period": each.words,
                "due": each.due,
                "kept": each.kept,
                "clause": each.provision.clause if each.provision else "–",
            }
            text = _("%(rule)s · %(period)s · due: %(due)s · over, but kept: %(kept)s · %(clause)s")
            self.stdout.write(text % words)
        if not apply:
            self.stdout.write(_("Nothing was changed: --apply erases."))
