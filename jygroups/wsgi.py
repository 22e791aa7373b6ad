import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jygroups.settings")
application = get_wsgi_application()

from django.db import connections  # noqa: E402  once the site is set up

from registry.records.known_keys import refuse_wrong_keys  # noqa: E402

refuse_wrong_keys()
connections.close_all()
