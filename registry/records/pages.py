"""What pages share: a record, a form about a record, and a question before an act; lists are in list_pages.py.

A page is a class with what is its own; permission, lock, refusals, messages and status are here.
"""

from abc import ABC, abstractmethod
from copy import copy
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views import View

from jygroups.lib import shown
from jygroups.lib.refusals import Overtaken, Refused, add_problems
from jygroups.lib.shortcuts import download, get_permitted, get_visible
from registry.models import Act, User
from registry.records import audit, kept_files, undo, versions


def answer(request, form, *, template="components/edit.html", status=200, **context):
    """A page with one form; refused with 422, or 409 when somebody was first."""
    if form.is_bound and not form.is_valid():
        status = 409 if getattr(form, "is_conflict", False) else 422
    return render(request, template, {"form": form, **context}, status=status)


def export(request, content: bytes, name: str, *, subject: str, **details):
    """A file of the subject, handed out with an entry in the audit log; so the request is a POST."""
    audit.record(Act.EXPORT, subject, user=request.user, **details)
    return download(content, name)


def overtaken(request, error: Overtaken, back: str):
    """409: another user was first, and nothing was changed by this one."""
    reason = _("%(reason)s Nothing was changed by you.") % {"reason": error} if str(error) else ""
    return render(request, "409.html", {"reason": reason, "back": back}, status=409)


class Link(NamedTuple):
    """A button that leads to a page, for those who have the permission; empty: for all.

    Of a list the main one adds a row.
    """

    page: str
    label: str | Promise
    permission: str = ""
    is_main: bool = True

    def is_open(self, user: User, record=None) -> bool:
        return not self.permission or user.has_perm(self.permission, record)


class RecordPage(PermissionRequiredMixin, View):
    """A page about one record: 404 where the user does not see it, 403 where no post gives the permission for it.

    `records` are the rows it is found in, by what the address names; None for a page that makes a new one. On a POST
    the record is locked and the page is one transaction; not with `locks = False`, where a service locks, after other
    locks.
    """

    raise_exception = True
    permission_required: str
    records: Any = None  # a queryset or a manager with visible_to
    locks = True
    template_name: str
    actor: User

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.actor = request.user

    def dispatch(self, request, *args, **kwargs):
        if not self.has_permission():
            return self.handle_no_permission()
        with transaction.atomic():
            self.record = self.get_record()
            return super().dispatch(request, *args, **kwargs)

    def get_record(self) -> Any:
        if self.records is None:
            return None
        return get_permitted(self.request, self.records, self.permission_required, lock=self.locks, **self.kwargs)

    def get_context(self) -> dict[str, Any]:
        """What the template shows besides the record."""
        return {}


class DetailPage(RecordPage):
    """A record as each user who sees it is shown it; `name` is what the template calls it.

    Without a template of its own it shows the `facts` (fields of the record, where they are filled in) and the
    `links`, for which the permission is asked on the record. `parent` is the page of the menu on its trail.
    """

    http_method_names = ["get", "head"]
    template_name = "components/detail.html"
    name = "record"
    parent: str = ""
    facts: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    def get_record(self):
        return get_visible(self.request, self.records, **self.kwargs)

    def get(self, request, **kwargs):
        return render(request, self.template_name, {self.name: self.record, **self.get_context()})

    def get_context(self):
        return {
            "parent": self.parent,
            "facts": [shown.fact(self.record, name) for name in self.facts],
            "links": [each for each in self.links if each.is_open(self.actor, self.record)],
        }


class FormPage(RecordPage, ABC):
    """One form about a record, and what is done with it once it is filled in correctly.

    `title`, `here`, `submit`, `sentence` and `done` are texts into which `words()` are filled. Refused goes back with
    the reason, or with `keeps_input` is shown on the form like a ValidationError, 422; Overtaken is answered with 409,
    as is a form over a record that another user has changed.
    """

    http_method_names = ["get", "head", "post"]
    template_name = "components/edit.html"
    form_class: type[forms.BaseForm] = forms.Form
    title: str | Promise = ""
    here: str | Promise = ""  # the end of the trail; `title` otherwise
    submit: str | Promise = ""
    sentence: str | Promise = ""
    done: str | Promise = ""  # the message afterwards
    back: str = ""  # the name of the page to go back to; the record's own otherwise
    to: str = ""  # the name of the page to go on to; `back` otherwise
    parent: str = ""  # the page of the menu that the trail begins with, before the record; `trail()` otherwise
    keeps_input = False

    def words(self) -> dict[str, Any]:
        return {"record": self.record}

    def trail(self) -> list:
        """The records on the way to the page."""
        return getattr(self.record, "trail", [])

    def refusal(self) -> str:
        """Why the page is not open for the record as it is; empty where it is."""
        return ""

    def get_form(self) -> forms.BaseForm:
        given = (self.request.POST, self.request.FILES) if self.request.method == "POST" else (None, None)
        return kept_files.offered(self.request, self.form_class(*given, **self.get_form_kwargs()))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {}

    def changes(self, form: Any) -> bool:
        """Whether there is anything to do."""
        return True

    @abstractmethod
    def act(self, form: Any) -> Any:
        """Do it, and return where to go on to if that is another page, or the answer itself.

        Raises Overtaken, Refused, ValidationError.
        """

    def get(self, request, **kwargs):
        return self._refused() or self.show(self.get_form())

    def post(self, request, **kwargs):
        if response := self._refused():
            return response
        form = self.get_form()
        if not form.is_valid():
            return self.show(form)
        back, words = self.back_url(), self.words()  # before the act, which may delete the record
        if not self.changes(form):
            return redirect(back)
        try:
            with transaction.atomic():
                onward = self.act(form)
        except Overtaken as error:
            return overtaken(request, error, back)
        except Refused as refusal:
            return self.refuse(form, refusal) or redirect(back)
        except ValidationError as error:
            add_problems(form, error)
            return self.show(form)
        kept_files.forget(self.request)
        if isinstance(onward, HttpResponse):
            return onward
        if self.done:
            self.record = getattr(form, "instance", self.record or onward)
            self.announce(str(self.done) % (self.words() if getattr(self.record, "pk", None) else words))
        return redirect(onward or self.to or back)

    def announce(self, text: str) -> None:
        messages.success(self.request, text)

    def refuse(self, form: Any, refusal: Refused) -> HttpResponse | None:
        """The answer where the act is refused; None goes back with the reason as a message."""
        if self.keeps_input:
            form.add_error(None, str(refusal))
            return self.show(form)
        messages.error(self.request, str(refusal))
        return None

    def show(self, form, status=200):
        kept_files.keep(self.request, form)
        words = self.words()
        context: dict[str, Any] = {name: getattr(self, name) for name in ("record", "parent")}
        context |= {"trail": self.trail(), "back": self.back_url()}
        context |= {name: str(getattr(self, name)) % words for name in ("title", "here", "submit", "sentence")}
        context |= self.get_context()
        return answer(self.request, form, template=self.template_name, status=status, **context)

    def back_url(self) -> str:
        return resolve_url(self.back or self.record)

    def _refused(self):
        if not (reason := self.refusal()):
            return None
        messages.info(self.request, reason)
        return redirect(self.back_url())


class EditPage(FormPage):
    """A form over the record itself; nothing is saved where nothing was changed. `reason` is the version's."""

    reason: str | Promise = ""

    def get_form_kwargs(self):
        return {"instance": copy(self.record)}  # the page shows the record as it is, not as a form has it

    def changes(self, form):
        return bool(form.edited) or not self.record.pk

    def act(self, form):
        versions.save(form.save(commit=False), actor=self.actor, reason=str(self.reason))


class UndoPage(EditPage):
    """An edit of a record that the message afterwards offers to take back."""

    def announce(self, text):
        undo.offer(self.request, text, [self.record])


class ConfirmPage(FormPage):
    """A page that shows the consequences of an act, and performs it on a POST."""

    template_name = "components/confirm.html"

    def consequences(self) -> list[str]:
        return []

    def get_context(self):
        return {"consequences": self.consequences()}
