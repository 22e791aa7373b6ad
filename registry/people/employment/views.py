"""Employment elsewhere, which decides whether a person is paid 〔三(三) 非在职〕."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import ReasonForm
from registry.models import EmploymentSpell
from registry.people.members.forms import EmploymentEndForm, EmploymentForm
from registry.people.members.record_views import permitted_member, trail
from registry.records import versions
from registry.records.pages import ConfirmPage, FormPage, UndoPage


class EmploymentPage(FormPage):
    """About an employment of a person whose record the user may edit; the person is locked first, then it."""

    permission_required = "registry.change_employmentspell"

    def get_record(self):
        visible = EmploymentSpell.objects.visible_to(self.actor)
        member_id = get_object_or_404(visible, **self.kwargs).member_id
        member = permitted_member(self.request, member_id, self.permission_required)
        rows = visible.select_for_update(of=("self",)) if self.request.method == "POST" else visible
        spell = get_object_or_404(rows, **self.kwargs, member=member)
        spell.member = member
        return spell

    def words(self):
        return {"name": self.record.member.name, "spell": self.record, "here": self.here}

    def trail(self):
        return trail(self.record.member)

    def back_url(self):
        return self.record.member.get_absolute_url()


class EditEmployment(EmploymentPage, UndoPage):
    form_class = EmploymentForm
    title = "%(name)s · %(here)s"
    here = gettext_lazy("Edit an employment")
    sentence = gettext_lazy(
        "A month whose reference date lies within these days, the first and last included, pays nothing "
        "〔三(三) who is employed is not paid〕. Days in office while employed still count as service, unless the "
        "Standard rules otherwise."
    )
    done = gettext_lazy("Employment saved: %(spell)s.")


class EndEmployment(EditEmployment):
    form_class = EmploymentEndForm
    here = gettext_lazy("End an employment")


class AddEmployment(EditEmployment):
    permission_required = "registry.add_employmentspell"
    here = gettext_lazy("Register an employment")

    def get_record(self):
        return EmploymentSpell(member=permitted_member(self.request, self.kwargs["pk"], self.permission_required))


class RemoveEmployment(EmploymentPage, ConfirmPage):
    """Delete an employment that was entered wrongly; one that is over is ended instead."""

    form_class = ReasonForm
    title = gettext_lazy("Delete an employment")
    submit = gettext_lazy("Delete")

    def consequences(self):
        return [
            _("%(name)s will not count as employed on these days any more: %(spell)s.") % self.words(),
            _("Months computed from now on pay these days if nothing else stands against it. If the employment was "
              "true and is over, go back and end it instead."),
        ]  # fmt: skip

    def act(self, form):
        versions.remove(self.record, actor=self.actor, reason=form.cleaned_data["reason"])
