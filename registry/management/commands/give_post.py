"""Give a user a post on the server: the way in while there are not yet two administrators."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import clock
from registry.access.posts import services
from registry.models import Community, Post, Role, Subdistrict, User, area_of


class Command(BaseCommand):
    help = (
        "Give a user a post. One that submits, endorses, approves or administers is in effect at once only while there "
        "are fewer than two administrators (superusers or holders of a system administrator's post); otherwise it "
        "waits until a second person agrees to it on the site. Either is noted in the audit log."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("role", choices=[role for role in Role if area_of(role) != "group"])
        parser.add_argument("--area", metavar="CODE", help="the code of the subdistrict or community")

    def handle(self, username, role, area, **options):
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(_("There is no user %(name)s; add the user on the site first.") % {"name": username})
        post = Post(user=user, role=role, first_day=clock.today(), **self._area(role, area))
        try:
            services.give_on_server(post)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        words = {"user": user, "post": post.in_words}
        if post.is_waiting:
            self.stdout.write(_("%(user)s: %(post)s waits until a second person agrees to it.") % words)
        else:
            self.stdout.write(_("%(user)s: %(post)s is in effect.") % words)

    def _area(self, role, code) -> dict:
        field = area_of(role)
        if not field:
            if code:
                raise CommandError(_("This role is for the whole city: leave the area empty."), returncode=2)
            return {}
        model: Any = {"subdistrict": Subdistrict, "community": Community}[field]
        row = model.objects.filter(code=code).first()
        if row is None:
            raise CommandError(_("There is no such area: %(code)s") % {"code": code}, returncode=2)
        return {field: row}
