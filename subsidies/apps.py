from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from registry.apps import import_declarations


class SubsidiesConfig(AppConfig):
    name = "subsidies"
    verbose_name = _("Stipends")

    def declare_privacy(self):
        import_declarations(self.name, "privacy")

    def ready(self):
        import_declarations(self.name, "checks")
        import_declarations(self.name, "receivers")
        import_declarations(self.name, "fields")
