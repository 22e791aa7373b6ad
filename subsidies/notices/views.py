"""公示: the states of a month's lists, posting them, objections and answers, and closing notices."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib import clock, store
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import get_permitted
from registry.models import Community
from registry.records import locks
from registry.records.file_views import handed_out, removed
from registry.records.pages import ConfirmPage, EditPage, FormPage, answer
from subsidies.models import Notice, NoticePhoto, Objection, Sheet, SheetLine
from subsidies.month import notice_states, sheet_pages
from subsidies.month.notice_states import POST, NoticeState
from subsidies.month.notice_words import hanging_and_objections
from subsidies.notices import forms, services

VIEW = "subsidies.view_notice"
FULL = Notice.objects.select_related("sheet__subdistrict", "sheet__standard", "community", "posted_by", "closed_by")
CONSEQUENCES = [
    gettext_lazy("The list hung long enough, and every objection is answered."),
    gettext_lazy("Nothing of the notice is changed after that; photos may still be deleted."),
]


def _trail(sheet: Sheet, *more: tuple[str, str]) -> list[tuple[str, str]]:
    month = Month.of(sheet.month)
    place = f"{sheet.subdistrict.name} {date_format(sheet.month, 'YEAR_MONTH_FORMAT')}"
    notices = reverse("notices", args=[month, sheet.subdistrict.code])
    return [
        (reverse("months"), _("Stipends")),
        (sheet.get_absolute_url(), place),
        (notices, _("Public notices")),
        *more,
    ]


@require_safe
@permission_required(VIEW, raise_exception=True)
def index(request, month, code):
    """The state of each community's list of a month."""
    sheet = sheet_pages.find(request.user, month, code)
    postings = notice_states.visible(request.user, sheet)
    own = notice_states.posted_by(request.user)
    context = {
        "sheet": sheet,
        "month": month,
        "postings": postings,
        "counts": notice_states.counts(postings),
        "to_post": [each for each in postings if each.to_post and each.community.pk in own],
        "to_close": [each for each in postings if each.state == NoticeState.OVER and each.community.pk in own],
        "own": own,
        "trail": _trail(sheet)[:-1],
    }
    return render(request, "subsidies/notices/index.html", context)


@require_safe
@permission_required(VIEW, raise_exception=True)
def paper(request, month, code):
    """A community's list to print and post: people, amounts, and the place for objections."""
    community = get_object_or_404(Community.objects.visible_to(request.user).select_related("subdistrict"), code=code)
    sheet = sheet_pages.find(request.user, month, community.subdistrict.code)
    rows = SheetLine.objects.filter(sheet=sheet, community=community, net__gt=0).select_related("group")
    lines = list(rows.only("name", "position", "outcome", "net", "group__name", "ordinal").order_by("ordinal"))
    posting = notice_states.of(sheet).get(community.pk)
    context = {
        "sheet": sheet,
        "month": month,
        "community": community,
        "lines": lines,
        "net": sum((line.net for line in lines), sheet.net * 0),
        "posting": posting,
        "notice": posting.notice if posting and not posting.to_post else None,
        "sentences": hanging_and_objections(
            [posting] if posting else [],
            days=notice_states.days_of(sheet),
            office=_("the residents' committee of %(name)s") % {"name": community.name},
        ),
        "trail": _trail(sheet),
    }
    return render(request, "subsidies/notices/paper.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(POST, raise_exception=True)
@transaction.atomic
def post(request, month, code):
    """Record the posting of lists for the selected communities of the user."""
    sheet = sheet_pages.find(request.user, month, code)
    own = notice_states.posted_by(request.user)
    postings = {each.community.pk: each for each in notice_states.of(sheet).values() if each.community.pk in own}
    open_ones = {key: each for key, each in postings.items() if each.to_post}
    back = reverse("notices", args=[month, code])
    if not open_ones:
        messages.info(request, _("No list is left for you to post."))
        return redirect(back)
    communities = Community.objects.filter(pk__in=open_ones)
    asked = request.GET.get("community", "")
    alone = len(open_ones) == 1
    ticked = [each.community.code for each in open_ones.values() if alone or each.community.code == asked]
    data = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    initial = {"communities": ticked}
    form = forms.PostForm(*data, sheet=sheet, communities=communities, initial=initial)
    if form.is_valid():
        try:
            made = services.post(sheet=sheet, **form.cleaned_data, actor=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            words = {"names": _(", ").join(each.community.name for each in made), "day": form.cleaned_data["until"]}
            messages.success(request, _("Posted until %(day)s: %(names)s.") % words)
            return redirect(made[0] if len(made) == 1 else back)
    context = {
        "title": _("Post lists"),
        "trail": _trail(sheet),
        "back": back,
        "rows": [(each, form["communities"].data or form["communities"].initial) for each in open_ones.values()],
        "sheet": sheet,
        "month": month,
    }
    return answer(request, form, template="subsidies/notices/post.html", **context)


@require_safe
@permission_required(VIEW, raise_exception=True)
def notice(request, pk):
    user = request.user
    notice = get_object_or_404(FULL.visible_to(user), pk=pk)
    posting = notice_states.of(notice.sheet).get(notice.community_id)
    is_newest = bool(posting and posting.notice == notice)
    may = user.has_perm(POST, notice)
    objections = list(notice.objections.select_related("member", "received_by", "answered_by").order_by("id"))
    context = {
        "notice": notice,
        "month": Month.of(notice.sheet.month),
        "posting": posting if is_newest else None,
        "objections": objections,
        "photos": notice.photos.all(),
        "sees_objectors": user.has_perm("subsidies.view_objector", notice),
        "may": may and not notice.is_closed,
        "may_remove": may,
        "is_over": clock.today() > notice.until and all(each.answered_on for each in objections),
        "trail": _trail(notice.sheet),
        "others": Notice.objects.filter(sheet=notice.sheet, community=notice.community)
        .exclude(pk=notice.pk)
        .select_related("community", "sheet")
        .order_by("-id"),
    }
    return render(request, "subsidies/notices/notice.html", context)


class NoticePage(FormPage):
    """A form about a public notice, while it is not closed."""

    permission_required = POST
    records: Any = FULL
    template_name = "subsidies/notices/edit.html"
    keeps_input = True

    @property
    def notice(self) -> Notice:
        return self.record

    def get_record(self):
        if self.request.method == "POST":
            locks.hold(locks.WRITERS)  # before the row, as closing takes the two
        return super().get_record()

    def refusal(self):
        return _("The notice is closed; nothing of it is changed any more.") if self.notice.is_closed else ""

    def trail(self):
        return _trail(self.notice.sheet, (self.notice.get_absolute_url(), self.notice.community.name))

    def back_url(self):
        return self.notice.get_absolute_url()


class EditNotice(NoticePage, EditPage):
    """Change the place or the days, and add photos."""

    form_class = forms.NoticeForm
    title = gettext_lazy("Edit the notice")
    done = gettext_lazy("The notice is saved.")

    def changes(self, form):
        return bool(form.edited or form.cleaned_data["photos"])

    def act(self, form):
        services.change(form.instance, photos=form.cleaned_data["photos"], actor=self.actor)


class CloseNotice(NoticePage, ConfirmPage):
    template_name = "subsidies/notices/close.html"
    keeps_input = False
    title = submit = gettext_lazy("Close the notice")
    done = gettext_lazy("The notice of %(record)s is closed: %(result)s.")

    def words(self):
        return super().words() | {"result": self.notice.get_result_display()}

    def get_context(self):
        return {"problems": services.unfinished(self.notice), "consequences": CONSEQUENCES}

    def act(self, form):
        self.record = services.close(self.notice, actor=self.actor)


@require_http_methods(["GET", "POST"])
@permission_required(POST, raise_exception=True)
@transaction.atomic
def close_several(request, month, code):
    """Close all notices of a month whose period is over and whose objections are answered."""
    sheet = sheet_pages.find(request.user, month, code)
    own = notice_states.posted_by(request.user)
    over = [each for key, each in notice_states.of(sheet).items() if key in own and each.state == NoticeState.OVER]
    back = reverse("notices", args=[month, code])
    if not over:
        messages.info(request, _("No notice is left for you to close."))
        return redirect(back)
    names = _(", ").join(each.community.name for each in over)
    if request.method == "POST":
        try:
            services.close_all([each.notice for each in over if each.notice], actor=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Public notices closed: %(names)s.") % {"names": names})
        return redirect(back)
    context = {
        "title": _("Close the notices that are over"),
        "consequences": [names, *CONSEQUENCES],
        "submit": _("Close them"),
        "trail": _trail(sheet),
        "back": back,
    }
    return render(request, "subsidies/notices/close.html", context)


class AddObjection(NoticePage):
    form_class = forms.ObjectionForm
    title = gettext_lazy("Record an objection")
    done = gettext_lazy("The objection is recorded.")

    def get_form_kwargs(self):
        return {"instance": Objection(notice=self.notice)}

    def act(self, form):
        services.record_objection(form.instance, actor=self.actor)


class ObjectionPage(NoticePage):
    records = Objection.objects.select_related(
        "notice__sheet__subdistrict", "notice__sheet__standard", "notice__community"
    )

    @property
    def notice(self):
        return self.record.notice


class EditObjection(ObjectionPage, EditPage):
    form_class = forms.ObjectionForm
    title = gettext_lazy("Edit the objection")
    done = AddObjection.done
    act = AddObjection.act


class AnswerObjection(ObjectionPage):
    form_class = forms.AnswerForm
    title = gettext_lazy("Answer the objection")
    done = gettext_lazy("The objection is answered.")

    def get_form_kwargs(self):
        given = {name: getattr(self.record, name) for name in ("outcome", "answer", "answered_on")}
        return {"objection": self.record, "initial": given if self.record.answer else None}

    def get_context(self):
        return {"sentence": self.record.text}

    def act(self, form):
        services.answer(self.record, **form.cleaned_data, actor=self.actor)


# Photos --------------------------------------------------------------------------------------------------------


@require_safe
@permission_required(VIEW, raise_exception=True)
def photo(request, pk):
    row = get_object_or_404(NoticePhoto.objects.visible_to(request.user), pk=pk)
    return handed_out(row, store.get(row.digest), inline=True)


@require_http_methods(["GET", "POST"])
@permission_required(POST, raise_exception=True)
@transaction.atomic
def remove_photo(request, pk):
    """Delete a photo at any time, even from a closed notice: it may show private details."""
    rows = NoticePhoto.objects.select_related("notice__community__subdistrict", "notice__sheet")
    row = get_permitted(request, rows, POST, pk=pk)
    community = row.notice.community
    return removed(request, row, title=row.name, home=row.notice, trail=[community.subdistrict, community, row.notice])
