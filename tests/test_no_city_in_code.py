"""Nothing of one city is a constant: its names, its document and its figures are data, outside code and templates."""

import ast
import csv
import json
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
FIXTURES = PROJECT / "fixtures"
SETTINGS = PROJECT / "jygroups/settings.py"  # CITY_NAME without the variable: of a trial


def is_demo(path: Path) -> bool:
    return "demo" in path.parts or path.stem == "demo"


CODE = [
    path
    for folder in ("jygroups", "registry", "subsidies", "templates")
    for path in sorted((PROJECT / folder).rglob("*"))
    if path.suffix in {".py", ".html", ".js", ".po"} and "migrations" not in path.parts
    and not is_demo(path.relative_to(PROJECT)) and path != SETTINGS
]  # fmt: skip


def names_of_the_city() -> set[str]:
    """The city, its subdistricts and communities without the common ending, their code, and its document."""
    with (FIXTURES / "communities.csv").open(encoding="utf-8", newline="") as file:
        areas = list(csv.DictReader(file))
    standards = json.loads((FIXTURES / "standards.json").read_text(encoding="utf-8"))
    return {
        "嘉峪关",
        "嘉政",
        "Jiayuguan",
        areas[0]["subdistrict_code"][:6],
        *(row["subdistrict"] for row in areas),
        *(row["community"] for row in areas),
        *(row["document"] for row in standards),
        *(number for row in standards for number in re.findall(r"〔\d+〕\d+号", row["document"])),
    }


def text_of(path: Path) -> str:
    """The file, of the catalogue without its comments, which keep the texts before the last change."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"^#.*", "", text, flags=re.MULTILINE) if path.suffix == ".po" else text


def found_in(text: str, words: set[str]) -> set[str]:
    return {word for word in words if word in text}


def test_no_name_of_the_city_stands_in_code_templates_or_catalogue():
    words = names_of_the_city()
    assert len(words) > 30
    found = {str(path.relative_to(PROJECT)): found_in(text_of(path), words) for path in CODE}
    assert {path: words for path, words in found.items() if words} == {}


def test_a_name_of_the_city_is_found():
    assert found_in('TITLE = "嘉政办发〔2020〕97号"', names_of_the_city()) == {
        "嘉政",
        "嘉政办发〔2020〕97号",
        "〔2020〕97号",
    }


# What a figure of the law or the city would be called; as a constant it is a fault.
FIGURES = re.compile(
    r"SIZES?$|NEEDED|YOUNGEST|OF_AGE|DEADLINES?$|VISIT_BACK$|ANSWERED_WITHIN|MOST_IN|TERM_YEARS|^YEARS$"
)
FIGURES_IN_TEXT = re.compile(r"[3三]\s*[—–-]\s*[5五]\s*人|五至九人|[5五]年任期|每届至少2次|每届任期五年")


def figures_assigned(source: str) -> set[str]:
    """The constants of a module so named to which a number, or a call or collection with one, is assigned."""
    found = set()
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "Kind":
            continue  # a finding, with its place among others
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {each.id for each in targets if isinstance(each, ast.Name) and FIGURES.search(each.id)}
        if any(isinstance(each, ast.Constant) and type(each.value) is int for each in ast.walk(node.value)):
            found |= names
    return found


def test_no_figure_of_the_law_or_the_city_is_a_constant_of_the_registry():
    registry = [path for path in CODE if path.suffix == ".py" and "registry" in path.parts]
    found = {str(path.relative_to(PROJECT)): figures_assigned(text_of(path)) for path in registry}
    assert {path: names for path, names in found.items() if names} == {}


def test_no_text_of_templates_and_catalogue_has_such_a_figure():
    texts = {path: text_of(path) for path in CODE if path.suffix in {".html", ".po"}}
    assert [(path.name, found[0]) for path, text in texts.items() if (found := FIGURES_IN_TEXT.findall(text))] == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("GROUP_SIZES = [Size(date.min, 3, 5)]", {"GROUP_SIZES"}),
        ("YOUNGEST = 16", {"YOUNGEST"}),
        ("VISIT_BACK: timedelta = timedelta(days=30)", {"VISIT_BACK"}),
        ("YOUNGEST = ProvisionKey.YOUNGEST", set()),
    ],
)
def test_a_figure_as_a_constant_is_found(source, names):
    assert figures_assigned(source) == names
