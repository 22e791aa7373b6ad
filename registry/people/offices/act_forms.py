"""What the forms over acts on offices share: each proposes its act from what is filled in, and shows the errors."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from jygroups.lib.forms import Form
from jygroups.lib.refusals import add_problems
from registry.models import Appointment, Position, ResidentsGroup, User
from registry.people.offices import services

# What changes nobody's stipend.
NO_MATTER = {"reason", "end_reason", "basis", "note", "name", "phone", "bank", "account"}
SOMEBODY = "某"  # whose name is not typed yet


class ActForm(Form):
    """An act on a target. `proposal` is what it would write, once the form is valid; None where that is nothing."""

    title: ClassVar[Any]
    submit: ClassVar[Any]
    permission = "registry.change_appointment"

    def __init__(self, *args, user: User, target, **kwargs) -> None:
        self.user, self.target = user, target
        self.proposal: services.Proposal | None = None
        super().__init__(*args, **kwargs)
        for field in self.visible_fields()[:1]:
            field.field.widget.attrs["data-first"] = True

    @classmethod
    def targets(cls, user: User) -> QuerySet:
        """The records visible to the user that the act can be on: appointments, unless a subclass overrides it."""
        related = ["member__community", "committee__community__subdistrict", "group__committee__community", "term"]
        return Appointment.objects.visible_to(user).select_related(*related)

    @classmethod
    def permission_on(cls, target):
        """The record for which `permission` is needed."""
        return target

    @property
    def subject(self) -> str:
        return self.target.member.name

    def propose(self) -> services.Proposal | None:
        """The act as the cleaned fields have it. Raises ValidationError."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                self.proposal = self.propose()
            except ValidationError as error:
                add_problems(self, error)

    def foreseen(self) -> services.Proposal | None:
        """The act as far as it can be foreseen: what only explains or describes may still be lacking."""
        if self.proposal or not self.is_bound or self.errors.keys() - NO_MATTER:
            return self.proposal
        for name in self.fields.keys() & NO_MATTER - self.cleaned_data.keys():
            self.cleaned_data[name] = SOMEBODY if name == "name" else ""
        try:
            return self.propose()
        except ValidationError:
            return None


def positions(body) -> list[tuple[str, Any]]:
    """The positions there are in the body, the usual one first."""
    in_group = isinstance(body, ResidentsGroup)
    return [(each.value, each.label) for each in reversed(Position) if each.in_group is in_group]
