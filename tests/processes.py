"""manage.py in processes of their own, as a user starts it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection

from jygroups.lib import keys
from tests import databases

OF_OWNER = {"setup", "demo", "restore"}  # they migrate


class Site:
    """A folder of data, with a database of its own of the kind under test: SQLite's lies in the folder."""

    def __init__(self, folder: Path, database: str):
        self.folder, self.database = folder, database
        ours = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", *keys.NAMES}
        self.environment = {name: value for name, value in os.environ.items() if name not in ours}
        self.environment |= {"DATA_DIR": str(folder)}
        if connection.vendor == "sqlite":
            self.database = str(folder / "db.sqlite3")
        else:
            self.environment |= {name: os.environ[name] for name in keys.NAMES}
            self.environment |= {"DATABASE_URL": self._address(), "HTTPS": "off"}

    @classmethod
    def new(cls, folder: Path, database: str) -> "Site":
        """One in which nothing has been set up."""
        if connection.vendor != "sqlite":
            databases.copy("template0", database)
        site = cls(folder, database)
        if databases.APPLICATION:  # after the first migration it gets the rest, as after each further one
            with psycopg.connect(site._address(is_owner=True)) as own:
                own.execute(f"ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO {databases.APPLICATION}")
        return site

    def _address(self, *, is_owner: bool = False) -> str:
        address = urlsplit(os.environ["DATABASE_URL"])._replace(path=self.database)
        return (address._replace(query="") if is_owner else address).geturl()

    def start(self, *arguments, **options) -> subprocess.Popen:
        command, environment = [sys.executable, "manage.py", *map(str, arguments)], self.environment
        if arguments[0] in OF_OWNER and connection.vendor != "sqlite":
            environment = environment | {"DATABASE_URL": self._address(is_owner=True)}
        return subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, text=True, stdout=subprocess.PIPE, **options
        )

    def run(self, *arguments) -> subprocess.CompletedProcess:
        process = self.start(*arguments, stderr=subprocess.PIPE)
        out, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)

    def copy(self, folder: Path, database: str) -> "Site":
        """A site with the same data, while no process works on this one."""
        site = Site(shutil.copytree(self.folder, folder), database)
        if connection.vendor != "sqlite":
            databases.copy(self.database, site.database)
        return site

    def content(self) -> object:
        """The bytes of the database; of PostgreSQL the rows of each table as they lie there."""
        if connection.vendor == "sqlite":
            return Path(self.database).read_bytes()
        with psycopg.connect(self._address(is_owner=True)) as other:
            tables = other.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relowner = current_user::regrole"
            )
            return {name: other.execute(f'SELECT ctid, xmin, * FROM "{name}"').fetchall() for (name,) in tables}
