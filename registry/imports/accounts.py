"""What became of the rows of a file, so that none is lost."""

from collections import Counter
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets import row_kinds
from jygroups.lib.spreadsheets.file_tables import FileTable


@dataclass(frozen=True)
class Account:
    """What became of each row of the file's sheet: rows = read + skipped + refused."""

    rows: int
    read: int
    refused: int
    skipped: dict[str, int]  # by reason in words

    @classmethod
    def of(cls, table: FileTable, *, read: int, refused: int, examples: int = 0, prefilled: int = 0) -> "Account":
        """`examples` and `prefilled` are rows that the table counts and the import skipped."""
        reasons = Counter(str(row_kinds.WORDS[each.reason]) for each in table.body.skipped)
        if table.shape is None:
            reasons[_("other")] = len(table.rows) - len(table.body.rows)
        reasons[_("the template's example")] += examples
        reasons[_("rows about nobody")] += prefilled
        return cls(len(table.rows), read, refused, {reason: count for reason, count in reasons.items() if count})

    def with_refused(self, count: int) -> "Account":
        """With so many of the rows that the user leaves out counted as refused."""
        left_out = str(row_kinds.WORDS[row_kinds.Reason.LEFT_OUT])
        skipped = Counter(self.skipped)
        skipped[left_out] -= count
        return replace(self, refused=self.refused + count, skipped=dict(+skipped))

    @property
    def is_whole(self) -> bool:
        return self.rows == self.read + self.refused + sum(self.skipped.values())

    def __str__(self):
        counts = {
            _("%(count)s read"): self.read,
            _("%(count)s skipped"): sum(self.skipped.values()),
            _("%(count)s refused"): self.refused,
        }
        parts = _(" + ").join(text % {"count": count} for text, count in counts.items() if count)
        text = _("Rows: %(rows)s = %(parts)s") % {"rows": self.rows, "parts": parts}
        reasons = _(", ").join(f"{reason} {count}" for reason, count in self.skipped.items())
        return _("%(account)s (%(reasons)s)") % {"account": text, "reasons": reasons} if reasons else text
