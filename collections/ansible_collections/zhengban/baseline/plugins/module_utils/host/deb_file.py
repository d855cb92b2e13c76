# SPDX-License-Identifier: Apache-2.0
"""Making Debian package files, for tests of the guard on its host. Source: dpkg-deb(1), deb-control(5)."""

import os
from typing import Dict

from .command import Run


class DebError(Exception):
    """A package file could not be made; the text is dpkg-deb's."""


def build_deb(folder: str, fields: Dict[str, str], files: Dict[str, str], run: Run) -> str:
    """Make a package file in a folder; returns its path.

    Args:
        fields: of the control file, over the usual ones; ``Package``, ``Version``, ``Architecture`` must be there.
        files: absolute paths to texts.

    Raises:
        DebError, OSError.
    """
    path = os.path.join(folder, "{Package}_{Version}_{Architecture}.deb".format(**fields).replace(":", "%3a"))
    tree = path[: -len(".deb")]
    control = dict({"Maintainer": "zhengban <root@localhost>", "Description": "a throw-away package"}, **fields)
    text = "".join("{}: {}\n".format(key, value) for key, value in control.items())
    for name, content in dict({"/DEBIAN/control": text}, **files).items():
        os.makedirs(os.path.dirname(tree + name), mode=0o755, exist_ok=True)
        write_text(tree + name, content)
    built = run(["dpkg-deb", "-Zgzip", "--build", "--root-owner-group", tree, path])
    if built.returncode:
        raise DebError("dpkg-deb: {}".format(built.stderr.strip()))
    return path


def write_text(path: str, text: str, mode: int = 0o644) -> str:
    """Write a file; returns its path. Raises OSError."""
    with open(path, "wb") as file:
        file.write(text.encode("utf-8"))
    os.chmod(path, mode)
    return path
