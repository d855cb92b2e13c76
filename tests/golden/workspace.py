# SPDX-License-Identifier: Apache-2.0
"""A workspace made of the common office and the sections of one text, loaded by the real loaders."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from zhengban.run.workspace import Workspace

OFFICE = Path(__file__).parent / "office"

# Which file a top-level key of a case's text becomes.
FILES = {
    "baseline": "policies/baseline.yml",
    "software": "policies/software.yml",
    "platforms": "policies/platforms.yml",
    "base": "policies/bases/debian-12.yml",
    "exceptions": "policies/exceptions.yml",
    "upgrades": "policies/upgrades.yml",
    "organisation": "inventories/register/organisation.yml",
    "departments": "inventories/register/departments.yml",
    "people": "inventories/register/people.yml",
    "computers": "inventories/register/computers.yml",
}


def make_workspace(root: Path, *texts: str) -> Workspace:
    """Lay out a workspace in ``root``.

    Args:
        root: a directory that does not exist yet.
        texts: YAML with any of the keys of :data:`FILES`; each replaces the office's file of that key. A text with
            ``platforms`` brings its own operating systems too, so the office's goes.

    Lines keep their numbers: line 12 of a text is line 12 of the file its section becomes.
    """
    shutil.copytree(OFFICE, root)
    for text in texts:
        for key, section in _sections(text).items():
            if key == "platforms":
                (root / "policies/debian.yml").unlink()
            (root / FILES[key]).write_text(section, encoding="utf-8")
    return Workspace(root)


def _sections(text: str) -> dict[str, str]:
    sections: dict[str, list[str]] = {}
    key = ""
    for number, line in enumerate(text.splitlines()):
        if start := re.match(r"(\w+):", line):
            key = start[1]
            assert key not in sections, f"line {number + 1}: {key} is written twice"
            sections[key] = [""] * number
        if key:
            sections[key].append(line)
        else:
            assert not line or line.startswith("#"), f"line {number + 1}: {line!r} belongs to no section"
    return {key: "\n".join(lines) + "\n" for key, lines in sections.items()}
