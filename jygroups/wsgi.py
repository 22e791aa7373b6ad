import os
from contextlib import suppress

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jygroups.settings")
application = get_wsgi_application()

from django.db import DatabaseError, connections  # noqa: E402  once the site is set up

from jygroups.lib import key_use  # noqa: E402

with suppress(DatabaseError):  # while it is away: then at the first use
    key_use.begin()
connections.close_all()
