"""An operation for migrations that create many tables."""

from django.db.migrations.operations import CreateModel, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation


class CreateTogether(SeparateDatabaseAndState):
    """Create the tables of all the models among the operations, each as it is after the last of them.

    One by one, Django would render every model again after each operation, which for a hundred tables takes longer
    than all else that a new database needs.
    """

    def __init__(self, operations: list[Operation]):
        super().__init__(state_operations=operations)
        self.models = [each for each in operations if isinstance(each, CreateModel)]

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # it is rendered once more, when all is in it
        super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for each in self.models:
            each.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for each in reversed(self.models):
            each.database_backwards(app_label, schema_editor, from_state, to_state)
