# SPDX-License-Identifier: Apache-2.0
"""The door of dnf 5: its actions plugin runs the guard's hook and answers its questions about the transaction.

Nothing asked here tells what a package needs, so the package files are read, which dnf 5 has fetched by then. Not tried
with a real dnf 5: this follows its documentation. Source: libdnf5-actions(8), the json mode.
"""

import glob
import json
import os
from typing import Any, BinaryIO, Dict, List, Sequence

from .guard_hooks import HOOK

ACTIONS_FILE = "/etc/dnf/libdnf5-plugins/actions.d/zhengban-guard.actions"
ACTIONS_TEXT = (
    "# zhengban: keep this file; the playbook guard writes and removes it\n"
    "pre_transaction:::enabled=host-only mode=json raise_error=1:{} dnf5 ${{pid}}\n"
).format(HOOK)
PLUGIN = "usr/lib*/libdnf5/plugins/actions.so"
_OUTPUT = ("direction", "name", "epoch", "version", "release", "arch", "repo_id", "location")


def ask_dnf5(answers: BinaryIO, questions: BinaryIO) -> str:
    """Ask what is about to happen; returns it as :func:`guard_dnf.read_dnf` takes it.

    Raises:
        ValueError: what dnf 5 answers is not understood.
    """
    rows = _ask(answers, questions, "trans_packages", {"output": _OUTPUT})
    folders = [_setting(answers, questions, key) for key in ("destdir", "cachedir")]
    comes, goes = [], []
    for row in rows:
        if not isinstance(row, dict) or any(not isinstance(row.get(key), str) for key in _OUTPUT):
            raise ValueError("{!r} is no package of a transaction".format(row))
        epoch = "" if row["epoch"] in ("", "0") else row["epoch"] + ":"
        version = "{}{}-{}".format(epoch, row["version"], row["release"])
        if row["direction"] == "IN":
            path = _find_file(row["repo_id"], row["location"], folders)
            known = {"name": row["name"], "version": version, "arch": row["arch"], "path": path}
            comes.append(dict(known, requires=[], provides=[]))
        else:
            goes.append([row["name"], version, row["arch"]])
    return json.dumps({"is_signed": True, "comes": comes, "goes": goes})


def _find_file(repository: str, location: str, folders: Sequence[str]) -> str:
    """Where a package file lies: as it was named, in the folder for all downloads, or in its repository's cache."""
    if os.path.isabs(location):
        return location
    name = os.path.basename(location)
    destination, cache = folders
    if destination:
        return os.path.join(destination, name)
    # The rest of the folder's name is a checksum.
    found = glob.glob(os.path.join(glob.escape(os.path.join(cache, repository)) + "-*", "packages", glob.escape(name)))
    return found[0] if len(found) == 1 else ""


def _setting(answers: BinaryIO, questions: BinaryIO, key: str) -> str:
    values = _ask(answers, questions, "conf", {"key": key})
    if len(values) != 1 or not isinstance(values[0], dict) or not isinstance(values[0].get("value"), str):
        raise ValueError("{!r} is no value of {}".format(values, key))
    return str(values[0]["value"])


def _ask(answers: BinaryIO, questions: BinaryIO, domain: str, arguments: Dict[str, Any]) -> List[Any]:
    asked = json.dumps({"op": "get", "domain": domain, "args": arguments})
    questions.write(asked.encode("ascii") + b"\n")
    questions.flush()
    told = _read_object(answers)
    field = {"conf": "keys_val"}.get(domain, domain)
    found = told.get("return", {}).get(field) if isinstance(told, dict) and told.get("status") == "OK" else None
    if not isinstance(found, list):
        raise ValueError("{!r} is no answer about {}".format(told, domain))
    return found


def _read_object(answers: BinaryIO) -> Any:
    """One JSON value; nobody says that a line ends behind it."""
    text = b""
    while True:
        byte = answers.read(1)
        if not byte:
            raise ValueError("dnf 5 ends in the middle of {!r}".format(text[-200:]))
        text += byte
        if byte == b"}":
            try:
                return json.loads(text.decode("utf-8"))
            except ValueError:
                continue
