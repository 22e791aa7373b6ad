"""How the cells of workbooks look, by the name of the style."""

from typing import Any

# A Song typeface by the name that every office suite knows; the character set decides on its substitute.
FONT = {"font_name": "SimSun", "font_charset": 134, "font_family": 1, "font_size": 10, "valign": "vcenter"}
MONEY = '#,##0.00_ ;-#,##0.00_ ;"–"_ '
SIGNED = '"+"#,##0.00_ ;"−"#,##0.00_ ;"–"_ '  # as shown.signed has it
COUNT = '0;-0;"–"'
STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "align": "center", "text_wrap": True},
    "note": {"align": "left"},
    "note_right": {"align": "right"},
    "note_lines": {"align": "left", "text_wrap": True},
    "header": {"bold": True, "align": "center", "text_wrap": True, "border": 1, "bg_color": "#EDEDED"},
    "text": {"align": "left", "indent": 1, "text_wrap": True, "border": 1},
    "center": {"align": "center", "text_wrap": True, "border": 1},
    "code": {"align": "center", "num_format": "@", "border": 1},
    "date": {"align": "center", "num_format": "yyyy-mm-dd", "border": 1},
    "number": {"align": "center", "num_format": "0", "border": 1},
    "count": {"align": "center", "num_format": COUNT, "border": 1},
    "money": {"align": "right", "num_format": MONEY, "border": 1},
    "signed": {"align": "right", "num_format": SIGNED, "border": 1},
    # of lists, which are not printed
    "plain": {},
    "bold": {"bold": True},
    "titles": {"bold": True, "bottom": 1},
    "as_text": {"num_format": "@"},
    "bold_text": {"bold": True, "num_format": "@"},
    "cents": {"num_format": "0.00"},
    "whole": {"num_format": "0"},
    "wrong": {"bg_color": "#f8d7da"},
    "unusual": {"bg_color": "#fff3cd"},
}
