"""What of a workbook stands in other parts than its sheets: where these are, struck-through styles, and comments."""

import io
import posixpath
import zipfile
from xml.etree import ElementTree

from jygroups.lib.spreadsheets import number_formats, ods, xlsb, xlsx_sheet
from jygroups.lib.spreadsheets.errors import Malformed
from jygroups.lib.spreadsheets.structures import OWN_AUTHOR, Structure, Styles, cell_place

MOST_PART_BYTES = 16 << 20  # of the comments, or of the shapes, of a sheet
Relations = dict[str | None, tuple[str, str]]  # by key the kind and the part


def structures_of(archive: zipfile.ZipFile, content: bytes) -> dict[str, Structure] | list[Structure]:
    """By name, or in the order of the sheets. Raises Malformed, KeyError, ElementTree.ParseError, PasswordNeeded."""
    names = set(archive.namelist())
    kinds = dict(_relations(archive, names, "").values())
    main = kinds.get("officeDocument", "xl/workbook.xml")
    if main in names and main.endswith(".xml"):
        others = dict(_relations(archive, names, main).values())
        styles = _styles(archive, names, others.get("styles", ""))
        styles = styles._replace(texts=_struck_texts(archive, names, others.get("sharedStrings", "")))
        found = {}
        for name, part in _places(archive, names, main).items():
            found[name] = xlsx_sheet.structure(archive.read(part), styles)
            _add_comments(archive, names, part, found[name])
            _add_boxes(archive, names, part, found[name])
        return found
    if "xl/workbook.bin" in names:
        return _binary(archive, names)
    return ods.of_ods(content)


def _binary(archive: zipfile.ZipFile, names: set[str]) -> dict[str, Structure]:
    parts = _relations(archive, names, "xl/workbook.bin")
    stored = (archive.read(part) if part in names else b"" for part in ("xl/styles.bin", "xl/sharedStrings.bin"))
    styles = xlsb.xlsb_styles(*stored)
    found = {}
    for name, key in xlsb.xlsb_sheets(archive.read("xl/workbook.bin")):
        if key not in parts:
            continue
        part = parts[key][1]
        found[name] = xlsb.of_xlsb(archive.read(part), styles)
        for kind, other in _relations(archive, names, part).values():
            if kind == "comments" and other in names:
                for row, column, text in xlsb.xlsb_comments(archive.read(other), OWN_AUTHOR):
                    found[name].comment(row, column, text)
        _add_boxes(archive, names, part, found[name])
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


def _styles(archive: zipfile.ZipFile, names: set[str], part: str) -> Styles:
    """Of the part with the styles."""
    content = archive.read(part) if part in names else b""
    if b"strike" not in content and b"numFmt " not in content:
        return Styles()
    root = ElementTree.fromstring(content)
    fonts = {str(place) for place, font in enumerate(root.findall("{*}fonts/{*}font")) if _is_struck(font)}
    formats = root.findall("{*}numFmts/{*}numFmt")
    digits = {each.get("numFmtId"): number_formats.least_digits(each.get("formatCode", "")) for each in formats}
    styles = [*enumerate(root.findall("{*}cellXfs/{*}xf"))]
    struck = frozenset(place for place, style in styles if style.get("fontId", "0") in fonts)
    shown = {place: digits.get(style.get("numFmtId"), 1) for place, style in styles}
    rules = [*enumerate(root.findall("{*}dxfs/{*}dxf"))]
    return Styles(
        struck,
        rules=frozenset(place for place, rule in rules if any(map(_is_struck, rule.findall("{*}font")))),
        digits={place: count for place, count in shown.items() if count > 1},
    )


def _is_struck(font: ElementTree.Element) -> bool:
    strike = font.find("{*}strike")
    return strike is not None and strike.get("val", "1") in xlsx_sheet.TRUE


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
        if len(content) > MOST_PART_BYTES:
            raise Malformed("comments")
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
        found.comment(*cell_place(place), text)


def _add_boxes(archive: zipfile.ZipFile, names: set[str], sheet: str, found: Structure) -> None:
    """The texts of the shapes on the sheet, which stand in a part of XML in .xlsb too."""
    for kind, part in _relations(archive, names, sheet).values():
        if kind != "drawing" or part not in names:
            continue
        content = archive.read(part)
        if len(content) > MOST_PART_BYTES:
            raise Malformed("drawing")
        for each in ElementTree.fromstring(content).iter():
            if each.tag.rpartition("}")[2] == "txBody":
                found.box(" ".join(text.text or "" for text in each.findall(".//{*}t")))
