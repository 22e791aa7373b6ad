"""Signatures: the users who took the steps of a row."""

from django.conf import settings
from django.db import models


def signature(name, *, editable: bool = False) -> models.ForeignKey:
    """The user who took a step; empty before the step, or if a command took it."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=editable,
        verbose_name=name,
    )
