"""The steps of an import by its pages, as tests take them."""

from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from registry.imports.outcomes import Outcome
from registry.models import (
    Appointment,
    Building,
    EmploymentSpell,
    ImportRun,
    Member,
    ResidentsGroup,
)
from tests.registry.imports.roster_rows import HEADER

UPLOAD = "/imports/upload/"
GROUPS = ["社区", "居民小组", "楼院"]


def file(*rows, header=HEADER, name="roster.csv") -> SimpleUploadedFile:
    lines = [",".join(f'"{cell}"' for cell in cells) for cells in (header, *rows)]
    return SimpleUploadedFile(name, "\n".join(lines).encode())


def give_in(client, *rows, kind="roster", **options):
    return client.post(UPLOAD, {"kind": kind, "file": file(*rows, **options)})


def given_in(client, *rows, **options) -> ImportRun:
    answer = give_in(client, *rows, **options)
    assert answer.status_code == 302, answer.text
    return ImportRun.objects.latest("pk")


def type_password(client) -> None:
    """As if the password had just been typed."""
    session = client.session
    session["confirmed_at"] = 4_000_000_000
    session.save()


def confirmed(client, run: ImportRun) -> ImportRun:
    client.post(reverse("import-confirm", args=[run.pk]))
    run.refresh_from_db()
    return run


def outcomes(run: ImportRun) -> list[Outcome]:
    return [Outcome.from_text(each.content) for each in run.rows.all()]


def page(client, run: ImportRun, rows="all") -> str:
    return " ".join(BeautifulSoup(client.get(f"{run.get_absolute_url()}?rows={rows}").text, "html.parser").text.split())


def values() -> dict[str, list[dict]]:
    """The content of the registers, but for how often it was saved."""
    left_out = {"version", "updated_at"}
    return {
        model.__name__: [
            {
                each.attname: getattr(row, each.attname)
                for each in model._meta.concrete_fields
                if each.name not in left_out
            }
            for row in model.objects.order_by("pk")
        ]
        for model in (Member, Appointment, EmploymentSpell, ResidentsGroup, Building)
    }
