"""The admin: for the system administrator (users and posts) and, with a superuser, for repair."""

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from jygroups.lib import clock, id_numbers
from registry.access.passwords.forms import SignInForm
from registry.models import (
    Appointment,
    AuditEntry,
    Building,
    Community,
    EmploymentSpell,
    Member,
    Post,
    Provision,
    ResidentsCommittee,
    ResidentsGroup,
    Role,
    Subdistrict,
    Term,
    User,
)

admin.site.unregister(Group)  # permissions come from posts
admin.site.site_header = admin.site.site_title = _("Administration and repair")


class StaffSignIn(SignInForm, AdminAuthenticationForm):
    """The site's form for staff alone."""


admin.site.login_form = StaffSignIn


class Scoped(admin.ModelAdmin):
    """Rows, and choices of related rows, begin with what the user may see."""

    list_per_page = 50

    def get_queryset(self, request):
        queryset = super().get_queryset(request)
        return queryset.visible_to(request.user) if hasattr(queryset, "visible_to") else queryset

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        manager = db_field.remote_field.model._default_manager
        if hasattr(manager, "visible_to"):
            kwargs.setdefault("queryset", manager.visible_to(request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ScopedAdmin(Scoped, SimpleHistoryAdmin):
    """The same for rows whose versions are kept: their history is a page of its own."""


@admin.register(Subdistrict)
class SubdistrictAdmin(ScopedAdmin):
    list_display = ["code", "name"]
    search_fields = ["code", "name"]


@admin.register(Community)
class CommunityAdmin(ScopedAdmin):
    list_display = ["code", "name", "subdistrict"]
    list_filter = ["subdistrict"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["subdistrict", "party_secretary"]


@admin.register(ResidentsCommittee)
class ResidentsCommitteeAdmin(ScopedAdmin):
    list_display = ["__str__", "established_on"]
    list_select_related = ["community"]
    list_filter = ["community__subdistrict"]
    search_fields = ["community__code", "community__name"]
    autocomplete_fields = ["community"]


@admin.register(Term)
class TermAdmin(ScopedAdmin):
    list_display = ["ordinal", "first_day", "last_day"]
    search_fields = ["ordinal"]


@admin.register(Provision)
class ProvisionAdmin(ScopedAdmin):
    """Also what a law decides: entered here, or with the city's folder, when the law changes."""

    list_display = ["key", "words", "in_force_from", "clause"]
    list_filter = ["key"]


@admin.register(ResidentsGroup)
class ResidentsGroupAdmin(ScopedAdmin):
    list_display = ["name", "committee", "established_on", "dissolved_on", "placeholder"]
    list_select_related = ["committee__community"]
    list_filter = ["placeholder", "committee__community__subdistrict"]
    search_fields = ["name", "committee__community__name"]
    autocomplete_fields = ["committee"]


@admin.register(Building)
class BuildingAdmin(ScopedAdmin):
    list_display = ["name", "community", "kind", "group", "households", "residents"]
    list_select_related = ["community", "group"]
    list_filter = ["kind", "community__subdistrict"]
    search_fields = ["name", "community__name"]
    autocomplete_fields = ["community", "group"]


class EmploymentInline(admin.TabularInline):
    model = EmploymentSpell
    extra = 0
    exclude = ["version"]


class AppointmentInline(admin.TabularInline):
    model = Appointment
    extra = 0
    autocomplete_fields = ["committee", "group", "term"]
    exclude = ["note"]


@admin.register(Member)
class MemberAdmin(ScopedAdmin):
    list_display = ["name", "masked_id_number", "sex", "birth_date", "community"]
    list_select_related = ["community"]
    list_filter = ["sex", "source", "community__subdistrict"]
    search_fields = ["name", "pinyin", "initials"]
    search_help_text = _("Name, pinyin, initials or a whole ID number")
    autocomplete_fields = ["community"]
    readonly_fields = ["pinyin", "birth_date", "sex", "merged_into"]
    inlines = [EmploymentInline, AppointmentInline]

    @admin.display(description=_("ID number"))
    def masked_id_number(self, member):
        return id_numbers.masked(member.id_number)

    def get_search_results(self, request, queryset, search_term):
        if found := Member.objects.with_id_numbers([id_numbers.normalised(search_term)]):
            return queryset.filter(pk=found[0].pk), False
        return super().get_search_results(request, queryset, search_term)


@admin.register(EmploymentSpell)
class EmploymentSpellAdmin(ScopedAdmin):
    list_display = ["member", "employer", "kind", "first_day", "last_day"]
    list_select_related = ["member"]
    list_filter = ["kind"]
    search_fields = ["member__name", "member__pinyin", "employer"]
    autocomplete_fields = ["member"]


@admin.register(Appointment)
class AppointmentAdmin(ScopedAdmin):
    list_display = ["member", "position", "committee", "group", "first_day", "last_day", "end_reason"]
    list_select_related = ["member", "committee__community", "group"]
    list_filter = ["position", "end_reason", "committee__community__subdistrict"]
    search_fields = ["member__name", "member__pinyin", "committee__community__name"]
    autocomplete_fields = ["member", "committee", "group", "term"]


class ReadOnly:
    """Shown, and changed elsewhere."""

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission


class PostInline(ReadOnly, admin.TabularInline):
    """Given on the pages alone, where a second person agrees to those with power."""

    model = Post
    fk_name = "user"
    extra = 0


class HeldRole(admin.SimpleListFilter):
    """The role of a post in effect today."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request, model_admin):
        return Role.choices

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        held = Post.objects.held_on(clock.today()).filter(role=self.value())
        return queryset.filter(pk__in=held.values("user"))


@admin.register(User)
class PeopleAdmin(ScopedAdmin, UserAdmin):
    """Users. Who keeps them cannot make a superuser: that is done on the machine alone.

    Users are added, and get a one-time password, on the pages for it, which log it.
    """

    list_display = ["username", "name", "is_active", "last_login"]
    list_filter = ["is_active", HeldRole]
    search_fields = ["username", "name"]
    ordering = ["username"]
    fieldsets = [
        (None, {"fields": ["username", "password", "name"]}),
        (_("Access"), {"fields": ["is_active", "is_staff"]}),
    ]
    filter_horizontal = []
    inlines = [PostInline]

    def get_queryset(self, request):
        queryset = super().get_queryset(request)
        return queryset if request.user.is_superuser else queryset.filter(is_superuser=False)

    def has_add_permission(self, request):
        return False

    def user_change_password(self, request, id, form_url=""):
        return redirect("user-password", id)

    def has_delete_permission(self, request, obj=None):
        """Never: who has left is deactivated, and what that user did keeps the name."""
        return False


@admin.register(Post)
class PostAdmin(ReadOnly, ScopedAdmin):
    list_display = ["user", "role", "area", "first_day", "last_day", "state"]
    list_select_related = ["user", "subdistrict", "community", "group"]
    list_filter = ["role", "state"]
    search_fields = ["user__username", "user__name"]


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """To read; entries are neither made nor changed here."""

    list_display = ["at", "user", "address", "act", "subject"]
    list_select_related = ["user"]
    list_filter = ["act"]
    search_fields = ["subject", "user__username"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    has_delete_permission = has_change_permission
