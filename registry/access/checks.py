"""System check: what a record has to declare about its permissions, reported by manage.py check."""

from django.apps import apps
from django.core.checks import Error, register

from registry.models import Record
from registry.models.roles import roles_with


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
