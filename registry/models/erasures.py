"""Erasures: personal data whose period of retention is over, blanked once two users agree to it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib.constraints import Fixed, Frozen, Moves, Requires
from jygroups.lib.transitions import Transition, moves
from registry.models.areas import CityWideQuerySet
from registry.models.base import Record
from registry.models.provisions import ProvisionKey


class ErasureState(models.TextChoices):
    """One proposes, another agrees or refuses; what is agreed to is carried out, and goes on where it stopped."""

    PROPOSED = "proposed", pgettext_lazy("erasure", "waiting for a second person")
    AGREED = "agreed", pgettext_lazy("erasure", "being carried out")
    REFUSED = "refused", pgettext_lazy("erasure", "refused")
    DONE = "done", pgettext_lazy("erasure", "erased")


OPEN = (ErasureState.PROPOSED, ErasureState.AGREED)
# Each step by the state it leads to; the one who proposed may refuse, which withdraws it.
ERASURE_STEPS = {
    ErasureState.PROPOSED: Transition("registry.add_erasure", (), ErasureState.PROPOSED, "proposed_by"),
    ErasureState.AGREED: Transition(
        "registry.agree_erasure", (ErasureState.PROPOSED,), ErasureState.AGREED, "answered_by",
        not_by=(ErasureState.PROPOSED,),
    ),
    ErasureState.REFUSED: Transition(
        "registry.agree_erasure", (ErasureState.PROPOSED,), ErasureState.REFUSED, "answered_by", needs_comment=True
    ),
    ErasureState.DONE: Transition("registry.agree_erasure", (ErasureState.AGREED,), ErasureState.DONE),
}  # fmt: skip


class Erasure(Record):
    """清除: rows whose period of one rule is over, to be blanked or deleted together."""

    changed_with = ""

    rule = models.CharField(_("rule"), max_length=30, choices=ProvisionKey)
    period = models.CharField(_("kept for"), max_length=50)  # in words, as it was in force
    clause = models.CharField(pgettext_lazy("provision", "source"), max_length=300)
    until = models.DateField(_("periods that began by"))
    purpose = models.CharField(_("reason"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=ErasureState, default=ErasureState.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("agreed or refused by"),
    )
    answered_at = models.DateTimeField(_("agreed or refused at"), null=True, blank=True)
    refusal = models.CharField(_("reason of the refusal"), max_length=200, blank=True)
    done_at = models.DateTimeField(_("erased at"), null=True, blank=True)

    objects = CityWideQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-id"]
        permissions = [("agree_erasure", "Can agree to an erasure that another user proposed")]
        constraints = [
            models.UniqueConstraint("rule", name="erasure_open_once_a_rule", condition=Q(state__in=OPEN)),
            models.CheckConstraint(
                name="erasure_agreed_by_a_second_person",
                condition=~Q(state__in=[ErasureState.AGREED, ErasureState.DONE])
                | (Q(answered_by__isnull=False) & ~Q(answered_by=F("proposed_by"))),
            ),
            Moves(name="erasure_moves_by_its_steps", field="state", allowed=moves(ERASURE_STEPS)),
            Frozen(name="erasure_frozen_once_done", closed="{row}.state IN ('refused', 'done')", closes_itself=True),
        ]

    def __str__(self):
        return f"{self.get_rule_display()} {self.pk or ''}".strip()

    def get_absolute_url(self):
        return reverse("erasure", args=[self.pk])


class ErasedRow(models.Model):
    """One row of an erasure: a person, or what else the rule is about, by key alone.

    `whole` is the person that it belongs to: for a record merged into another that other, for all others itself.
    """

    erasure = models.ForeignKey(Erasure, models.PROTECT, related_name="rows", verbose_name=_("erasure"))
    subject = models.BigIntegerField(db_index=True)
    whole = models.BigIntegerField()
    since = models.DateField(_("period began"))
    is_left_out = models.BooleanField(default=False)  # not due any more when it was carried out
    erased_at = models.DateTimeField(null=True)  # or left out at

    class Meta:
        verbose_name = _("row of an erasure")
        verbose_name_plural = _("rows of erasures")
        ordering = ["erasure", "whole", "subject"]
        constraints = [
            models.UniqueConstraint("erasure", "subject", name="erased_row_once"),
            Requires(
                name="erased_row_while_proposed",
                condition="EXISTS (SELECT 1 FROM registry_erasure act WHERE act.id = NEW.erasure_id "
                "AND act.state = 'proposed')",
            ),
            Frozen(name="erased_row_frozen_once_erased", closed="{row}.erased_at IS NOT NULL", closes_itself=True),
            # What two users agreed to stays what they agreed to.
            *(Fixed(name=f"erased_row_{each}_fixed", field=each) for each in ("erasure", "subject", "whole")),
        ]

    def __str__(self):
        return f"{self.erasure_id} {self.subject}"
