from importlib import import_module
from pkgutil import walk_packages

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self):
        import_declarations(self.name, "checks")


def import_declarations(app: str, name: str) -> None:
    """Import the app's modules of this name, in which its packages declare what other packages show."""
    for found in walk_packages(import_module(app).__path__, f"{app}."):
        if found.name.rpartition(".")[2] == name:
            import_module(found.name)
