from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate

from jygroups.lib import constraints, grants


class JygroupsConfig(AppConfig):
    name = "jygroups"

    def ready(self):
        from jygroups import checks  # noqa: F401  registers itself

        # Signals are sent for apps with models alone; one of them stands for all.
        pre_migrate.connect(constraints.remove_triggers, sender=apps.get_app_config("registry"))
        post_migrate.connect(constraints.install_triggers, sender=apps.get_app_config("registry"))
        post_migrate.connect(grants.renew, sender=apps.get_app_config("registry"))
