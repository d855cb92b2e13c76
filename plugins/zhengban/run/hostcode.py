# SPDX-License-Identifier: Apache-2.0
"""The host code as files, for those who have to carry it somewhere; and as the one-file collector.

Source: DESIGN 1 (host code has one home), 3 (offline machines).
"""

from __future__ import annotations

import io
import zipfile
from importlib.resources import files

PACKAGE = "zhengban_host"

# The first lines have to be understood by any Python there ever was.
_MAIN = f"""\
import sys

if sys.version_info < (3, 6):
    sys.exit("zhengban: this collector needs Python 3.6 or later, this is Python " + sys.version.split()[0])

from {PACKAGE}.collector import main

sys.exit(main(sys.argv[1:]))
"""
_SHEBANG = b"#!/usr/bin/env python3\n"
# The first moment a zip file can name: the same code is the same bytes, whenever it is packed.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def host_code() -> dict[str, bytes]:
    """File name to content of every file of the host code, sorted by name."""
    folder = files("zhengban.host")
    return {
        file.name: file.read_bytes()
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.is_file() and file.name.endswith(".py")
    }


def build_collector() -> bytes:
    """One file that any Python 3.6 or later runs: ``python3 zhengban-collector.pyz``. Source: zipapp."""
    archive = io.BytesIO()
    archive.write(_SHEBANG)
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as packed:
        for name, content in host_code().items():
            packed.writestr(_entry(f"{PACKAGE}/{name}"), content)
        packed.writestr(_entry("__main__.py"), _MAIN)
    return archive.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
