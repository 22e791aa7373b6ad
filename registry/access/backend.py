"""The one backend that answers which permissions a user has, in general and on a record."""

from django.contrib.auth.backends import ModelBackend
from django.db.models import Exists, Model, OuterRef

from registry.models import SecondFactor, User
from registry.models.roles import PERMISSIONS


class PostsBackend(ModelBackend):
    """Permissions of a user: those of the posts held today, and all for the superuser kept for repair."""

    def get_user(self, user_id) -> User | None:
        """The user of a session, read together with the state of the second factor."""
        factor = SecondFactor.objects.filter(user=OuterRef("pk"), confirmed_at__isnull=False)
        users = User.objects.annotate(
            has_second_factor=Exists(factor), must_note_codes=Exists(factor.filter(codes_noted=False))
        )
        user = users.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj, obj=None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj)
        return set().union(*(PERMISSIONS[post.role] for post in user_obj.posts_today))

    def has_perm(self, user_obj, perm: str, obj: Model | None = None) -> bool:
        """Whether a post gives the permission; with a record, whether it does so for that one: one query.

        The record's own queryset decides (`visible_to`), so that a page and a list cannot disagree.
        """
        if obj is None:
            return super().has_perm(user_obj, perm)
        return type(obj)._default_manager.visible_to(user_obj, perm).filter(pk=obj.pk).exists()  # type: ignore[attr-defined]
