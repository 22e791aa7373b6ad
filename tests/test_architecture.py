"""Imports run one way; files stay short; bulk writes leave versions."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
# What a part may import of the project; whatever is not named stands above it.
MAY_IMPORT = {
    "subsidies/engine": {"subsidies.engine"},
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
        *("models", "records", "provisions", "access", "people", "work"),
        *("imports", "terms", "plans", "compliance", "demo", "management"),
    ],
    "subsidies": [
        *("engine", "models", "facts", "arrivals", "standards", "explanations", "month", "comparison"),
        *("bank", "corrections", "notices", "exports", "workbench", "demo", "management"),
    ],
}
TOP = {"admin", "apps", "urls"}  # of an app; they may import all of it
# Calls on these: an import's rows have no versions, and what is only ever added has no second one.
WITHOUT_VERSIONS = r"versions$|super\(|run\.rows\b|cache$|ReportEvent\.objects$"
SOURCES = [
    path
    for top in ("jygroups", "registry", "subsidies")
    for path in sorted((PROJECT / top).rglob("*.py"))
    if "migrations" not in path.parts
]
MODULES = {".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__") for path in SOURCES}


def part_of(path: Path) -> str:
    relative = path.relative_to(PROJECT).as_posix()
    return max((part for part in MAY_IMPORT if relative.startswith(f"{part}/")), key=len, default="jygroups")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> frozenset[str]:
    """The modules a file imports, in full."""
    package = path.relative_to(PROJECT).with_suffix("").parts[:-1]
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def kind_of(module: str) -> str:
    """The last word of a module's name, where it is a layer's: «views» of record_views."""
    word = module.rpartition(".")[2].rpartition("_")[2]
    return word if word in ABOVE or word in FREE else ""


def violations(check, sources=SOURCES) -> dict[str, list]:
    """By file, what the check finds in it; files without a finding are left out."""
    found = {path.relative_to(PROJECT).as_posix(): sorted(check(path)) for path in sources}
    return {path: findings for path, findings in found.items() if findings}


def test_imports_run_one_way():
    def check(path):
        allowed = MAY_IMPORT.get(part_of(path))
        ours = {name for name in imported(path) if name.split(".")[0] in ("jygroups", "registry", "subsidies")}
        return [name for name in ours if allowed and ("." in name or name in allowed) and not within(name, allowed)]

    assert violations(check) == {}


def test_the_engine_needs_the_standard_library_alone():
    def check(path):
        return {name.split(".")[0] for name in imported(path)} - sys.stdlib_module_names - {"subsidies"}

    assert violations(check, [path for path in SOURCES if part_of(path) == "subsidies/engine"]) == {}


def test_inside_an_app_nothing_imports_what_stands_above_it():
    def check(path):
        kind = kind_of(path.stem)
        if part_of(path) not in ("registry", "subsidies") or kind in FREE:
            return []
        return [name for name in imported(path) & MODULES if kind_of(name) in ABOVE[kind]]

    assert violations(check) == {}


def package_of(module: str) -> str:
    """registry.people of registry.people.areas.forms; packages of registry.work are taken one by one."""
    parts = module.split(".")
    return ".".join(parts[: 3 if parts[:2] == ["registry", "work"] else 2])


def dependencies(app: str) -> dict[str, set[str]]:
    """By package of the app, the other packages that it imports."""
    found: dict[str, set[str]] = {}
    for path in SOURCES:
        module = ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        if module.startswith(f"{app}."):
            others = {name for name in imported(path) & MODULES if name.startswith(f"{app}.")}
            found.setdefault(package_of(module), set()).update(map(package_of, others))
    return {package: others - {package} for package, others in found.items()}


def above(edges: dict[str, set[str]], order: list[str]) -> dict[str, list[str]]:
    """By package, those it imports that do not stand before it; a package that is not in the order stands nowhere."""
    places = {name: place for place, name in enumerate(order)}

    def place(package: str) -> int:
        return places.get(package.split(".")[1], -1)

    found = {
        package: sorted(other for other in others if not 0 <= place(other) < place(package))
        for package, others in edges.items()
    }
    return {package: others for package, others in found.items() if others}


@pytest.mark.parametrize("app", ORDER)
def test_packages_import_only_those_below_them(app):
    edges = {package: others for package, others in dependencies(app).items() if package.split(".")[1] not in TOP}
    assert {package.split(".")[1] for package in edges} == set(ORDER[app])
    assert above(edges, ORDER[app]) == {}


def test_an_import_of_a_package_above_or_of_none_in_the_order_is_found():
    edges = {"x.low": {"x.high"}, "x.high": {"x.low", "x.other"}, "x.middle": {"x.low"}}
    assert above(edges, ["low", "middle", "high"]) == {"x.low": ["x.high"], "x.high": ["x.other"]}


def test_no_file_grows_past_reading():
    def check(path):
        length = len(path.read_text(encoding="utf-8").splitlines())
        return [length] if length > 420 else []

    assert violations(check) == {}


def test_rows_of_the_registry_are_written_with_their_versions():
    """A bulk write that goes past records/versions.py would leave no history."""

    def check(path):
        return {
            node.func.attr
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"bulk_create", "bulk_update", "update", "delete"}
            and not re.match(WITHOUT_VERSIONS, ast.unparse(node.func.value))
        }

    sources = [path for path in SOURCES if part_of(path) == "registry" and path.name != "versions.py"]
    assert violations(check, sources) == {}


def test_permissions_are_asked_of_the_backend():
    """Only access/ and the users read posts and the table of permissions; all others ask `has_perm`, `visible_to`."""

    def check(path):
        relative = path.relative_to(PROJECT).as_posix()
        # The menu names the posts of its reader.
        others = ("registry/models/roles.py", "registry/models/users.py", "jygroups/navigation.py")
        if relative.startswith("registry/access/") or relative in others:
            return set()
        words = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(tree(path))}
        return words & {"posts_today", "PERMISSIONS", "GRANTED", "SHEET_STEPS", "GIVES"}

    assert violations(check) == {}


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


def test_views_lock_rows_within_a_transaction():
    """SQLite ignores it, and the tests' own transaction hides it: PostgreSQL refuses a lock outside of one."""

    def check(path):
        functions = [each for each in ast.walk(tree(path)) if isinstance(each, ast.FunctionDef)]
        helpers, found = {"get_permitted", "get_visible", "permitted_member"}, []
        for function in functions:  # helpers stand above or below the views that call them
            if not function.decorator_list and _outside_transactions(function, helpers):
                helpers.add(function.name)
        for function in functions:
            if function.decorator_list and _outside_transactions(function, helpers):
                found.append(function.name)
        return found

    assert violations(check) == {}


def test_every_template_that_is_named_exists():
    """A moved template would else be missed by its includes until somebody opens the page."""
    folder = PROJECT / "templates"
    files = [*SOURCES, *sorted(folder.rglob("*.html"))]
    named = {
        name for path in files for name in re.findall(r"[\"'](\w+/[\w/]+\.html)[\"']", path.read_text(encoding="utf-8"))
    }
    elsewhere = {"django_tables2", "admin"}
    missing = {name for name in named if name.split("/")[0] not in elsewhere and not (folder / name).exists()}
    assert len(named) > 150
    assert missing == set()
