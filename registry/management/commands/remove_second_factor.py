"""Remove a user's second factor on the server: the way in where nobody on the site can."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.access.factors import services
from registry.models import User


class Command(BaseCommand):
    help = (
        "Remove a user's second factor, for an administrator who has lost it and whom no other administrator can help. "
        "The user's sessions end; the reason is kept in the audit log and shown to the user at the next set-up."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="how it is known who asked, and what became of the phone")
        parser.add_argument("--force", action="store_true", help="although others could: none of them can sign in")

    def handle(self, username, reason, force, **options):
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(_("There is no user %(name)s; add the user on the site first.") % {"name": username})
        try:
            services.remove_on_server(user, reason=reason, force=force)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(_("The second factor of %(record)s is removed.") % {"record": user})
