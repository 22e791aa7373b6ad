"""System check: whether the environment has the keys that the database was written with."""

from django.core.checks import Error, Tags, register

from registry.records import known_keys


@register(Tags.database)
def keys_are_those_of_the_database(databases=None, **kwargs) -> list[Error]:
    found = (text for using in databases or [] for text in known_keys.problems(using) or known_keys.waiting(using))
    return [Error(text, id="registry.E010") for text in found]
