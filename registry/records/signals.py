"""What other parts are asked and told, since the registry does not know them."""

from django.dispatch import Signal

# Before an import is taken back: `members` (keys) it has written since `since`. A receiver answers with a sentence
# on what has been built on them, or with nothing.
import_built_upon = Signal()
# Before people are taken away again: `members` (keys). A receiver lets go of what can be computed again.
members_leaving = Signal()
