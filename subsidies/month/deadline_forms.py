"""The form of a month's deadlines, or of the usual ones."""

from jygroups.lib.forms import EditForm
from subsidies.models import Deadlines


class DeadlinesForm(EditForm):
    class Meta:
        model = Deadlines
        fields = ["confirm_day", "submit_day", "approve_day"]
