from importlib import import_module
from pkgutil import walk_packages

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self):
        import_declarations(self, "checks", "todo")


def import_declarations(app: AppConfig, *modules: str) -> None:
    """Import the app's modules of these names, in which packages declare what other packages show."""
    for found in walk_packages(app.module.__path__, f"{app.name}."):  # type: ignore[union-attr]
        if found.name.rpartition(".")[2] in modules:
            import_module(found.name)
