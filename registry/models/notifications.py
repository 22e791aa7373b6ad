"""Notifications: what changed for a user, and how it is sent outside."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib.encryption import BoundRows, EncryptedField, RowKeyField
from registry.models.areas import Subdistrict
from registry.models.base import Record


class Topic(models.TextChoices):
    """What a notification is about; each user chooses by topic what is sent by mail."""

    WAITS = "waits", _("something waits for my decision")
    DECIDED = "decided", _("something of mine was decided or returned")
    OVERDUE = "overdue", _("a stage of the month is overdue")
    BANK = "bank", _("the bank refused or sent back money")


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        return self.filter(user=user) if user.is_active else self.none()

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def of(self, record: models.Model) -> Self:
        return self.filter(model=record._meta.label_lower, key=record.pk)


class Notification(models.Model):
    """消息: what one user is notified of. Its words come from its kind, the area and the month: no person is named.

    The record is named by model and key: whether the user sees it is asked when the notification is shown.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notifications",
        verbose_name=_("user"),
        db_index=False,  # the two below begin with it
    )
    kind = models.CharField(_("kind"), max_length=40)  # of registry/notifications/kinds.py
    model = models.CharField(max_length=50)  # subsidies.sheet
    key = models.BigIntegerField()
    area = models.CharField(_("area"), max_length=120)
    subdistrict = models.ForeignKey(Subdistrict, models.PROTECT, related_name="+", null=True)  # empty: of the city
    month = models.DateField(_("month"), null=True)
    at = models.DateTimeField(_("at"))
    read_at = models.DateTimeField(_("read at"), null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index("user", "at", name="notification_of_user"),
            models.Index("user", "read_at", name="notification_by_reading"),  # the count of the bell
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "model", "key"], condition=Q(read_at=None), name="notification_unread_once"
            )
        ]

    def __str__(self):
        return f"{self.user_id} {self.kind} {self.key}"

    def get_absolute_url(self):
        return reverse("notification", args=[self.pk])


class Pace(models.TextChoices):
    """When a topic is sent by mail."""

    NEVER = "", _("not by mail")
    DAILY = "daily", _("once a day, together")
    AT_ONCE = "at_once", _("at once")


def _pace(topic: Topic) -> models.CharField:
    return models.CharField(topic.label, max_length=10, choices=Pace, blank=True, default=Pace.NEVER)


class SettingsQuerySet(models.QuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        return self.filter(user=user) if user.is_active else self.none()


class NotificationSettings(Record):
    """消息设置: to which address of mail a user wants what, and when; without a row nothing is sent."""

    changed_with = ""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_settings", verbose_name=_("user")
    )
    mail = models.EmailField(_("e-mail address"), blank=True)
    waits, decided, overdue, bank = map(_pace, Topic)

    objects = SettingsQuerySet.as_manager()

    class Meta:
        verbose_name = _("settings of notifications")
        verbose_name_plural = _("settings of notifications")
        ordering = ["user"]

    def __str__(self):
        return f"{self.user}"

    def topics(self, pace: Pace) -> list[Topic]:
        """What is sent at this pace; nothing without an address."""
        return [topic for topic in Topic if self.mail and getattr(self, topic) == pace]


class RobotForm(models.TextChoices):
    """The form in which a robot of a chat group takes messages."""

    WECOM = "wecom", _("WeCom (企业微信)")
    DINGTALK = "dingtalk", _("DingTalk (钉钉)")


class RobotQuerySet(BoundRows):
    def visible_to(self, user, perm: str = "") -> Self:
        return self.all() if user.has_perm(perm or "registry.view_robot") else self.none()


class Robot(Record):
    """群机器人: sends a chat group the notifications of its subdistrict; without one, those of the whole city.

    The address holds the key to the group, so it is encrypted as the secret is.
    """

    name = models.CharField(_("name"), max_length=50, unique=True)
    form = models.CharField(_("form"), max_length=10, choices=RobotForm)
    address = EncryptedField(_("address"))
    secret = EncryptedField(_("secret"), blank=True)
    row_key = RowKeyField()
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("subdistrict"),
        help_text=_("Empty: what the city's own roles are told, of all subdistricts."),
    )  # fmt: skip
    is_active = models.BooleanField(_("switched on"), default=False)

    objects = RobotQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat robot")
        verbose_name_plural = _("chat robots")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("robot-edit", args=[self.pk])


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("to be sent")
    SENT = "sent", _("delivered")
    FAILED = "failed", _("sending given up")


class DeliveryQuerySet(models.QuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        return self.all() if user.has_perm(perm or "registry.view_delivery") else self.none()


class Delivery(models.Model):
    """发送记录: a message to a user's address of mail or to a robot, its attempts and its outcome."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="deliveries", null=True, verbose_name=_("by mail to")
    )
    robot = models.ForeignKey(
        Robot, models.PROTECT, related_name="deliveries", null=True, verbose_name=_("by robot")
    )  # fmt: skip
    text = models.TextField(_("text"))
    digest_of = models.DateField(_("day of the digest"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    at = models.DateTimeField(_("at"))
    next_at = models.DateTimeField(_("next attempt"))
    outcome = models.CharField(_("outcome"), max_length=200, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        indexes = [
            models.Index("next_at", name="delivery_waiting", condition=Q(state=DeliveryState.WAITING)),
        ]
        constraints = [
            models.CheckConstraint(
                name="delivery_by_one_way",
                condition=Q(user=None, robot__isnull=False) | Q(user__isnull=False, robot=None),
            ),
            models.UniqueConstraint(
                fields=["user", "digest_of"], condition=~Q(digest_of=None), name="delivery_one_digest_a_day"
            ),
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M} {self.state}"
