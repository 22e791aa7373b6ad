"""For the administrator: the chat robots, and the log of what was sent."""

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from registry.models import Delivery, DeliveryState, Robot
from registry.notifications import deliveries
from registry.notifications.forms import RobotEditForm
from registry.notifications.tables import DeliveryTable
from registry.records.filters import Choice
from registry.records.list_pages import ListPage
from registry.records.pages import EditPage, Link

CHANGE = "registry.change_robot"


class DeliveryFilter(django_filters.FilterSet):
    state = Choice(choices=DeliveryState, label=gettext_lazy("State"))

    class Meta:
        model = Delivery
        fields: list[str] = []


class Log(ListPage):
    """Each message by mail or robot with its outcome."""

    model = Delivery
    permission_required = "registry.view_delivery"
    table_class = DeliveryTable
    filterset_class = DeliveryFilter
    title = gettext_lazy("Messages sent")
    empty = gettext_lazy("Nothing has been sent yet: users choose mail in their settings, robots are added here.")
    links = (Link("robots", gettext_lazy("Chat robots"), "registry.view_robot"),)

    def get_queryset(self):
        return super().get_queryset().select_related("user", "robot")


@require_safe
@permission_required("registry.view_robot", raise_exception=True)
def robots(request):
    rows = Robot.objects.visible_to(request.user).select_related("subdistrict")
    return render(request, "registry/notifications/robots.html", {"robots": rows})


class EditRobot(EditPage):
    permission_required = CHANGE
    records = Robot.objects.all()
    form_class = RobotEditForm
    title = gettext_lazy("Edit %(record)s")
    submit = gettext_lazy("Save")
    done = gettext_lazy("Saved.")
    back = "robots"
    parent = "deliveries"
    reason = gettext_lazy("chat robot changed")


class AddRobot(EditRobot):
    permission_required = "registry.add_robot"
    title = gettext_lazy("Add a chat robot")
    reason = gettext_lazy("chat robot added")

    def get_record(self):
        return Robot()


@require_POST
@permission_required(CHANGE, raise_exception=True)
def test(request, pk):
    """Send a test message, and say what came of it."""
    robot = get_object_or_404(Robot.objects.visible_to(request.user, CHANGE), pk=pk)
    row = deliveries.test(robot)
    words = {"robot": robot, "outcome": row.outcome}
    if row.state == DeliveryState.SENT:
        messages.success(request, _("%(robot)s took the test message: %(outcome)s") % words)
    else:
        messages.error(request, _("%(robot)s did not take the test message: %(outcome)s") % words)
    return redirect("robots")
