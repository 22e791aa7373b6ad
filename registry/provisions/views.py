"""What the law and the city lay down: the list, and what civil affairs enters where the city decides."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jygroups.lib.shortcuts import get_permitted
from registry.models import PROVISIONS, Provision, ProvisionKey
from registry.provisions import services
from registry.provisions.filters import ProvisionFilters
from registry.provisions.forms import ProvisionForm
from registry.provisions.queries import Provisions, on
from registry.provisions.tables import ProvisionTable
from registry.records.pages import ListPage, answer

CHANGE = "registry.change_provision"


class List(ListPage):
    """All that is, was and will be in force, in the order of their declaration, the newest of each first."""

    model = Provision
    permission_required = "registry.view_provision"
    title = gettext_lazy("Figures and deadlines laid down")
    empty = gettext_lazy("Nothing is laid down yet.")
    table_class = ProvisionTable
    filterset_class = ProvisionFilters
    template_name = "registry/provisions.html"

    def get_queryset(self):
        place = Case(*(When(key=key, then=Value(place)) for place, key in enumerate(PROVISIONS)))
        return super().get_queryset().order_by(place, F("in_force_from").desc(nulls_last=True))

    def get_table_kwargs(self):
        states = Provisions().states(timezone.localdate())
        return super().get_table_kwargs() | {"states": states, "may_change": self.request.user.has_perm(CHANGE)}

    def get_context_data(self, **kwargs):
        known = set(Provision.objects.values_list("key", flat=True))
        missing = [
            {"label": ProvisionKey(key).label, "url": "" if each.by_law else reverse("provision-add", args=[key])}
            for key, each in PROVISIONS.items()
            if key not in known
        ]
        return super().get_context_data(**kwargs) | {"missing": missing}


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_provision", raise_exception=True)
@transaction.atomic
def add(request, key):
    """Another figure or text of the key, from a day on; the one in force is filled in."""
    if key not in PROVISIONS:
        raise Http404
    if PROVISIONS[key].by_law:
        raise PermissionDenied
    present = on(timezone.localdate()).rows.get(key)
    names = ("value", "largest", "text", "clause")
    new = Provision(key=key, **{name: getattr(present, name) for name in names} if present else {})
    form = ProvisionForm(request.POST or None, instance=new)
    if form.is_valid():
        services.save(form.save(commit=False), actor=request.user)
        words = {"what": new.get_key_display(), "words": new.words, "day": new.in_force_from}
        messages.success(request, _("%(what)s: %(words)s from %(day)s.") % words)
        return redirect("provisions")
    sentence = _("In force today: %(words)s.") % {"words": present.words} if present else ""
    title = _("Change: %(what)s") % {"what": new.get_key_display()}
    return answer(request, form, title=title, sentence=sentence, back=reverse("provisions"))


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def edit(request, pk):
    """Correct a slip; what is not in force yet can be discarded."""
    row = get_permitted(request, Provision.objects.select_for_update(), CHANGE, pk=pk)
    name = row.get_key_display()
    if request.method == "POST" and "remove" in request.POST and row.is_to_come:
        services.remove(row, actor=request.user)
        messages.success(request, _("%(what)s: what was to come is discarded.") % {"what": name})
        return redirect("provisions")
    form = ProvisionForm(request.POST or None, instance=row)
    if form.is_valid():
        if form.edited:
            services.save(form.save(commit=False), actor=request.user)
            messages.success(request, _("%(what)s is corrected: %(words)s.") % {"what": name, "words": row.words})
        return redirect("provisions")
    return answer(
        request,
        form,
        template="registry/provision_edit.html",
        title=_("Correct: %(what)s") % {"what": name},
        sentence=_("For a slip only: it counts for all days from which this one is in force. What is new is entered "
                   "from its day on, with «Change»."),
        back=reverse("provisions"),
        to_come=row.is_to_come,
    )  # fmt: skip
