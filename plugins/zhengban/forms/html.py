# SPDX-License-Identifier: Apache-2.0
"""Pages as one HTML document that a browser prints on A4: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import IO

from .description import Form
from .layout import Line, Placed, lay_out
from .neutral import is_dangerous, plain
from .page import Page, Workbook
from .values import text_of

_HEAD = """\
<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
@page {{ size: A4 {paper}; margin: 15mm 12mm; }}
body {{ font: 10.5pt SimSun, 宋体, serif; margin: 0; }}
section {{ break-after: page; }}
section:last-child {{ break-after: auto; }}
table {{ border-collapse: collapse; table-layout: fixed; width: 100%; }}
table + table {{ margin-top: -1px; }}
thead {{ display: table-header-group; }}
tr {{ break-inside: avoid; }}
td, th {{ border: 1px solid #000; padding: 3pt 2pt; text-align: center; }}
td, th {{ overflow-wrap: anywhere; white-space: pre-line; }}
th, .caption {{ font: 10.5pt SimHei, 黑体, sans-serif; }}
.attachment, .title, .line, .text {{ border: 0; }}
.attachment {{ font: 14pt SimHei, 黑体, sans-serif; text-align: left; }}
.title {{ font: 20pt FZXiaoBiaoSong-B05S, 方正小标宋简体, SimSun, serif; padding: 6pt; }}
.line, .caption {{ text-align: left; }}
.text {{ font: 16pt/2 FangSong_GB2312, 仿宋_GB2312, FangSong, serif; text-align: left; }}
.sign {{ text-align: right; vertical-align: bottom; white-space: pre-wrap; }}
.as-text {{ mso-number-format: "\\@"; }}
</style>
</head>
<body>
"""


def write_html(workbook: Workbook, stream: IO[str]) -> None:
    """Write all pages, each on paper of its own. The paper is that of the first form."""
    first = workbook.parts[0].form
    stream.write(_HEAD.format(title=escape(first.title), paper=first.paper))
    for filled in workbook.parts:
        for page in filled.pages:
            stream.write("<section>\n")
            stream.writelines(_page(filled.form, page))
            stream.write("</section>\n")
    stream.write("</body>\n</html>\n")


def _page(form: Form, page: Page) -> Iterator[str]:
    columns = "".join(f'<col style="width:{width * 100 / sum(form.widths):.2f}%">' for width in form.widths)
    opening = f"<table><colgroup>{columns}</colgroup>\n"
    yield opening
    is_head = False
    for line in lay_out(form, page):
        # What repeats on each sheet of paper is the head of a table of its own.
        if line.repeats and not is_head:
            yield f"</table>\n{opening}<thead>\n"
            is_head = True
        elif is_head and not line.repeats:
            yield "</thead>\n"
            is_head = False
        yield from _row(line)
    yield "</table>\n"


def _row(line: Line) -> Iterator[str]:
    style = f' style="height:{line.height:g}pt"' if line.height else ""
    yield f"<tr{style}>"
    yield from _cells(line.cells)
    yield "</tr>\n"


def _cells(cells: Iterable[Placed]) -> Iterator[str]:
    at = 0
    for cell in cells:
        # Lines and merged cells above leave gaps; only those of lines have no cell.
        if cell.look == "line" and cell.column > at:
            yield f'<td class="line" colspan="{cell.column - at}"></td>'
        at = cell.column + cell.span
        tag = "th" if cell.look == "heading" else "td"
        spans = (f' colspan="{cell.span}"' if cell.span > 1 else "") + (
            f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
        )
        text = plain(text_of(cell.value))
        # Spreadsheets open HTML too and carry out formulas in it: Calc minds a character before them, which browsers do
        # not show, and Excel the format.
        mark, looks = ("<span hidden>'</span>", ["as-text"]) if is_dangerous(text) else ("", [])
        looks += [] if cell.look in ("heading", "value") else [cell.look]
        name = f' class="{" ".join(looks)}"' if looks else ""
        yield f"<{tag}{name}{spans}>{mark}{escape(text)}</{tag}>"
