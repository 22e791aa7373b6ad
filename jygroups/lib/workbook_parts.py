"""What of a workbook stands in other parts than its sheets: where these are, struck-through styles, and comments."""

import io
import posixpath
import zipfile
from xml.etree import ElementTree

from jygroups.lib import other_workbooks, sheet_xml
from jygroups.lib.sheet_xml import OWN_AUTHOR, Struck, Structure

MOST_BYTES = 16 << 20  # of the comments of a sheet
Relations = dict[str | None, tuple[str, str]]  # by key the kind and the part


def structures(archive: zipfile.ZipFile, content: bytes) -> dict[str, Structure] | list[Structure]:
    """By name, or in the order of the sheets. Raises Malformed, KeyError, ElementTree.ParseError, Locked."""
    names = set(archive.namelist())
    kinds = dict(_relations(archive, names, "").values())
    main = kinds.get("officeDocument", "xl/workbook.xml")
    if main in names and main.endswith(".xml"):
        others = dict(_relations(archive, names, main).values())
        struck = Struck(
            _struck_styles(archive, names, others.get("styles", "")),
            _struck_texts(archive, names, others.get("sharedStrings", "")),
        )
        found = {}
        for name, part in _places(archive, names, main).items():
            found[name] = sheet_xml.structure(archive.read(part), struck)
            _add_comments(archive, names, part, found[name])
        return found
    if "xl/workbook.bin" in names:
        return _binary(archive, names)
    return other_workbooks.of_ods(content)


def _binary(archive: zipfile.ZipFile, names: set[str]) -> dict[str, Structure]:
    parts = _relations(archive, names, "xl/workbook.bin")
    styles = other_workbooks.xlsb_struck(archive.read("xl/styles.bin")) if "xl/styles.bin" in names else frozenset()
    found = {}
    for name, key in other_workbooks.xlsb_sheets(archive.read("xl/workbook.bin")):
        if key not in parts:
            continue
        part = parts[key][1]
        found[name] = other_workbooks.of_xlsb(archive.read(part), styles)
        for kind, other in _relations(archive, names, part).values():
            if kind == "comments" and other in names:
                for row, column, text in other_workbooks.xlsb_comments(archive.read(other), OWN_AUTHOR):
                    found[name].comment(row, column, text)
    return found


def _places(archive: zipfile.ZipFile, names: set[str], main: str) -> dict[str, str]:
    """Which part of the archive each sheet is in."""
    parts = {key: part for key, (_kind, part) in _relations(archive, names, main).items()}
    return {
        sheet.get("name", ""): parts[value]
        for sheet in ElementTree.fromstring(archive.read(main)).iter()
        if sheet.tag.endswith("}sheet")
        for key, value in sheet.attrib.items()
        if key.endswith("}id") and parts.get(value) in names
    }


def _relations(archive: zipfile.ZipFile, names: set[str], part: str) -> Relations:
    """The parts that one refers to; of no part those of the whole."""
    folder, name = posixpath.split(part)
    place = posixpath.join(folder, "_rels", f"{name}.rels")
    if place not in names:
        return {}
    return {
        relation.get("Id"): (
            relation.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join(f"/{folder}", relation.get("Target", ""))).removeprefix("/"),
        )
        for relation in ElementTree.fromstring(archive.read(place))
    }


def _struck_styles(archive: zipfile.ZipFile, names: set[str], part: str) -> frozenset[int]:
    """The cell styles with a struck-through font."""
    content = archive.read(part) if part in names else b""
    if b"strike" not in content:
        return frozenset()
    styles = ElementTree.fromstring(content)
    fonts = {place for place, font in enumerate(styles.findall("{*}fonts/{*}font")) if _is_struck(font)}
    formats = enumerate(styles.findall("{*}cellXfs/{*}xf"))
    return frozenset(place for place, style in formats if int(style.get("fontId", 0)) in fonts)


def _is_struck(font: ElementTree.Element) -> bool:
    strike = font.find("{*}strike")
    return strike is not None and strike.get("val", "1") in sheet_xml.TRUE


def _struck_texts(archive: zipfile.ZipFile, names: set[str], part: str) -> frozenset[int]:
    """The shared texts of which a part is struck through."""
    content = archive.read(part) if part in names else b""
    if b"strike" not in content:
        return frozenset()
    found, place = set(), 0
    for _event, each in ElementTree.iterparse(io.BytesIO(content)):
        if each.tag.rpartition("}")[2] == "si":
            if any(map(_is_struck, each.findall("{*}r/{*}rPr"))):
                found.add(place)
            place += 1
            each.clear()
    return frozenset(found)


def _add_comments(archive: zipfile.ZipFile, names: set[str], sheet: str, found: Structure) -> None:
    """A conversation stands in two parts; the older one has its cell with a general text."""
    texts: dict[str, str] = {}
    replaced: dict[str, str] = {}
    for kind, part in _relations(archive, names, sheet).values():
        if part not in names or kind not in ("comments", "threadedComment"):
            continue
        content = archive.read(part)
        if len(content) > MOST_BYTES:
            raise sheet_xml.Malformed("comments")
        root = ElementTree.fromstring(content)
        authors = [each.text for each in root.findall("{*}authors/{*}author")]
        own = {str(place) for place, author in enumerate(authors) if author == OWN_AUTHOR}
        for each in root.findall("{*}commentList/{*}comment"):
            if each.get("authorId") not in own:
                # without the readings of characters
                parts = [*each.findall("{*}text/{*}t"), *each.findall("{*}text/{*}r/{*}t")]
                texts[each.get("ref", "")] = "".join(text.text or "" for text in parts)
        for each in root.findall("{*}threadedComment"):
            own_text = "".join(text.text or "" for text in each.findall("{*}text"))
            place = each.get("ref", "")
            replaced[place] = f"{replaced[place]} {own_text}" if place in replaced else own_text
    for place, text in (texts | replaced).items():
        found.comment(*sheet_xml.cell(place), text)
