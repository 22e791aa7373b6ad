"""A user's own notifications, and what of them is sent by mail."""

from itertools import groupby

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from jygroups.lib import clock
from registry.models import Notification, NotificationSettings
from registry.notifications import services
from registry.notifications.forms import SettingsForm
from registry.records.list_pages import ROWS
from registry.records.pages import EditPage


@require_safe
def notifications(request):
    """The user's notifications by day, the newest first."""
    own = Notification.objects.visible_to(request.user)
    page = Paginator(own, ROWS).get_page(request.GET.get("page"))
    shown = services.shown(request.user, page.object_list)
    days = [(day, list(of_day)) for day, of_day in groupby(shown, key=lambda each: localdate(each.row.at))]
    context = {"page": page, "days": days, "today": clock.today()}
    return render(request, "registry/notifications/notifications.html", context)


@require_safe
def open_notification(request, pk):
    """Go on to what it is about; with that it is read."""
    row = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    [shown] = services.shown(request.user, [row])
    if row.read_at is None:
        row.read_at = clock.now()
        row.save(update_fields=["read_at"])
    return redirect(shown.url or "notifications")


@require_POST
def mark_read(request):
    Notification.objects.visible_to(request.user).unread().update(read_at=clock.now())
    return redirect("notifications")


class Settings(EditPage):
    """What the user wants by mail; nothing, until it is chosen here."""

    form_class = SettingsForm
    title = gettext_lazy("Messages by mail")
    sentence = gettext_lazy(
        "A message names what, where and which month, with a link to sign in; it never names a person."
    )
    submit = gettext_lazy("Save")
    done = gettext_lazy("Saved.")
    back = "notifications"
    reason = gettext_lazy("own settings")

    def has_permission(self):
        return True  # every user's own

    def get_record(self):
        rows = NotificationSettings.objects.visible_to(self.actor)
        if self.request.method == "POST":
            rows = rows.select_for_update()
        return rows.first() or NotificationSettings(user=self.actor)

    def changes(self, form):
        return bool(form.edited)
