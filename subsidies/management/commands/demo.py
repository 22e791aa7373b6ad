import os
import socket
import sys

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import clock, progress
from jygroups.lib.months import Month
from registry.demo import city as demo
from registry.models import Subdistrict
from subsidies.demo import year as demo_year
from subsidies.management import arguments
from subsidies.models import Sheet, Standard
from subsidies.month import sheets

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = (
        "Show the whole with fictional people: set up, compute the month, write the finance workbook, serve the site."
    )

    def add_arguments(self, parser):
        parser.add_argument("--no-serve", action="store_true", help="end when all is written")
        parser.add_argument("--members", type=arguments.count, metavar="N", help="so many people, instead of about 700")
        parser.add_argument("--month", type=arguments.month, help="such as 2024-05; this month if not given")
        parser.add_argument("--port", type=int, default=8000, help="where to serve")

    def handle(self, no_serve, members, month, port, **options):
        if not no_serve:
            self._check_port(port)
        month = month or Month.of(clock.today())
        call_command("setup", stdout=self.stdout)
        if not Standard.objects.in_force(month).exists():
            raise CommandError(_("No Standard is in force in %(month)s.") % {"month": month.in_words})
        try:
            with progress.on_terminal():
                demo.load(members)
        except demo.OtherPeople as error:
            raise CommandError(
                _("The database holds other people; the demo does not mix with them. Give it another DATA_DIR.")
            ) from error
        with progress.on_terminal():
            if members is None:
                for done, _month in enumerate(demo_year.bring_about(month), 1):
                    progress.report(done)
            else:  # a whole year with that many people would take long
                for each in month.run_up(2):
                    if Standard.objects.in_force(each).exists():
                        sheets.prepare(each, Subdistrict.objects.all())
        for sheet in Sheet.objects.of(month).select_related("subdistrict"):
            words = {"sheet": sheet, "people": sheet.people, "net": f"{sheet.net:,.2f}"}
            self.stdout.write(_("%(sheet)s: %(people)s people paid, %(net)s yuan.") % words)
        exports = settings.DATA_DIR / "exports"
        call_command("export_month", str(month), "--format", "xlsx", "--output", str(exports), stdout=self.stdout)
        self.stdout.write(_("The finance workbooks are in %(folder)s") % {"folder": exports}, self.style.SUCCESS)
        users = ", ".join(map(str, demo.USERNAMES))
        self.stdout.write(
            _("Sign in as one of %(users)s; the password is %(password)s") % {"users": users, "password": demo.PASSWORD}
        )
        if not no_serve:
            self.stdout.write(
                _("The site is at http://%(host)s:%(port)s/ (end it with Ctrl-C)") % {"host": HOST, "port": port},
                self.style.SUCCESS,
            )
            self.stdout.flush()
            gunicorn = [
                "-m",
                "gunicorn",
                settings.WSGI_APPLICATION.rpartition(".")[0],
                "--chdir",
                str(settings.BASE_DIR),
            ]
            os.execv(
                sys.executable,
                [sys.executable, *gunicorn, "--bind", f"{HOST}:{port}", "--threads", "4", "--log-level", "warning"],
            )

    def _check_port(self, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError) as error:
                raise CommandError(
                    _("Port %(port)s is in use; end what uses it, or give another with --port.") % {"port": port}
                ) from error
