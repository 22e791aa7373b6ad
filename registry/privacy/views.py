"""How long personal data is kept, what is due, and its erasure by two users."""

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from registry.access.passwords.views import PasswordFirst
from registry.models import Erasure, ErasureState, Member
from registry.privacy import queries, services
from registry.privacy.forms import ProposeForm, RefuseForm, SeenForm
from registry.privacy.tables import ErasureTable, OverTable
from registry.provisions import retention
from registry.records.filters import Choice
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, DetailPage, FormPage

VIEW = "registry.view_erasure"
COUNTED = Erasure.objects.select_related("proposed_by", "answered_by").annotate(
    count=Count("rows"), left_out=Count("rows", filter=Q(rows__is_left_out=True))
)
RECENT = 10


@require_safe
@permission_required(VIEW, raise_exception=True)
def rules(request):
    """Every rule with its clause, and how many records are due today."""
    recent = ErasureTable(list(COUNTED.order_by("-pk")[:RECENT]))
    may_propose = request.user.has_perm(services.PROPOSE)
    context = {"standings": queries.standings(), "recent": recent, "may_propose": may_propose}
    return render(request, "registry/privacy/rules.html", context)


def known_rule(key: str) -> retention.Rule:
    """The rule with this key, by which something is erased once two users agree; or 404."""
    rule = next((each for each in retention.rules() if each.key == key and each.needs_two), None)
    if rule is None:
        raise Http404
    return rule


class OverFilter(django_filters.FilterSet):
    state = Choice(
        choices=[("due", pgettext_lazy("retention", "due")), ("kept", pgettext_lazy("retention", "kept"))],
        label=gettext_lazy("State"),
        method="in_state",
    )

    def in_state(self, rows, _name, state):
        return rows.exclude(queries.is_kept()) if state == "due" else rows.filter(queries.is_kept())


class Over(ListPage):
    """The people whose period of a rule is over, with what keeps those that are not erased."""

    model = Member
    permission_required = VIEW
    table_class = OverTable
    filterset_class = OverFilter
    template_name = "registry/privacy/over.html"
    empty = gettext_lazy("Nobody's period is over.")

    @cached_property
    def rule(self):
        rule = known_rule(self.kwargs["key"])
        if not rule.is_of_people:
            raise Http404
        return rule

    @cached_property
    def period(self):
        return retention.periods().get(self.rule.key)

    @property
    def title(self):  # type: ignore[override]
        return str(self.rule.key.label)

    def get_queryset(self):
        visible = Member.objects.visible_to(self.request.user).order_by().values("pk")
        return queries.over(self.rule, self.period).filter(pk__in=visible)

    def get_table_kwargs(self):
        return super().get_table_kwargs() | {"period": self.period}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {
            "rule": self.rule,
            "period": self.period,
            "may_propose": self.request.user.has_perm(services.PROPOSE),
        }


class Propose(PasswordFirst, FormPage):
    """List what is due for a second user to agree to."""

    permission_required = services.PROPOSE
    form_class = ProposeForm
    title = gettext_lazy("Propose to erase: %(rule)s")
    sentence = gettext_lazy(
        "%(count)s are due. They are listed as of now; nothing is erased before a second user agrees. What an open "
        "payment, a post or the like keeps is not on the list."
    )
    submit = gettext_lazy("Propose")
    back = "retention"
    keeps_input = True

    def get_record(self):
        self.rule = known_rule(self.kwargs["key"])
        return None

    def words(self):
        period = retention.periods().get(self.rule.key)
        count = self.rule.due(period.until).count() if period else 0
        return {"rule": self.rule.what, "count": count}

    def act(self, form):
        row = services.propose(self.rule.key, purpose=form.cleaned_data["purpose"], actor=self.actor)
        messages.success(self.request, _("Proposed. It waits for a second person."))
        return row.get_absolute_url()


class ErasurePage(DetailPage):
    """One erasure: what it erases, who proposed it and who agreed."""

    permission_required = VIEW
    records = COUNTED
    template_name = "registry/privacy/erasure.html"
    name = "erasure"

    def get_context(self):
        waits = self.record.state == ErasureState.PROPOSED
        may_answer = waits and self.actor.has_perm(services.AGREE, self.record)
        is_own = services.ERASURES.is_anothers(ErasureState.AGREED, self.record, self.actor)
        rule = retention.rule_of(self.record.rule)
        return {
            "may_agree": may_answer and not is_own,
            "may_refuse": may_answer,
            "is_own": is_own,
            "rule": rule,
            "title": _("Erasure: %(what)s") % {"what": rule.what},
        }


class AnswerErasure(PasswordFirst, ConfirmPage):
    """Agree to an erasure, or refuse it."""

    permission_required = services.AGREE
    records = COUNTED
    locks = False
    keeps_input = True

    def words(self):
        words = {"rule": retention.rule_of(self.record.rule).what, "count": self.record.count}
        return words | {"proposer": self.record.proposed_by, "purpose": self.record.purpose}

    def trail(self):
        return []

    def get_form_kwargs(self):
        return {"initial": {"version": self.record.version}}


class Agree(AnswerErasure):
    form_class = SeenForm
    title = gettext_lazy("Agree to erase: %(rule)s")
    submit = gettext_lazy("Agree and erase")

    def refusal(self):
        is_own = services.ERASURES.is_anothers(ErasureState.AGREED, self.record, self.actor)
        return _("You proposed it; another user has to agree.") if is_own else ""

    def consequences(self):
        rule = retention.rule_of(self.record.rule)
        return [
            _("%(proposer)s proposed to erase %(count)s: %(purpose)s.") % self.words(),
            f"{rule.what}{_(': ')}{rule.after}{_('.')}",
            _("What is not due any more by then is left out. It cannot be undone, but for backups made before."),
        ]

    def act(self, form):
        services.agree(self.record, seen=form.cleaned_data["version"], actor=self.actor)
        figures = services.carry_out(self.record)
        words = {"rows": figures["rows"], "versions": figures["versions"], "left": figures["left_out"]}
        text = _("Erased: %(rows)s, with %(versions)s versions; left out: %(left)s.") % words
        messages.success(self.request, text)
        return reverse("erasure", args=[self.record.pk])


class Refuse(AnswerErasure):
    form_class = RefuseForm
    title = gettext_lazy("Refuse to erase: %(rule)s")
    submit = gettext_lazy("Refuse")
    done = gettext_lazy("Refused; nothing is erased.")

    def consequences(self):
        return [_("Nothing is erased. %(proposer)s is shown your reason.") % self.words()]

    def act(self, form):
        given = form.cleaned_data
        services.refuse(self.record, seen=given["version"], comment=given["comment"], actor=self.actor)
        return redirect("retention")
