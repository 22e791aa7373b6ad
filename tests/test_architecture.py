"""Imports run one way; files stay short; bulk writes leave versions."""

import ast
import re
import sys
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
# Inside an app, what stands above what.
LAYERS = {
    "models": {"forms", "views", "services", "imports", "exports"},
    "services": {"forms", "views"},
    "imports": {"forms", "views"},
    "exports": {"forms", "views"},
    "forms": {"views"},
}
# Calls on these: an import's rows have no versions, and what is only ever added has no second one.
WITHOUT_VERSIONS = r"versions$|super\(|run\.rows\b|cache$|ReportEvent\.objects$"
SOURCES = [
    path
    for top in ("jygroups", "registry", "subsidies")
    for path in sorted((PROJECT / top).rglob("*.py"))
    if "migrations" not in path.parts
]


def part_of(path: Path) -> str:
    relative = path.relative_to(PROJECT).as_posix()
    return max((part for part in MAY_IMPORT if relative.startswith(f"{part}/")), key=len, default="jygroups")


def imported(path: Path) -> set[str]:
    """The modules a file imports, in full."""
    package = path.relative_to(PROJECT).with_suffix("").parts[:-1]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_imports_run_one_way(path):
    ours = {name for name in imported(path) if name.split(".")[0] in ("jygroups", "registry", "subsidies")}
    if allowed := MAY_IMPORT.get(part_of(path)):
        packages = {name for name in ours if "." in name or name in allowed}
        assert [name for name in packages if not within(name, allowed)] == []


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if part_of(path) == "subsidies/engine"], ids=lambda p: p.name
)
def test_the_engine_needs_the_standard_library_alone(path):
    outside = {name.split(".")[0] for name in imported(path)} - sys.stdlib_module_names - {"subsidies"}
    assert outside == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_inside_an_app_nothing_imports_what_stands_above_it(path):
    app, *rest = path.relative_to(PROJECT).with_suffix("").parts
    above = LAYERS.get(rest[0] if rest else "", set())
    assert [name for name in imported(path) if within(name, {f"{app}.{layer}" for layer in above})] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_no_file_grows_past_reading(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 420


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if part_of(p) == "registry" and p.name != "versions.py"],
    ids=lambda path: path.relative_to(PROJECT).as_posix(),
)
def test_rows_of_the_registry_are_written_with_their_versions(path):
    """A bulk write that goes past services/versions.py would leave no history."""
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"bulk_create", "bulk_update", "update", "delete"}
        and not re.match(WITHOUT_VERSIONS, ast.unparse(node.func.value))
    }
    assert calls == set()
