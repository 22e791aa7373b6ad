"""Templates of documents: files with placeholders, which are filled with what is registered."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models.areas import Community, ScopedQuerySet, Subdistrict
from registry.models.files import StoredFile


class DocumentTemplateQuerySet(ScopedQuerySet):
    def within(self, reach) -> Q:
        """One's own, and to see, those of the areas around it: of the subdistrict and of the city."""
        own = Q(community__in=reach.communities) | Q(subdistrict__in=reach.subdistricts)
        if not reach.is_sight:
            return own
        around = Subdistrict.objects.filter(communities__in=reach.communities)
        return own | Q(subdistrict__in=around.values("pk")) | Q(subdistrict=None, community=None)


class DocumentTemplate(StoredFile):
    """表格模板: a .docx or .xlsx with placeholders, for a community, a subdistrict or (neither) the whole city."""

    history_page = "document-template"
    changed_with = "registry.add_documenttemplate"

    title = models.CharField(_("title"), max_length=100)
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("subdistrict")
    )
    community = models.ForeignKey(
        Community, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("community")
    )
    fields = models.JSONField(_("fields"), default=list, editable=False, help_text=_("Names of its placeholders."))

    objects = DocumentTemplateQuerySet.as_manager()

    class Meta(StoredFile.Meta):
        abstract = False
        verbose_name = _("document template")
        verbose_name_plural = _("document templates")
        ordering = ["title", "id"]
        constraints = [
            models.CheckConstraint(
                name="document_template_of_one_area",
                condition=Q(subdistrict=None) | Q(community=None),
                violation_error_message=_("A template is for a subdistrict or for a community, not for both."),
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("document-template", args=[self.pk])

    @property
    def ending(self) -> str:
        """docx or xlsx."""
        return self.name.rpartition(".")[2].lower()

    @property
    def area(self) -> Subdistrict | Community | None:
        """Where it is used; None for the whole city."""
        return self.community or self.subdistrict
