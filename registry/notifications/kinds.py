"""The kinds of notifications: of what, for whom, the words and the link. Each is declared once, here or by an app.

A kind of a workflow names the steps after which it is sent; services.py follows every workflow by its signal.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jygroups.lib.transitions import Transition
from registry.models import (
    CITY_ROLES,
    ERASURE_STEPS,
    PLAN_STEPS,
    POST_STEPS,
    REPORT_STEPS,
    TRANSFER_STEPS,
    Erasure,
    ErasureState,
    GroupPlan,
    Notification,
    PlanStep,
    Post,
    PostState,
    Report,
    ReportStep,
    Subdistrict,
    Topic,
    Transfer,
    TransferState,
    User,
)
from registry.models.roles import roles_with


@dataclass(frozen=True)
class Place:
    """Where a record is: its name for messages, and the posts there, besides those of the city, that may get them."""

    words: str
    subdistrict: Subdistrict | None = None
    posts: Q = field(default_factory=lambda: Q(pk=None))


def of_subdistrict(subdistrict: Subdistrict) -> Place:
    return Place(subdistrict.name, subdistrict, Q(subdistrict=subdistrict))


def of_city(record: Any = None) -> Place:
    return Place(settings.CITY_NAME)


def visible(model: Any, user: User) -> QuerySet:
    return model._default_manager.visible_to(user)


@dataclass(frozen=True)
class Kind:
    """What users are notified of about records of one model.

    Sent to the holders of `permission` at the place who have it for the record (`asks`, where another one is asked of
    the record itself), and the users in the fields `signers`; never the user who acted. With `next` it is sent only
    while that step of `steps` is open, and not to those whom the table excludes from it.
    """

    key: str
    model: Any
    topic: Topic
    text: str | Promise  # with %(area)s and %(month)s
    place: Callable[[Any], Place]
    steps: Mapping[Any, Transition] = field(default_factory=dict)
    on: tuple[Any, ...] = ()  # steps of the model's workflow
    next: Any = None
    permission: str = ""
    asks: str = ""
    signers: tuple[str, ...] = ()
    when: Callable[[Any], bool] = lambda record: True
    month: Callable[[Any], date | None] = lambda record: None
    url: Callable[[Any], str] = lambda record: record.get_absolute_url()
    details: Callable[[Any], str] = lambda record: ""  # for the page alone: it may name people
    related: tuple[str, ...] = ()
    sees: Callable[[Any, User], QuerySet] = visible
    is_returned: bool = False  # it is to be corrected
    is_personal: bool = False  # never sent to a chat group

    @property
    def recipients_have(self) -> str:
        """The permission of those who are notified; empty where the signers alone are."""
        return self.permission or (self.steps[self.next].permission if self.next else "")

    @property
    def is_of_city(self) -> bool:
        """Whether the city's own roles alone are notified."""
        roles = roles_with(self.recipients_have) if self.recipients_have else []
        return bool(roles) and set(roles) <= set(CITY_ROLES)

    def words(self, row: Notification) -> str:
        """The text, in the active language; it names no person."""
        month = date_format(row.month, "YEAR_MONTH_FORMAT") if row.month else ""
        return str(self.text) % {"area": row.area, "month": month}

    def is_open(self, record: Any) -> bool:
        return (self.next is None or record.state in self.steps[self.next].sources) and self.when(record)


KINDS: dict[str, Kind] = {}
AFTER: dict[tuple[type[Model], Any], list[Kind]] = defaultdict(list)


def declare(*kinds: Kind) -> None:
    for kind in kinds:
        KINDS[kind.key] = kind
        for step in kind.on:
            AFTER[kind.model, step].append(kind)


def _of_post(post: Post) -> Place:
    community = post.community or (post.group.committee.community if post.group else None)
    subdistrict = post.subdistrict or (community.subdistrict if community else None)
    return Place(post.area_in_words, subdistrict, Q(subdistrict=subdistrict) if subdistrict else Q(pk=None))


def _of_plan(plan: GroupPlan) -> Place:
    subdistrict = plan.community.subdistrict
    return Place(plan.community.name, subdistrict, Q(subdistrict=subdistrict))


def _of_report(report: Report) -> Place:
    """Who handles it: the subdistrict once it was passed on there, before that the community."""
    community = report.group.committee.community
    posts = Q(subdistrict=community.subdistrict_id) if report.at_subdistrict else Q(community=community)
    return Place(f"{community.name}{report.group.name}", community.subdistrict, posts)


def _of_reporters(report: Report) -> Place:
    place = _of_report(report)
    return Place(place.words, place.subdistrict, Q(group=report.group_id))


def _own_posts(model: Any, user: User) -> QuerySet:
    return Post.objects.filter(user=user)


def _account(post: Post) -> str:
    return reverse("account")


def _user(post: Post) -> str:
    return post.user.get_absolute_url()


def _holder(post: Post) -> str:
    return f"{post.user} · {post.in_words}"


POST: dict[str, Any] = {
    "model": Post, "steps": POST_STEPS, "place": _of_post,
    "related": ("user", "subdistrict", "community__subdistrict", "group__committee__community__subdistrict"),
}  # fmt: skip
PLAN: dict[str, Any] = {
    "model": GroupPlan, "steps": PLAN_STEPS, "place": _of_plan, "details": lambda plan: plan.title,
    "related": ("community__subdistrict",),
}  # fmt: skip
ERASURE: dict[str, Any] = {"model": Erasure, "steps": ERASURE_STEPS, "place": of_city, "details": str}
TRANSFER: dict[str, Any] = {
    "model": Transfer, "steps": TRANSFER_STEPS, "details": lambda transfer: transfer.member.name,
    "related": ("member", "kept_by__subdistrict", "committee__community__subdistrict"),
}  # fmt: skip
REPORT: dict[str, Any] = {
    "model": Report, "steps": REPORT_STEPS, "place": _of_report, "details": str,
    "related": ("group__committee__community__subdistrict",),
}  # fmt: skip

declare(
    Kind("post-given", topic=Topic.WAITS, text=_("%(area)s: a post waits for your agreement"), on=(PostState.WAITING,),
         next=PostState.IN_EFFECT, details=_holder, url=lambda post: reverse("post", args=[post.pk]), **POST),
    Kind("post-agreed", topic=Topic.DECIDED, text=_("%(area)s: the post that you gave was agreed to"),
         on=(PostState.IN_EFFECT,), signers=("given_by",), details=_holder, url=_user, **POST),
    Kind("post-refused", topic=Topic.DECIDED, text=_("%(area)s: the post that you gave was refused"),
         on=(PostState.REFUSED,), signers=("given_by",), details=_holder, url=_user, **POST),
    Kind("own-post", topic=Topic.DECIDED, text=_("%(area)s: your new post is in effect"), on=(PostState.IN_EFFECT,),
         signers=("user",), sees=_own_posts, url=_account, is_personal=True, **POST),
    Kind("own-post-refused", topic=Topic.DECIDED, text=_("%(area)s: your new post was refused"),
         on=(PostState.REFUSED,), signers=("user",), sees=_own_posts, url=_account, is_personal=True, **POST),
    Kind("plan-submitted", topic=Topic.WAITS, text=_("%(area)s: an adjustment plan waits for your decision"),
         on=(PlanStep.SUBMIT,), next=PlanStep.APPROVE, **PLAN),
    Kind("plan-approved", topic=Topic.DECIDED, text=_("%(area)s: the adjustment plan was approved"),
         on=(PlanStep.APPROVE,), permission="registry.change_groupplan", signers=("submitted_by",), **PLAN),
    Kind("plan-rejected", topic=Topic.DECIDED, text=_("%(area)s: the adjustment plan was rejected; correct it"),
         on=(PlanStep.REJECT,), is_returned=True,
         permission="registry.change_groupplan", signers=("submitted_by",), **PLAN),
    Kind("erasure-proposed", topic=Topic.WAITS, text=_("%(area)s: an erasure of personal data waits for your decision"),
         on=(ErasureState.PROPOSED,), next=ErasureState.AGREED, **ERASURE),
    Kind("erasure-refused", topic=Topic.DECIDED, text=_("%(area)s: the erasure that you proposed was refused"),
         on=(ErasureState.REFUSED,), signers=("proposed_by",), **ERASURE),
    Kind("erasure-done", topic=Topic.DECIDED, text=_("%(area)s: the erasure that you proposed was carried out"),
         on=(ErasureState.DONE,), signers=("proposed_by",), **ERASURE),
    Kind("transfer-sent", topic=Topic.WAITS,
         text=_("%(area)s: a transfer from another subdistrict waits for your answer"),
         place=lambda transfer: of_subdistrict(transfer.committee.community.subdistrict), on=(TransferState.SENT,),
         next=TransferState.ACCEPTED, **TRANSFER),
    Kind("transfer-accepted", topic=Topic.DECIDED, text=_("%(area)s: the transfer that you sent was accepted"),
         place=lambda transfer: of_subdistrict(transfer.kept_by.subdistrict), on=(TransferState.ACCEPTED,),
         signers=("sent_by",), **TRANSFER),
    Kind("transfer-declined", topic=Topic.DECIDED, text=_("%(area)s: the transfer that you sent was declined"),
         place=lambda transfer: of_subdistrict(transfer.kept_by.subdistrict), on=(TransferState.DECLINED,),
         signers=("sent_by",), **TRANSFER),
    Kind("report-new", topic=Topic.WAITS, text=_("%(area)s: a report waits to be taken up"),
         on=(ReportStep.REPORTED,), next=ReportStep.TAKEN, **REPORT),
    Kind("report-passed-on", topic=Topic.WAITS, text=_("%(area)s: a report was passed on to the subdistrict"),
         on=(ReportStep.ESCALATED,), next=ReportStep.TAKEN, **REPORT),
    Kind("report-returned", topic=Topic.WAITS, text=_("%(area)s: a report is not settled and was given back"),
         on=(ReportStep.RETURNED,), is_returned=True, next=ReportStep.HANDLED, **REPORT),
    Kind("report-handled", topic=Topic.DECIDED,
         text=_("%(area)s: your report was handled; confirm whether it is settled"),
         on=(ReportStep.HANDLED,), next=ReportStep.CONFIRMED, **{**REPORT, "place": _of_reporters}),
)  # fmt: skip
