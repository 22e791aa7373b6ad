"""Users: their names, who they are, and the filters of their list."""

from datetime import timedelta

import django_filters
from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import EditForm, Form, TypeAhead
from registry.access.posts import services as posts
from registry.access.posts.forms import Areas
from registry.models import Member, Post, Role, User

SOON = timedelta(days=60)  # a post that ends within so many days is shown


class UserForm(EditForm):
    class Meta:
        model = User
        fields = ["username", "name"]
        labels = {"username": gettext_lazy("Sign-in name"), "name": gettext_lazy("Name")}
        help_texts = {
            "username": gettext_lazy("Letters and digits, such as secretary.fumin; it is typed at each sign-in."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs |= {"data-first": "", "autocomplete": "off"}


class NewUserForm(UserForm):
    """A user to be added; with an identity provider, also one without a password here."""

    without_password = forms.BooleanField(
        label=gettext_lazy("Signs in at the identity provider alone, without a password here"), required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not settings.OIDC_ISSUER:
            del self.fields["without_password"]


class PersonForm(Form):
    """The member a user is."""

    member = forms.ModelChoiceField(
        label=gettext_lazy("Member"),
        queryset=Member.objects.none(),
        required=False,
        widget=TypeAhead,
        empty_label=gettext_lazy("none"),
    )

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = people


class UserFilter(django_filters.FilterSet):
    """Which users: by words, by the role and area of a post held today, and by what needs attention."""

    q = django_filters.CharFilter(label=gettext_lazy("Name or sign-in name"), method="by_words")
    role = django_filters.ChoiceFilter(label=gettext_lazy("Role"), method="by_role", empty_label=gettext_lazy("all"))
    area = django_filters.ChoiceFilter(
        label=gettext_lazy("Area"), method="by_area", empty_label=gettext_lazy("all"), widget=TypeAhead
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        method="by_state",
        empty_label=gettext_lazy("all"),
        choices=[
            ("active", gettext_lazy("may sign in")),
            ("disabled", gettext_lazy("disabled")),
            ("locked", gettext_lazy("locked now")),
            ("one_time", gettext_lazy("one-time password not yet changed")),
            ("never", gettext_lazy("never signed in")),
            ("ending", gettext_lazy("a post ends within 60 days")),
            ("without", gettext_lazy("no post today")),
            ("waiting", gettext_lazy("a post waits for a second person")),
        ],
    )

    class Meta:
        model = User
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        actor = self.request.user
        roles, _subdistricts = posts.giveable(actor)
        self.filters["role"].extra["choices"] = [(role.value, role.label) for role in Role if role in roles]
        self.areas = Areas(actor)
        city = [("city", gettext_lazy("the whole city"))] if actor.gives_every_post else []
        self.filters["area"].extra["choices"] = [*city, *self.areas.choices("subdistrict", "community")]

    def _holders(self, *conditions, **lookups):
        """Users who hold such a post today, of the posts in sight."""
        held = Post.objects.giveable_by(self.request.user).held_on(clock.today())
        return held.filter(*conditions, **lookups).values("user")

    def by_words(self, rows, name, value):
        return rows.filter(Q(username__icontains=value) | Q(name__icontains=value))

    def by_role(self, rows, name, value):
        return rows.filter(pk__in=self._holders(role=value))

    def by_area(self, rows, name, value):
        """Users with a post at the area or at one within it."""
        if value == "city":
            return rows.filter(pk__in=self._holders(subdistrict=None, community=None, group=None))
        kind, area = self.areas.chosen(value)
        if kind == "subdistrict":
            within = (
                Q(subdistrict=area) | Q(community__subdistrict=area) | Q(group__committee__community__subdistrict=area)
            )
        else:
            within = Q(community=area) | Q(group__committee__community=area)
        return rows.filter(pk__in=self._holders(within))

    def by_state(self, rows, name, value):
        today = clock.today()
        match value:
            case "active":
                return rows.filter(is_active=True)
            case "disabled":
                return rows.filter(is_active=False)
            case "locked":
                return rows.filter(is_locked=True)
            case "one_time":
                return rows.filter(must_change_password=True)
            case "never":
                return rows.filter(last_login=None)
            case "ending":
                return rows.filter(pk__in=self._holders(last_day__lte=today + SOON))
            case "waiting":
                waiting = Post.objects.giveable_by(self.request.user).waiting()
                return rows.filter(pk__in=waiting.values("user"))
            case _:
                held = Post.objects.held_on(today) | Post.objects.waiting()
                return rows.exclude(pk__in=held.values("user"))
