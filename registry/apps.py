from importlib import import_module
from pkgutil import walk_packages

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self):
        import_declarations(self.name, "checks")
        import_declarations(self.name, "receivers")


def import_declarations(app: str, name: str) -> None:
    """Import the app's modules NAME.py and SUBJECT_NAME.py, in which its packages declare what others show or call."""
    for found in walk_packages(import_module(app).__path__, f"{app}."):
        if f"_{found.name.rpartition('.')[2]}".endswith(f"_{name}"):
            import_module(found.name)
