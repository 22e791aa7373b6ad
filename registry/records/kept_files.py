"""Files of a form that was refused, kept for the next attempt of the same user at the same form.

Their content lies in the store, where nothing refers to it: it is swept within a day. What they are called is in the
session, and ends with it.
"""

from dataclasses import asdict, dataclass
from secrets import token_urlsafe

from django.db import transaction

from jygroups.lib import store
from registry.records import locks
from registry.records.files import Taken

IN_SESSION = "kept_files"
MOST = 27  # in one session; the oldest are forgotten


@dataclass(frozen=True)
class Kept:
    key: str
    form: str  # the path of the form's page
    name: str
    content_type: str
    digest: str

    @property
    def is_picture(self) -> bool:
        return self.content_type.startswith("image/")

    def taken(self) -> Taken:
        return Taken(self.name, self.content_type, store.get(self.digest))


def of_session(request) -> list[Kept]:
    return [Kept(**each) for each in request.session.get(IN_SESSION, [])]


def offered(request, form):
    """The form, which may take what is kept for it."""
    for field in _fields(form):
        field.kept = {each.key: each for each in of_session(request) if each.form == request.path}
    return form


@transaction.atomic
def keep(request, form) -> None:
    """Keep what the refused form has taken, and show it there again."""
    if not form.is_bound:
        return
    kept = of_session(request)
    for field in _fields(form):
        for number, (key, taken) in enumerate(field.taken):
            if not key:
                locks.hold(locks.FILES)
                digest = store.put(taken.content)
                kept.append(Kept(token_urlsafe(12), request.path, taken.name, taken.content_type, digest))
                field.taken[number] = kept[-1].key, taken
        shown = {key for key, _taken in field.taken}
        field.widget.kept = [each for each in kept if each.key in shown]
    if kept:
        request.session[IN_SESSION] = [asdict(each) for each in kept[-MOST:]]


def forget(request) -> None:
    """The form is saved."""
    if kept := of_session(request):
        request.session[IN_SESSION] = [asdict(each) for each in kept if each.form != request.path]


def _fields(form) -> list:
    """Those that take several files (file_forms.AttachmentsField)."""
    return [field for field in getattr(form, "fields", {}).values() if hasattr(field, "taken")]
