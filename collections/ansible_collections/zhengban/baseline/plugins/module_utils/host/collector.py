# SPDX-License-Identifier: Apache-2.0
"""The collector for machines nobody can ask: prints the facts document, or writes it to a file that is carried over.

``zhengban facts collector`` packs it with the rest of this folder into one file. Source: DESIGN 3.
"""

import argparse
import json
import os
import re
import sys
from typing import Any, Dict, Sequence

from .facts import collect
from .outside import KINDS

OK = 0
UNREAD = 1
CANNOT_WRITE = 2
_OUTSIDE_SECONDS = 60

_ODD = re.compile(r"[^A-Za-z0-9._-]+")


def main(arguments: Sequence[str]) -> int:
    """Collect, print or write, and say on standard error what became of it.

    Returns:
        The exit code: 1 when a package manager could not be read or none was found, which the document says too; 2 when
        it could not be written.
    """
    parser = argparse.ArgumentParser(
        prog="zhengban-collector",
        description="Read what this machine has installed: one JSON document zhengban.facts/1. Changes nothing.",
        epilog="Run it as root: others cannot see the serial number nor what users have installed for themselves. Then "
        "carry the file to the workspace: zhengban facts import FILE",
    )
    parser.add_argument(
        "target",
        nargs="?",
        default="",
        metavar="FILE_OR_FOLDER",
        help="where to write it; in a folder, such as a USB stick's, under the machine's name (default: print it)",
    )
    parser.add_argument(
        "--outside",
        action="store_true",
        help="look for programs that no package owns too, and for what pip and npm installed: up to a minute",
    )
    asked = parser.parse_args(arguments)
    target = asked.target
    document = collect(outside={"kinds": KINDS, "seconds": _OUTSIDE_SECONDS} if asked.outside else None)
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n"
    if target:
        path = os.path.join(target, file_name(document)) if os.path.isdir(target) else target
        try:
            _write(path, text)
        except OSError as err:
            _say("{}: {}".format(path, err.strerror))
            return CANNOT_WRITE
        _say("wrote {} ({} packages)".format(path, len(document["packages"])))
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
    if os.geteuid() != 0:
        _say("not run as root: the serial number and what users have installed for themselves may be missing")
    unread = sorted(name for name, state in document["managers"].items() if not state["read"])
    for name in unread:
        _say("{} was not read: {}".format(name, document["managers"][name]["why"]))
    if not document["managers"]:
        _say("no package manager was found on this machine")
    return UNREAD if unread or not document["managers"] else OK


def file_name(document: Dict[str, Any]) -> str:
    """A name that no other machine's document has, made of the host name and the identity."""
    identity = document["identity"]
    parts = [document["host"], identity["machine_id"][:12] or identity["serial_number"]]
    return "-".join(_ODD.sub("_", part)[:80] for part in parts if part) + ".json"


def _write(path: str, text: str) -> None:
    """Whole or not at all: a stick is full, or pulled out, at any moment."""
    partial = path + ".partial"
    with open(partial, "wb") as file:
        file.write(text.encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def _say(text: str) -> None:
    # What a terminal cannot show becomes escapes, and nothing of it drives the terminal.
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    encoding = sys.stderr.encoding or "ascii"
    sys.stderr.write(shown.encode(encoding, "backslashreplace").decode(encoding) + "\n")
