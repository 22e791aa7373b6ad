"""Members: the people in office, and when they were employed elsewhere."""

from typing import Any, Self

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Replace
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib import cells, clock, id_numbers, names
from jygroups.lib.encryption import BlindIndexField, EncryptedField, RowKeyField, blind_index
from registry.models.areas import Community, ScopedQuerySet
from registry.models.base import Blanked, Record, days_in_order


class Sex(models.TextChoices):
    FEMALE = "female", _("female")
    MALE = "male", _("male")


class Source(models.TextChoices):
    """人员来源: the workforce a member is drawn from 〔三(二)〕."""

    COMMUNITY_STAFF = "community_staff", _("community staff")
    GRID_WORKER = "grid_worker", _("joint-defence (grid) worker")
    ASSISTANT = "assistant", _("public-service assistant")
    NO_EMPLOYMENT_FAMILY = "no_employment_family", _("from a family without employment")
    OTHER = "other", _("other")


ERASED = "***"  # in the place of a name
CONTACT: dict[str, str | None] = {"phone": "", "bank": "", "account": "", "account_index": ""}
IDENTITY: dict[str, str | None] = {
    "name": ERASED, "pinyin": "", "initials": "", "id_number": "", "id_number_index": None, "birth_date": None,
    "sex": "", "source": "", **CONTACT,
}  # fmt: skip


class MemberQuerySet(ScopedQuerySet):
    scope_path = "community"

    def visible_to(self, user, perm: str = "") -> Self:
        """People whose record is in a community of the user's, or, to see them only, who hold or held office there.

        Whose record was merged into another's is visible as that other; whose identity is erased, only to be seen.
        """
        if not user.is_active:
            return self.none()
        whole, reach = self.filter(merged_into=None), user.reach(perm)
        if not reach.is_sight:
            whole = whole.filter(erased_at=None)
        if reach.everywhere:
            return whole
        found = Q(community__in=reach.communities)
        if reach.is_sight:
            appointments = apps.get_model("registry", "Appointment")  # its module imports this one
            found |= Q(pk__in=appointments.objects.visible_to(user, perm).values("member")) | Q(pk=user.member_id)
        return whole.filter(found)

    def search(self, words: str) -> Self:
        """People whose name holds the words, or whose pinyin or initials begin with them: 建荣, li jian, ljr."""
        letters, words = cells.plain(words).lower(), names.searched(words)
        joined = Replace("pinyin", Value(" "), Value(""))
        rows = self.alias(joined=joined)
        return rows.filter(Q(name__icontains=words) | Q(joined__startswith=letters) | Q(initials__startswith=letters))

    def with_id_numbers(self, numbers) -> list:
        """The people who have these ID numbers; found without opening any other row."""
        found = self.in_bulk({blind_index(number) for number in numbers}, field_name="id_number_index")
        return [*found.values()]


class Member(Record):
    """成员: a person who holds or held an office, once in the city whatever the number of offices."""

    history_page = "member"
    blanked = (Blanked("keep_contact", CONTACT), Blanked("keep_identity", IDENTITY))

    name = models.CharField(_("full name"), max_length=names.LONGEST, validators=[names.validate_name])
    pinyin = models.CharField(max_length=500, editable=False, db_index=True)
    initials = models.CharField(max_length=names.LONGEST, editable=False, db_index=True)
    id_number = EncryptedField(_("ID number"))
    id_number_index = BlindIndexField(source="id_number", unique=True, null=True)
    birth_date = models.DateField(_("birth date"), editable=False, null=True)  # none of who is erased
    sex = models.CharField(_("sex"), max_length=6, choices=Sex, editable=False)
    phone = EncryptedField(
        _("phone"),
        blank=True,
        validators=[RegexValidator(r"^(1\d{10}|(0\d{2,3}-?)?\d{7,8})$", _("A mobile of 11 digits or a landline."))],
    )
    bank = models.CharField(_("bank"), max_length=100, blank=True)
    account = EncryptedField(
        _("bank account"),
        blank=True,
        validators=[RegexValidator(r"^\d{12,23}$", _("An account number has 12 to 23 digits."))],
    )
    account_index = BlindIndexField(source="account", db_index=True)
    row_key = RowKeyField()
    source = models.CharField(_("source"), max_length=20, choices=Source, blank=True)
    community = models.ForeignKey(Community, models.PROTECT, related_name="members", verbose_name=_("record kept by"))
    # What was the same person twice: the row stays for the sheets that name it, and holds no office any more.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, related_name="merged", null=True, blank=True, verbose_name=_("merged into")
    )

    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)  # of the person's identity

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["pinyin", "name", "id"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("member", args=[self.pk])

    @classmethod
    def entered(cls) -> list[str]:
        """The fields that people fill in about the person: those of the form."""
        fields = [each for each in cls._meta.concrete_fields if each.editable and not each.primary_key]
        return [each.name for each in fields if not each.is_relation]

    @classmethod
    def facts(cls) -> list[str]:
        """Those of them that the page and the lists show as they are: not the name, numbers and their bank."""
        encrypted = {each.name for each in cls._meta.concrete_fields if isinstance(each, EncryptedField)}
        return [name for name in cls.entered() if name not in {"name", "bank", *encrypted}]

    def clean_fields(self, exclude=None):
        self.id_number = id_numbers.normalised(self.id_number)
        errors: dict[str, Any] = {}
        try:
            self.name = names.normalised(self.name)
        except ValueError as error:
            errors["name"] = str(error)
        try:
            id_numbers.check(self.id_number, today=clock.today())
        except ValueError as error:
            errors["id_number"] = str(error)
        try:
            super().clean_fields({*(exclude or ()), *errors})
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def clean(self):
        # The index is no field of any form, so its uniqueness is asked here.
        if Member.objects.filter(id_number_index=self.id_number_index).exclude(pk=self.pk).exists():
            raise ValidationError({"id_number": _("Already on the register; ask the subdistrict office.")})

    def derive(self) -> None:
        """Set the fields that follow from name and ID number; save() calls it, bulk writes call it themselves."""
        self.pinyin = names.pinyin(self.name)
        self.initials = names.initials(self.pinyin)
        self.birth_date = id_numbers.birth_date(self.id_number)
        self.sex = Sex.MALE if id_numbers.is_male(self.id_number) else Sex.FEMALE

    def save(self, *args, update_fields=None, **kwargs):
        self.derive()
        if update_fields is not None:
            update_fields = {*update_fields, "pinyin", "initials", "birth_date", "sex"}
        super().save(*args, update_fields=update_fields, **kwargs)


class EmploymentQuerySet(ScopedQuerySet):
    scope_path = "member__community"

    def visible_to(self, user, perm: str = "") -> Self:
        return self.filter(member__in=Member.objects.visible_to(user, perm))


class EmploymentKind(models.TextChoices):
    UNIT = "unit", _("employed by a unit")
    SELF = "self", _("self-employed")
    OTHER = "other", _("other")


class EmploymentSpell(Record):
    """在职: days on which the member is employed elsewhere, and so not paid 〔三(三) 非在职〕; both ends inclusive."""

    history_page = "employment"
    blanked = (Blanked("keep_identity", {"employer": "", "evidence": ""}, key="member_id"),)

    member = models.ForeignKey(Member, models.PROTECT, related_name="employment_spells", verbose_name=_("member"))
    employer = models.CharField(_("employer"), max_length=100, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=EmploymentKind, default=EmploymentKind.UNIT)
    first_day = models.DateField(
        _("first day"), null=True, blank=True, help_text=_("Empty: employed since before anything we know.")
    )
    last_day = models.DateField(_("last day"), null=True, blank=True, help_text=_("Empty: employed still."))
    evidence = models.CharField(_("evidence"), max_length=200, blank=True)

    objects = EmploymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("employment spell")
        verbose_name_plural = _("employment spells")
        ordering = ["member", "first_day"]
        constraints = [days_in_order("employment_days_in_order")]

    def __str__(self):
        return f"{self.employer or self.get_kind_display()} {self.first_day or '…'} – {self.last_day or '…'}"

    def covers(self, day) -> bool:
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day <= self.last_day)
