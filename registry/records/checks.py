"""System check: what a relation to a member has to declare, reported by manage.py check."""

from django.core.checks import Error, register

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
