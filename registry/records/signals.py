"""Signals by which other apps are asked and informed, since the registry does not import them."""

from django.dispatch import Signal

# Before an import is taken back: `members` (keys) it has written since `since`. A receiver answers with a sentence
# on what has been built on them and the records of that, or with nothing.
import_built_upon = Signal()
# Before people are deleted again: `members` (keys). A receiver deletes what can be computed again.
members_leaving = Signal()
