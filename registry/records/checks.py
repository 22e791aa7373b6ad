"""System checks: what a record or a relation has to declare, reported by manage.py check."""

from django.apps import apps
from django.core.checks import Error, register

from registry.access.roles import roles_with
from registry.models import Record
from registry.records import merging


@register()
def relations_to_members_have_a_merge_rule(app_configs, **kwargs) -> list[Error]:
    found = merging.relations()
    hint = "Declare what merging two records does to it: registry.records.merging.on_merge."
    missing = [
        Error(f"{label} refers to a member, and its rows cannot just be moved.", hint=hint, id="registry.E001")
        for label, field in found.items()
        if label not in merging.RULES and merging.needs_rule(field)
    ]
    return missing + [
        Error(f"There is a merge rule for {label}, which refers to no member.", id="registry.E002")
        for label in merging.RULES.keys() - found.keys()
    ]


@register()
def records_say_who_sees_and_changes_them(app_configs, **kwargs) -> list[Error]:
    """Every record's manager answers `visible_to`; the permission to change it is one that some role has."""
    errors = []
    for model in apps.get_models():
        if not issubclass(model, Record):
            continue
        if not hasattr(model._default_manager, "visible_to"):
            errors.append(Error("Its default manager has no visible_to.", obj=model, id="registry.E003"))
        if (needed := model.change_permission()) and not roles_with(needed):
            text = f"No role has the permission to change it, {needed}: declare changed_with."
            errors.append(Error(text, obj=model, id="registry.E004"))
    return errors
