# SPDX-License-Identifier: Apache-2.0
"""Which operating system this is. Source: os-release(5)."""

import os
from typing import Any, Dict


def read_os_release(root: str) -> Dict[str, Any]:
    """``id``, ``version``, ``name`` and ``id_like``; empty where the file does not say."""
    fields = {}
    for path in ("etc/os-release", "usr/lib/os-release"):
        try:
            with open(os.path.join(root, path), "rb") as file:
                lines = file.read().decode("utf-8", "backslashreplace").split("\n")
        except OSError:
            continue
        for line in lines:
            key, equals, value = line.strip().partition("=")
            if equals and not key.startswith("#"):
                fields[key] = _unquote(value)
        break
    return {
        "id": fields.get("ID", ""),
        "version": fields.get("VERSION_ID", ""),
        "name": fields.get("PRETTY_NAME", "") or fields.get("NAME", ""),
        "id_like": fields.get("ID_LIKE", "").split(),
    }


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return "".join(value[i] for i in range(len(value)) if value[i] != "\\" or value[i - 1 : i] == "\\")
