from importlib import import_module
from pathlib import Path

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def declare_privacy(self):
        import_declarations(self.name, "privacy")

    def ready(self):
        import_declarations(self.name, "checks")
        import_declarations(self.name, "receivers")
        from jygroups.lib import key_use
        from registry.records import known_keys

        key_use.CHECKS = [known_keys.refuse_wrong_keys]
        post_migrate.connect(known_keys.record_after_migrate, sender=self)


def modules(app: str, name: str) -> list[str]:
    """The app's modules NAME.py and SUBJECT_NAME.py, in which its packages declare what others show or call."""
    root = Path(apps.get_app_config(app).path)
    paths = [path for path in sorted(root.rglob("*.py")) if f"_{path.stem}".endswith(f"_{name}")]
    return [".".join([app, *path.relative_to(root).with_suffix("").parts]) for path in paths]


def import_declarations(app: str, name: str) -> None:
    for module in modules(app, name):
        import_module(module)
