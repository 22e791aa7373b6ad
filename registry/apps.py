from importlib import import_module
from pathlib import Path

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self):
        import_declarations(self.name, "checks")
        import_declarations(self.name, "receivers")


def import_declarations(app: str, name: str) -> None:
    """Import the app's modules NAME.py and SUBJECT_NAME.py, in which its packages declare what others show or call."""
    root = Path(apps.get_app_config(app).path)
    for path in sorted(root.rglob("*.py")):
        if f"_{path.stem}".endswith(f"_{name}"):
            import_module(".".join([app, *path.relative_to(root).with_suffix("").parts]))
