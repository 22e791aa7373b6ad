"""Where sessions are kept: Django's table of sessions, with whose they are beside them."""

from datetime import UTC, datetime
from typing import cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from jygroups.lib import clock
from registry.models import Session

BEGAN, ADDRESS, DEVICE = "signed_in_at", "address", "device"


class SessionStore(DatabaseStore):
    """Each saving notes when the session was last in use.

    With `only_read`, set by a view that a page asks beside what its reader does, nothing is saved: what this request
    has read may be older by then than what another one has written.
    """

    only_read = False

    def save(self, must_create=False):
        if not self.only_read:
            super().save(must_create)

    @classmethod
    def get_model_class(cls):
        return Session

    def _validate_session_key(self, key):
        # A browser may send anything; PostgreSQL refuses a null character.
        return super()._validate_session_key(key) and key.isalnum()  # type: ignore[misc]

    def create_model_instance(self, data):
        row = cast(Session, super().create_model_instance(data))
        began = data.get(BEGAN)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.address, row.device = data.get(ADDRESS), data.get(DEVICE, "")
        row.began_at = datetime.fromtimestamp(began, UTC) if began else None
        row.seen_at = clock.now()
        return row
