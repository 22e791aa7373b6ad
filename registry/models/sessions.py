"""The sessions of the site, each with whose it is, since when, from where and with which device."""

from importlib import import_module

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.crypto import salted_hmac


class Session(AbstractBaseSession):
    """登录会话. Its key lets in, so no page shows it: `number` stands for it there."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions", null=True)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=300, blank=True)  # as the browser names itself
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    class Meta(AbstractBaseSession.Meta):
        ordering = ["-seen_at"]

    @classmethod
    def get_session_store_class(cls):
        return import_module(settings.SESSION_ENGINE).SessionStore

    @property
    def number(self) -> str:
        """What stands for the session in addresses; of no use to sign in."""
        return salted_hmac("session number", self.session_key).hexdigest()[:32]
