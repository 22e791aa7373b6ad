"""System checks of the whole project."""

from django.conf import settings
from django.core import checks
from django.db import connections

from jygroups.lib import client, constraints, grants


@checks.register(checks.Tags.database)
def rules_between_rows_are_in_the_database(databases=None, **kwargs):
    """A rule that a trigger holds is no rule while the trigger is missing."""
    hint = "Run «manage.py migrate»: it installs the triggers again."
    found = {using: constraints.missing(using) for using in databases or []}
    return [
        checks.Warning(f"The database is without the triggers {', '.join(names)}.", hint=hint, id="jygroups.W001")
        for names in found.values()
        if names
    ]


@checks.register(checks.Tags.database, deploy=True)
def the_sites_role_may_do_no_more_than_its_work(databases=None, **kwargs):
    """Guards are none for the role that can remove them."""
    return [
        warning
        for using in databases or []
        if connections[using].vendor == "postgresql"
        for warning in _excessive_privileges(connections[using])
    ]


def _excessive_privileges(connection) -> list[checks.Warning]:
    role = grants.current_role(connection)
    if grants.is_owner(role, connection):
        hint = (
            "Make a second role for the site (CREATE ROLE … LOGIN), call «manage.py grant_application ROLE» as now, "
            "and let the site's DATABASE_URL name that role; keep this one for migrations."
        )
        text = f"The site's role {role} owns the tables or is a superuser: it can remove every guard."
        return [checks.Warning(text, hint=hint, id="jygroups.W003")]
    hint = f"Call «manage.py grant_application {role}» as the owner of the database."
    return [
        checks.Warning(
            f"The site's role {role} on {table}: too much {more or 'nothing'}, missing {less or 'nothing'}.",
            hint=hint,
            id="jygroups.W004",
        )
        for table, (more, less) in grants.differences(connection).items()
    ]


@checks.register(checks.Tags.security)
def trusted_proxies_are_addresses(app_configs, **kwargs):
    try:
        client.Proxies.read(settings.TRUSTED_PROXIES)
    except ValueError as error:
        hint = "Addresses or networks such as 10.0.0.5,10.1.0.0/16, comma-separated; unix for a local socket."
        return [checks.Error(f"TRUSTED_PROXIES: {error}.", hint=hint, id="jygroups.E001")]
    return []


@checks.register(checks.Tags.security, deploy=True)
def a_proxy_is_named_behind_https(app_configs, **kwargs):
    """The site itself speaks no HTTPS: behind a proxy that is not named all clients have the proxy's address."""
    if not settings.HTTPS or settings.TRUSTED_PROXIES:
        return []
    return [
        checks.Warning(
            "HTTPS is on and TRUSTED_PROXIES is empty: all users have the address of the proxy, in the audit log and "
            "for the limits of sign-ins.",
            hint="Set TRUSTED_PROXIES to the address of the reverse proxy.",
            id="jygroups.W002",
        )
    ]
