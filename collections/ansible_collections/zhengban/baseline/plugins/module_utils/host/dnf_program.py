# SPDX-License-Identifier: Apache-2.0
"""What dnf offers, would do, and does, asked through its own library: no table for people is parsed.

This file runs behind ``dnf4_library.py`` or ``dnf5_library.py``, in one text, under the Python that has the library: it
imports nothing of ours. Arguments: a file with the question and one for the answer, both JSON. The question holds
``ask``:

* ``offers`` with ``names``: the answer maps each to the ``[version, arch]`` of its packages in the repositories.
* ``resolve`` with ``comes`` and ``leaves``, lists of ``[name, version, arch]``: the answer has ``steps`` (kind, name,
  arch, old, new) and ``brings``.
* ``run``, with ``steps`` besides: the same, and the transaction is carried out if it is exactly these. The answer has
  the ``difference`` (empty: none) and ``ran``.

``error`` says why there is no answer. Package lists are used as they are.
"""

import json
import os
from typing import Any, Dict, List

ERRORS = (ValueError, OSError)


def read_steps(items):
    """The lines of a transaction; ``[kind, name, arch, old, new]``, the arch of an upgrade that of what was there.

    ``items`` are pairs of what happens to a package (install, remove, upgrade to it, gone for another) and the package
    as ``(name, version, arch)``.
    """
    gone: Dict[str, List[Any]] = {}
    coming, steps = [], []
    for kind, (name, version, arch) in items:
        if kind == "gone":
            gone.setdefault(name, []).append((version, arch))
        elif kind == "upgrade":
            coming.append((name, version, arch))
        else:
            steps.append([kind, name, arch, version if kind == "remove" else "", version if kind == "install" else ""])
    for name, version, arch in coming:
        olds = gone.get(name, [])
        old = next((one for one in olds if one[1] == arch), None) or next(iter(olds), None)
        if old is None:
            raise ValueError("dnf would upgrade {}, which is not there".format(name))
        olds.remove(old)
        steps.append(["upgrade", name, old[1], old[0], version])
    steps += [["remove", name, arch, version, ""] for name, olds in gone.items() for version, arch in olds]
    return sorted(steps)


def answer(library, question):
    """The answer to a question; errors of dnf become its ``error``. ``library`` is either of the two."""
    asked = question["ask"]
    comes, leaves = question.get("comes", []), question.get("leaves", [])
    said = {"error": "", "ran": False}
    try:
        if asked == "run":
            library.lock()
        library.open(asked == "offers" or bool(comes))
        if asked == "offers":
            said["offers"] = library.list_offers(question["names"])
            return said
        said["steps"] = read_steps(library.resolve(comes, leaves))
        said["brings"] = library.read_brings()
        if asked == "run":
            said["difference"] = _difference(question["steps"], said["steps"])
            if not said["difference"]:
                said["ran"] = True
                library.carry_out()
    except ERRORS + library.errors as err:
        said["error"] = str(err) or type(err).__name__
    finally:
        library.close()
    return said


def _difference(planned, actual):
    parts = []
    for title, only in (
        ("not planned", [step for step in actual if step not in planned]),
        ("planned and missing", [step for step in planned if step not in actual]),
    ):
        if only:
            named = ["{} {}:{} {}".format(s[0], s[1], s[2], " to ".join(v for v in s[3:] if v)) for s in only[:10]]
            parts.append("{}: {}".format(title, ", ".join(named)))
    return "; ".join(parts)


def main(argv, library):
    """Read the question, write the answer whole or not at all."""
    with open(argv[0], "rb") as file:
        question = json.loads(file.read().decode("utf-8"))
    text = json.dumps(answer(library, question))
    descriptor = os.open(argv[1] + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    os.rename(argv[1] + ".new", argv[1])
    return 0
