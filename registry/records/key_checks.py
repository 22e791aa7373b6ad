"""System check: whether the environment has the keys that the database was written with, and nothing is of another."""

from itertools import chain, islice

from django.core.checks import Error, Tags, register
from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _

from registry.records import key_rotation, known_keys

REPORTED = 50  # values of other keys


@register(Tags.database)
def keys_are_those_of_the_database(databases=None, **kwargs) -> list[Error]:
    using = databases or []
    found = list(chain(*(known_keys.problems(each) or known_keys.due_in_words(each) for each in using)))
    if not found and DEFAULT_DB_ALIAS in using and known_keys.is_set_up():
        text = _("%(place)s: encrypted with another key than the first of DATA_KEYS; call «manage.py rotate_keys».")
        found = [text % {"place": place} for place in islice(key_rotation.of_other_keys(), REPORTED)]
    return [Error(text, id="registry.E010") for text in found]
