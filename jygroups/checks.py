"""System checks of the whole project."""

from django.core import checks

from jygroups.lib import constraints


@checks.register(checks.Tags.database)
def rules_between_rows_are_in_the_database(databases=None, **kwargs):
    """A rule that a trigger holds is no rule while the trigger is missing."""
    return [
        checks.Warning(
            f"The database is without the trigger {name}.",
            hint="Run «manage.py migrate»: it installs the triggers again.",
            id="jygroups.W001",
        )
        for using in databases or []
        for name in constraints.missing(using)
    ]
