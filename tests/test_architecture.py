"""What the layout of the project promises: where files stand, what imports what, how long they are.

Each rule is a function from a source to what it finds there. Every rule also has an example that it must find.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
APPS = ("registry", "subsidies")
# What a part may import of the project; whatever is not named stands above it.
MAY_IMPORT = {
    "subsidies/engine": {"subsidies.engine"},
    "subsidies/proof": {"subsidies.proof"},
    "jygroups/lib": {"jygroups.lib"},
    "registry": {"registry", "jygroups.lib"},
    "subsidies": {"subsidies", "registry", "jygroups.lib"},
}
# What a module is, by the last word of its name, and what it may not import. All others hold reads, writes or rules.
ABOVE = {
    "views": {"urls"},
    "forms": {"urls", "views"},
    "filters": {"urls", "views"},
    "tables": {"urls", "views"},
    "": {"forms", "urls", "views"},
}
FREE = {"urls", "admin", "apps", "todo"}
# The packages of an app from the lowest up: each may import those before it; those of registry/work none of each other.
ORDER = {
    "registry": [
        *("models", "records", "provisions", "access", "notifications", "people", "work"),
        *("documents", "imports", "terms", "plans", "privacy", "compliance", "demo", "management"),
    ],
    "subsidies": [
        *("engine", "proof", "models", "facts", "standards", "explanations", "month", "comparison"),
        *("bank", "corrections", "notices", "exports", "evidence", "workbench", "demo", "management"),
    ],
}
TOP = {"admin", "apps", "urls"}  # of an app; they may import all of it
REGISTERED = {
    "work",
    "bank",
    "corrections",
    "comparison",
    "notices",
}  # compliance and workbench read what these register
# Calls on these: an import's rows have no versions, what is only ever added has no second one, and of a second factor
# and its codes the audit log says what was done; a session is no record. Of an erasure the log has each part.
WITHOUT_VERSIONS = (
    r"versions$|super\(|run\.rows\b|cache$|ReportEvent\.objects$"
    r"|(SecondFactor|Passkey|RecoveryCode|Session|KnownKey|AccessAttempt|PastedRows|SignInCode|FormerPassword)\.objects"
    r"|(ProviderAccount|Notification|Delivery)\.objects"
    r"|factor\.recovery_codes|ErasedRow\.objects"
)
# They may ask for posts and the table of permissions: the menu names the posts of its reader.
OF_PERMISSIONS = ("registry/access/", "registry/models/roles.py", "registry/models/users.py", "jygroups/navigation.py")
FOLDER = re.compile(r"(?:templates|tests)/(registry|subsidies)/")
MODULE_LINES, FUNCTION_LINES = 400, 65


@dataclass(frozen=True)
class Source:
    """A file of the project, by its path from the project's folder."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text if self.path.endswith(".py") else "")

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @property
    def kind(self) -> str:
        return kind_of(self.module)

    @property
    def part(self) -> str:
        """The longest part of MAY_IMPORT that the file is in."""
        return max((part for part in MAY_IMPORT if self.path.startswith(f"{part}/")), key=len, default="jygroups")

    @property
    def is_product(self) -> bool:
        return self.path.split("/")[0] in ("jygroups", *APPS) and self.path.endswith(".py")

    @cached_property
    def imported(self) -> frozenset[str]:
        """The modules a file imports, in full."""
        package = self.path.removesuffix(".py").split("/")[:-1]
        names = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
                module = ".".join(part for part in (base, node.module) if part)
                names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
        return frozenset(names)

    def nodes(self, kind: type | tuple[type, ...]) -> Iterable:
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))


def sources() -> list[Source]:
    found = []
    for top, ending in (
        ("jygroups", "py"),
        ("registry", "py"),
        ("subsidies", "py"),
        ("tests", "py"),
        ("templates", "html"),
    ):
        for path in sorted((PROJECT / top).rglob(f"*.{ending}")):
            if "migrations" not in path.parts:
                found.append(Source(path.relative_to(PROJECT).as_posix(), path.read_text(encoding="utf-8")))
    return found


SOURCES = sources()
MODULES = {source.module for source in SOURCES if source.is_product}
TEMPLATES = {source.path.removeprefix("templates/") for source in SOURCES if source.path.startswith("templates/")}


def kind_of(module: str) -> str:
    """The last word of a module's name, where it is a layer's: «views» of record_views."""
    word = module.rpartition(".")[2].rpartition("_")[2]
    return word if word in ABOVE or word in FREE else ""


def package_of(module: str) -> str:
    """registry.people of registry.people.areas.forms; packages of registry.work are taken one by one."""
    parts = module.split(".")
    return ".".join(parts[: 3 if parts[:2] == ["registry", "work"] else 2])


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


# The rules: what each finds in a file ----------------------------------------------------------------------


def imports_against_the_direction(source: Source):
    allowed = MAY_IMPORT.get(source.part)
    ours = {name for name in source.imported if name.split(".")[0] in ("jygroups", *APPS)}
    return [name for name in ours if allowed and ("." in name or name in allowed) and not within(name, allowed)]


def libraries_of_the_engine(source: Source):
    """The engine and the second method need nothing but the standard library, and nothing of each other."""
    if source.part not in ("subsidies/engine", "subsidies/proof"):
        return []
    return {name.split(".")[0] for name in source.imported} - sys.stdlib_module_names - {"subsidies"}


def imports_of_a_layer_above(source: Source):
    if source.part not in APPS or source.kind in FREE:
        return []
    return [name for name in source.imported & MODULES if kind_of(name) in ABOVE[source.kind]]


def imports_of_a_package_above(source: Source):
    """A package that ORDER does not name stands nowhere: nothing may import it, and it nothing of the app."""
    app, _dot, rest = source.module.partition(".")
    if app not in APPS or rest.split(".")[0] in {*TOP, ""}:
        return []
    places = {f"{app}.{name}": place for place, name in enumerate(ORDER[app])}

    def place(package: str) -> int:
        return places.get(".".join(package.split(".")[:2]), -1)

    own = package_of(source.module)
    others = {package_of(name) for name in source.imported & MODULES if name.startswith(f"{app}.")} - {own}
    return [other for other in others if not 0 <= place(other) < place(own)]


def imports_of_what_registers_itself(source: Source):
    if not source.path.startswith(("registry/compliance/", "subsidies/workbench/")):
        return []
    return [name for name in source.imported if name.split(".")[1:2] and name.split(".")[1] in REGISTERED]


def loose_files(source: Source):
    """At the top of an app stand only what the layout names and packages of ORDER."""
    app, _slash, rest = source.path.partition("/")
    name = rest.split("/")[0].removesuffix(".py")
    return [name] if app in APPS and name not in {*TOP, *ORDER[app], "__init__"} else []


def folders_without_a_package(source: Source):
    """Templates and tests stand in folders named after the packages of their app."""
    place = FOLDER.match(source.path)
    if not place:
        return []
    folder, *file = source.path[place.end() :].split("/")
    if not file:  # at the top of the app's tests only what several packages use
        return [folder] if folder.startswith("test_") or source.path.startswith("templates/") else []
    return [] if folder in ORDER[place[1]] else [folder]


def long_modules(source: Source):
    length = len(source.text.splitlines())
    is_program = source.path == "subsidies/proof/verify.py"  # auditors keep it as one file
    return [length] if length > MODULE_LINES and source.path.endswith(".py") and not is_program else []


def long_functions(source: Source):
    if not source.is_product:
        return []
    functions = source.nodes(ast.FunctionDef)
    return [each.name for each in functions if (each.end_lineno or 0) - each.lineno >= FUNCTION_LINES]


def tools_of_tests(source: Source):
    tools = {"unittest", "pytest", "time_machine", "hypothesis", "tests"}
    return [name for name in source.imported if name.split(".")[0] in tools] if source.is_product else []


def times_of_another_clock(source: Source):
    """Acts are dated by jygroups/lib/clock.py, so that history can be written as of its days."""
    if not source.is_product or source.path == "jygroups/lib/clock.py":
        return []
    return re.findall(r"timezone\.now\b|timezone\.localdate\b(?!\(\w)|date\.today\b", source.text)


def bulk_writes_without_versions(source: Source):
    """A bulk write that goes past records/versions.py would leave no history."""
    if source.part != "registry" or source.path.endswith("/versions.py"):
        return []
    return {
        node.func.attr
        for node in source.nodes(ast.Call)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in {"bulk_create", "bulk_update", "update", "delete"}
        and not re.match(WITHOUT_VERSIONS, ast.unparse(node.func.value))
    }


def permissions_asked_elsewhere(source: Source):
    """Only access/ and the users read posts and the table of permissions; all others ask `has_perm`, `visible_to`."""
    if not source.is_product or source.path.startswith(OF_PERMISSIONS):
        return set()
    words = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(source.tree)}
    return words & {"posts_today", "PERMISSIONS", "ROLE_ACTS", "GIVES"}


def _locks_rows(call: ast.AST, helpers: set[str]) -> bool:
    """Whether it is a call that may lock a row: of the shortcuts unless `lock=False`, or of a function with such."""
    if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in helpers:
        return False
    return not any(word.arg == "lock" and ast.unparse(word.value) == "False" for word in call.keywords)


def _outside_transactions(function: ast.FunctionDef, helpers: set[str]) -> bool:
    """Whether the function locks a row where no transaction is begun; a page that is only read locks nothing."""
    if any(re.search(r"atomic|require_safe", ast.unparse(each)) for each in function.decorator_list):
        return False
    blocks = [
        each for each in ast.walk(function) if isinstance(each, ast.With) and "atomic" in ast.unparse(each.items[0])
    ]
    inside = {id(node) for block in blocks for node in ast.walk(block)}
    return any(_locks_rows(node, helpers) and id(node) not in inside for node in ast.walk(function))


def locks_outside_a_transaction(source: Source):
    """SQLite ignores it, and the tests' own transaction hides it: PostgreSQL refuses a lock outside of one."""
    if not source.is_product:
        return []
    functions, found = list(source.nodes(ast.FunctionDef)), []
    helpers = {"get_permitted", "get_visible", "permitted_member"}
    for function in functions:  # helpers stand above or below the views that call them
        if not function.decorator_list and _outside_transactions(function, helpers):
            helpers.add(function.name)
    for function in functions:
        if function.decorator_list and _outside_transactions(function, helpers):
            found.append(function.name)
    return found


def texts_translated_at_import(source: Source):
    """Such a text would stay in the language of the site's start: outside functions it has to be lazy."""
    if not source.is_product:
        return []
    eager = {
        alias.asname or alias.name
        for node in source.nodes(ast.ImportFrom)
        if node.module == "django.utils.translation"
        for alias in node.names
        if re.fullmatch(r"n?p?gettext", alias.name)
    }
    later = {
        id(node)
        for function in source.nodes((ast.FunctionDef, ast.Lambda))
        for part in (function.body if isinstance(function, ast.FunctionDef) else [function.body])
        for node in ast.walk(part)
    }
    return [
        ast.unparse(node)
        for node in source.nodes(ast.Call)
        if getattr(node.func, "id", "") in eager and id(node) not in later
    ]


def missing_templates(source: Source):
    """A moved template would else be missed by its includes until somebody opens the page."""
    if source.path.startswith("tests/"):
        return set()
    named = set(re.findall(r"[\"'](\w+/[\w/]+\.html)[\"']", source.text))
    return {name for name in named - TEMPLATES if name.split("/")[0] not in {"django_tables2", "admin"}}


# A rule, and by an example, path and text, what it must find -----------------------------------------------

LABEL = "from django.utils.translation import gettext as _\nX = _('x')\ndef x(y=_('y')):\n    _('z')\n"
VIEW = "@login_required\ndef page(request, pk):\n    row = get_permitted(Visit, pk)\n"
RULES: list[tuple[Callable, str, str, list]] = [
    (imports_against_the_direction, "registry/people/x.py", "import subsidies.models", ["subsidies.models"]),
    (imports_against_the_direction, "jygroups/lib/x.py", "from registry import models", ["registry.models"]),
    (libraries_of_the_engine, "subsidies/engine/x.py", "import datetime, django.db", ["django"]),
    (imports_against_the_direction, "subsidies/proof/x.py", "from subsidies import engine", ["subsidies.engine"]),
    (imports_of_a_layer_above, "registry/plans/services.py", "from .views import x", ["registry.plans.views"]),
    (imports_of_a_layer_above, "registry/plans/x_forms.py", "from . import views", ["registry.plans.views"]),
    (imports_of_a_package_above, "registry/people/x.py", "import registry.plans.services", ["registry.plans"]),
    (imports_of_a_package_above, "registry/work/tasks/x.py", "import registry.work.visits", ["registry.work.visits"]),
    (imports_of_a_package_above, "subsidies/new/x.py", "import subsidies.models", ["subsidies.models"]),
    (imports_of_what_registers_itself, "registry/compliance/x.py", "import registry.work", ["registry.work"]),
    (imports_of_what_registers_itself, "subsidies/workbench/x.py", "import subsidies.bank", ["subsidies.bank"]),
    (loose_files, "subsidies/helpers.py", "", ["helpers"]),
    (loose_files, "registry/misc/x.py", "", ["misc"]),
    (folders_without_a_package, "templates/registry/misc/x.html", "", ["misc"]),
    (folders_without_a_package, "templates/subsidies/x.html", "", ["x.html"]),
    (folders_without_a_package, "tests/registry/test_x.py", "", ["test_x.py"]),
    (long_modules, "tests/test_x.py", "x = 1\n" * (MODULE_LINES + 1), [MODULE_LINES + 1]),
    (long_functions, "registry/x.py", "def x():\n" + "    y()\n" * FUNCTION_LINES, ["x"]),
    (tools_of_tests, "subsidies/demo/x.py", "import unittest.mock", ["unittest.mock"]),
    (times_of_another_clock, "registry/x.py", "timezone.now()", ["timezone.now"]),
    (bulk_writes_without_versions, "registry/people/x.py", "Member.objects.bulk_create(rows)", ["bulk_create"]),
    (permissions_asked_elsewhere, "registry/plans/x.py", "user.posts_today()", ["posts_today"]),
    (locks_outside_a_transaction, "registry/plans/views.py", VIEW, ["page"]),
    (texts_translated_at_import, "registry/plans/tables.py", LABEL, ["_('x')", "_('y')"]),
    (missing_templates, "registry/plans/views.py", "'registry/plans/nowhere.html'", ["registry/plans/nowhere.html"]),
]  # fmt: skip


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, *_example in RULES), ids=lambda rule: rule.__name__)
def test_no_file_breaks(rule):
    found = {source.path: sorted(rule(source)) for source in SOURCES}
    assert {path: findings for path, findings in found.items() if findings} == {}


@pytest.mark.parametrize(("rule", "path", "text", "findings"), RULES)
def test_an_example_is_found_by(rule, path, text, findings):
    assert sorted(rule(Source(path, text))) == findings


@pytest.mark.parametrize("app", APPS)
def test_the_order_names_every_package_of_the_app(app):
    names = {source.path.split("/")[1].removesuffix(".py") for source in SOURCES if source.path.startswith(f"{app}/")}
    assert names - TOP - {"__init__"} == set(ORDER[app])
