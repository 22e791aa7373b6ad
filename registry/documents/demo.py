"""Templates for the demo: a roster and a letter for the whole city, a form with whole numbers for a subdistrict."""

from datetime import date

from registry.documents import services
from registry.models import DocumentTemplate, Subdistrict, User
from registry.people.areas.services import FIXTURES
from registry.records import files

FOLDER = FIXTURES / "documents"
# File, the username who handed it in, and the code of the subdistrict it is for; none for the city.
TEMPLATES = [
    ("居民小组成员花名册.xlsx", "civil", None),
    ("居民小组成员聘书.docx", "civil", None),
    ("居民小组成员登记表.docx", "clerk.xiongguan", "620201001"),
]


def add(today: date) -> None:
    subdistricts = {each.code: each for each in Subdistrict.objects.all()}
    users = User.objects.in_bulk({by for _file, by, _code in TEMPLATES}, field_name="username")
    for name, by, code in TEMPLATES:
        row = DocumentTemplate(title=name.partition(".")[0], subdistrict=subdistricts[code] if code else None)
        services.add(row, file=files.taken(name, (FOLDER / name).read_bytes()), actor=users[by])
