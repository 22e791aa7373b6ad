"""The days and the new provision that tests of provisions share."""

from datetime import date, timedelta

from registry.models import Provision, ProvisionKey

TODAY = date(2026, 11, 20)
CHANGE = date(2027, 1, 1)
EVE = CHANGE - timedelta(days=1)
K = ProvisionKey


def provision(key, day=CHANGE, **fields) -> Provision:
    return Provision.objects.create(key=key, in_force_from=day, clause="新文件", **fields)
