# SPDX-License-Identifier: Apache-2.0
"""The forms of the example office as pictures of printed pages, and the page of their documentation, in docs/forms/.

Run as ``python -m tests.lab.pages``. LibreOffice prints the workbooks to PDF, as a person would print them; where its
packages and fonts are missing they are installed, which needs root on an apt system.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.lab.filled import NOW, fill_example
from tests.lab.system import install
from zhengban.forms.description import NUMBERS
from zhengban.forms.document import document_forms
from zhengban.forms.write import write_workbook
from zhengban.report.reporting import Wanted, fill_form

DOCS = Path(__file__).parents[2] / "docs" / "forms"
PACKAGES = (
    "libreoffice-calc-nogui",
    "poppler-utils",
    "pngquant",
    "fonts-arphic-uming",
    "fonts-arphic-ukai",
    "fonts-wqy-zenhei",
    "fonts-crosextra-carlito",
)
COMMANDS = ("soffice", "pdftoppm", "pngquant")
DOTS_PER_INCH = 70
# The free fonts that stand in for those of the forms.
FONTS = {
    "宋体": "AR PL UMing CN",
    "方正小标宋简体": "AR PL UMing CN",
    "仿宋_GB2312": "AR PL UKai CN",
    "黑体": "WenQuanYi Zen Hei",
    "Calibri": "Carlito",
}
# Of a form with many pages the first ones are enough.
WANTED = {9: ("COM-0001",)}


def main() -> int:
    is_missing = any(shutil.which(command) is None for command in COMMANDS)
    if is_missing and install(PACKAGES) != 0:
        print(f"install these and run again: {' '.join(PACKAGES)}", file=sys.stderr)
        return 1
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "README.md").write_text(document_forms(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        workspace = fill_example(work / "office")
        for number in NUMBERS:
            wanted = Wanted(form=number, numbers=WANTED.get(number, ()))
            report = fill_form(workspace, wanted, output="", now=NOW)
            with (work / f"form-{number:02}.xlsx").open("w+b") as stream:
                write_workbook(report.workbook, "xlsx", stream)
        print_pages(work)
    return 0


def print_pages(work: Path) -> None:
    """Make a picture in docs/forms/ of the first page of each workbook in a folder."""
    books = sorted(work.glob("form-*.xlsx"))
    profile = f"-env:UserInstallation=file://{work}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(work), *map(str, books)]
    fonts = work / "fonts.conf"
    fonts.write_text(_font_settings(), encoding="utf-8")
    environment = os.environ | {"FONTCONFIG_FILE": str(fonts), "LC_ALL": "C.UTF-8"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    for book in books:
        picture = DOCS / book.stem
        command = ["pdftoppm", "-png", "-singlefile", "-r", str(DOTS_PER_INCH), "-gray"]
        subprocess.run([*command, str(book.with_suffix(".pdf")), str(picture)], check=True)
        small = ["pngquant", "--force", "--strip", "--ext", ".png", "16", f"{picture}.png"]
        subprocess.run(small, check=True)


def _font_settings() -> str:
    aliases = "".join(
        f"<match><test name='family'><string>{name}</string></test>"
        f"<edit name='family' mode='assign' binding='strong'><string>{other}</string></edit></match>"
        for name, other in FONTS.items()
    )
    return f"<fontconfig><include>/etc/fonts/fonts.conf</include>{aliases}</fontconfig>"


if __name__ == "__main__":
    sys.exit(main())
