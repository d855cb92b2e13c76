# SPDX-License-Identifier: Apache-2.0
"""The door of dnf 5: its actions plugin runs the guard's hook and answers its questions about the transaction.

Nothing asked here tells what a package needs, so the package files are read: dnf 5 has fetched and checked them by
then, and changes nothing before the hook has ended. Tried with dnf 5.4; its plugin knows ``raise_error`` since 5.2.11.
Source: libdnf5-actions(8), the json mode; libdnf5's ``Package::get_package_path``.
"""

import glob
import json
import os
from typing import Any, BinaryIO, Dict, List

from .guard_hooks import HOOK

PROGRAM = "/usr/bin/dnf5"
ACTIONS_FILE = "/etc/dnf/libdnf5-plugins/actions.d/zhengban-guard.actions"
# The hook finds out whose root it is: enabled=host-only would leave / by another name alone.
ACTIONS_TEXT = (
    "# zhengban: keep this file; the playbook guard writes and removes it\n"
    "pre_transaction:::enabled=1 mode=json raise_error=1:{} dnf5 ${{pid}} ${{conf.installroot}}\n"
).format(HOOK)
# The plugin is a package of its own.
PLUGINS = ("usr/lib*/libdnf5/plugins/actions.so", "usr/lib/*/libdnf5/plugins/actions.so")
_OUTPUT = ("direction", "action", "name", "epoch", "version", "release", "arch", "repo_id", "location")
# Only why it is there changes.
_REASON = "?"
# What no repository of dnf 5 offers, but a person: @commandline, or @stored_transaction(…) of what is replayed.
_NAMED = "@"
_CACHE = "-" + "[0-9a-f]" * 16


def ask_dnf5(answers: BinaryIO, questions: BinaryIO) -> str:
    """Ask what is about to happen; returns it as :func:`guard_dnf.read_dnf` takes it.

    Raises:
        ValueError: what dnf 5 answers is not understood.
    """
    told = _ask(answers, questions, "trans_packages", {"output": _OUTPUT})
    rows = told.get("trans_packages")
    if not isinstance(rows, list):
        raise ValueError("{!r} is no answer about trans_packages".format(told))
    places = _Places(answers, questions)
    comes, goes = [], []
    for row in rows:
        if not isinstance(row, dict) or any(not isinstance(row.get(key), str) for key in _OUTPUT):
            raise ValueError("{!r} is no package of a transaction".format(row))
        epoch = "" if row["epoch"] in ("", "0") else row["epoch"] + ":"
        version = "{}{}-{}".format(epoch, row["version"], row["release"])
        if row["direction"] == "IN":
            path = places.find(row["repo_id"], row["location"])
            known = {"name": row["name"], "version": version, "arch": row["arch"], "path": path}
            comes.append(dict(known, requires=[], provides=[]))
        elif row["action"] != _REASON:
            goes.append([row["name"], version, row["arch"]])
    return json.dumps({"is_signed": True, "comes": comes, "goes": goes})


class _Places:
    """Where package files lie; each setting is asked for once."""

    def __init__(self, answers: BinaryIO, questions: BinaryIO) -> None:
        self._answers = answers
        self._questions = questions
        self._settings: Dict[str, str] = {}

    def find(self, repository: str, location: str) -> str:
        """The file as it was named, in the folder for all downloads, or in its repository's cache.

        Where it is in none of them the name alone, which is no path.
        """
        if repository.startswith(_NAMED):
            # As it was typed, and the hook runs in the folder where dnf 5 does.
            return os.path.abspath(location)
        name = os.path.basename(location)
        destination = self._setting("destdir")
        if destination:
            return os.path.abspath(os.path.join(destination, name))
        # The rest of the folder's name is a digest of the repository's address: where that has changed there are two.
        cache = os.path.abspath(os.path.join(self._setting(repository + ".cachedir"), repository))
        found = glob.glob(os.path.join(glob.escape(cache) + _CACHE, "packages", glob.escape(name)))
        return found[0] if found and _are_same(found) else name

    def _setting(self, key: str) -> str:
        """Empty where dnf 5 says that it has none."""
        if key not in self._settings:
            told = _ask(self._answers, self._questions, "conf", {"key": key})
            try:
                (value,) = [one["value"] + "" for one in told["keys_val"]] if told else [""]
            except (KeyError, TypeError, ValueError) as err:
                raise ValueError("{!r} is no value of {}".format(told, key)) from err
            self._settings[key] = value
        return self._settings[key]


def _are_same(paths: List[str]) -> bool:
    if len(paths) == 1:
        return True
    # Here, for it is seldom needed.
    import filecmp

    return all(filecmp.cmp(paths[0], path, shallow=False) for path in paths[1:])


def _ask(answers: BinaryIO, questions: BinaryIO, domain: str, arguments: Dict[str, Any]) -> Dict[str, Any]:
    """What dnf 5 returns; ``{}`` where it answers with an error."""
    asked = json.dumps({"op": "get", "domain": domain, "args": arguments})
    questions.write(asked.encode("ascii") + b"\n")
    questions.flush()
    line = answers.readline()
    try:
        told = json.loads(os.fsdecode(line))
        returned = {} if told["status"] == "ERROR" else told["return"]
    except (ValueError, KeyError, TypeError) as err:
        raise ValueError("{!r} is no answer about {}".format(line[-200:], domain)) from err
    if not isinstance(returned, dict):
        raise ValueError("{!r} is no answer about {}".format(line[-200:], domain))
    return returned
