"""What the law and the city prescribe: the list, and what civil affairs enters where the city decides."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, Value, When
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from registry.models import PROVISIONS, Provision, ProvisionKey
from registry.provisions import services
from registry.provisions.filters import ProvisionFilters
from registry.provisions.forms import ProvisionForm
from registry.provisions.queries import Provisions, on
from registry.provisions.tables import ProvisionTable
from registry.records.list_pages import ListPage
from registry.records.pages import EditPage

CHANGE = "registry.change_provision"


class List(ListPage):
    """All that is, was and will be in force, in the order of their declaration, the newest of each first."""

    model = Provision
    permission_required = "registry.view_provision"
    title = gettext_lazy("Prescribed figures and deadlines")
    empty = gettext_lazy("No provision has been entered yet.")
    table_class = ProvisionTable
    filterset_class = ProvisionFilters
    template_name = "registry/provisions/provisions.html"

    def get_queryset(self):
        place = Case(*(When(key=key, then=Value(place)) for place, key in enumerate(PROVISIONS)))
        return super().get_queryset().order_by(place, F("in_force_from").desc(nulls_last=True))

    def get_table_kwargs(self):
        states = Provisions().states(clock.today())
        return super().get_table_kwargs() | {"states": states, "may_change": self.request.user.has_perm(CHANGE)}

    def get_context_data(self, **kwargs):
        known = set(Provision.objects.values_list("key", flat=True))
        missing = [
            {"label": ProvisionKey(key).label, "url": "" if each.by_law else reverse("provision-add", args=[key])}
            for key, each in PROVISIONS.items()
            if key not in known
        ]
        return super().get_context_data(**kwargs) | {"missing": missing}


class ProvisionPage(EditPage):
    form_class = ProvisionForm
    template_name = "registry/provisions/provision_edit.html"
    back = to = "provisions"

    def words(self):
        row = self.record
        return {"what": row.get_key_display(), "words": row.words, "day": row.in_force_from}

    def act(self, form):
        services.save(form.save(commit=False), actor=self.actor)


class AddProvision(ProvisionPage):
    """Another figure or text of the key, from a day on; the one in force is filled in."""

    permission_required = "registry.add_provision"
    title = gettext_lazy("Change: %(what)s")
    done = gettext_lazy("%(what)s: %(words)s from %(day)s.")

    def get_record(self):
        key = self.kwargs["key"]
        if key not in PROVISIONS:
            raise Http404
        if PROVISIONS[key].by_law:
            raise PermissionDenied
        present = on(clock.today()).rows.get(key)
        if present:
            self.sentence = gettext_lazy("In force today: %(words)s.")
        names = ("value", "largest", "text", "clause")
        return Provision(key=key, **{name: getattr(present, name) for name in names} if present else {})


class EditProvision(ProvisionPage):
    """Correct a slip; what is not in force yet can be discarded."""

    permission_required = CHANGE
    records = Provision.objects
    title = gettext_lazy("Correct: %(what)s")
    sentence = gettext_lazy(
        "For a slip only: it counts for all days from which this one is in force. What is new is entered "
        "from its day on, with «Change»."
    )
    done = gettext_lazy("%(what)s is corrected: %(words)s.")

    def post(self, request, **kwargs):
        if "remove" not in request.POST or not self.record.is_to_come:
            return super().post(request, **kwargs)
        text = _("%(what)s: what was to come is discarded.") % self.words()
        services.remove(self.record, actor=self.actor)
        messages.success(request, text)
        return redirect(self.to)
