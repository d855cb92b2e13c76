# SPDX-License-Identifier: Apache-2.0
"""The transaction itself: one ``apt-get`` with every step named, checked by a hook under apt's own lock."""

import contextlib
import inspect
import json
import os
import re
import sys
from typing import Any, Dict, List, NamedTuple, Sequence

from . import guard_ticket, hook
from .apt import OPTIONS, System, transaction_arguments
from .changer import Executed
from .command import Run, last_lines, read_output
from .guard_apt import TICKET_OPTION
from .guard_table import FILE as GUARD_FILE
from .steps import Step, as_tuple

_OUTPUT_CHARACTERS = 4000
# apt takes a hook's path as it is, up to the first blank, as part of an option's name.
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9/._-]+\Z")
_LOCK_SECONDS = 120


class Prepared(NamedTuple):
    """A transaction ready to run: everything that can be refused has been looked at.

    ``ticket`` is its token for the guard, empty where there is none.
    """

    argv: List[str]
    automatic: List[Step]
    verdict_path: str
    output_path: str
    ticket: str


def prepare(steps: Sequence[Step], request: Dict[str, Any], system: System, state_dir: str) -> Prepared:
    """Write the hook and what it compares with, and put the command together.

    ``automatic`` are the steps whose package is to be marked automatic afterwards: upgraded ones that were, and new
    ones that ``request`` did not name - apt takes every package named on its command line for one somebody wants.

    Raises:
        ManagerError: a step that cannot be an argument.
        OSError: the state directory.
    """
    script, planned, verdict = (
        os.path.join(state_dir, name) for name in ("check-transaction", "transaction.json", "verdict.json")
    )
    if not _PLAIN_PATH.match(script):
        raise OSError("{!r} cannot hold apt's hook: use letters, digits, '.', '_' and '-'".format(state_dir))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(verdict)
    _write(script, 0o700, "#!{} -I\n{}".format(sys.executable, inspect.getsource(hook)))
    pinned = [list(as_tuple(step)) for step in steps]
    _write(planned, 0o600, json.dumps(pinned))
    ticket = guard_ticket.grant_run(pinned) if os.path.exists(os.path.join(state_dir, GUARD_FILE)) else ""
    options = [
        "-y",
        "-o",
        "Dpkg::Options::=--force-confdef",
        "-o",
        "Dpkg::Options::=--force-confold",
        "-o",
        "DPkg::Lock::Timeout={}".format(_LOCK_SECONDS),
        "-o",
        "DPkg::Pre-Install-Pkgs::={} {} {}".format(script, planned, verdict),
        "-o",
        "DPkg::Tools::Options::{}::Version=3".format(script),
        *(("-o", "{}={}".format(TICKET_OPTION, ticket)) if ticket else ()),
        *(("--allow-downgrades",) if any(want.get("back") for want in request["upgrade"]) else ()),
    ]
    argv = ["apt-get", *OPTIONS, *options, "install", *transaction_arguments(steps, system)]
    return Prepared(argv, _automatic(steps, request, system), verdict, os.path.join(state_dir, "output.log"), ticket)


def execute(prepared: Prepared, system: System, run: Run, inherited: Sequence[int]) -> Executed:
    """Run a prepared transaction to its end, then put the automatic marks back.

    ``system`` is the one before. ``inherited`` descriptors stay open in apt. Never raises for what apt does.
    """
    done = run(prepared.argv, output_path=prepared.output_path, inherited=inherited)
    if prepared.ticket:
        guard_ticket.revoke_run(prepared.ticket)
    output = (done.stderr + _without_progress(read_output(prepared.output_path)))[-_OUTPUT_CHARACTERS:]
    verdict = read_output(prepared.verdict_path)
    difference = _difference(verdict) if verdict else ""
    if difference:
        return Executed("apt was stopped, its transaction is not the plan: {}".format(difference), "", output)
    if done.returncode:
        said = last_lines(output) or "it said nothing, which a full disk can do"
        return Executed("", "apt-get ended with {}: {}".format(done.returncode, said), output)
    problem = "" if verdict else "apt did not run the check of its transaction"
    if prepared.automatic:
        marked = run(
            ["apt-mark", "auto"] + ["{}:{}".format(s["name"], system.apt_arch(s["arch"])) for s in prepared.automatic]
        )
        if marked.returncode:
            problem = "the automatic marks were not put back: {}".format(last_lines(marked.stdout + marked.stderr))
    return Executed("", problem, output)


def _difference(verdict: str) -> str:
    try:
        return str(json.loads(verdict)["difference"])
    except ValueError:
        # The hook was killed while it wrote; apt takes that for a no, and the packages will tell.
        return "the check was interrupted"


def _without_progress(text: str) -> str:
    """What a terminal would show in the end: only the last of what was written over the same line."""
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n"))


def _automatic(steps: Sequence[Step], request: Dict[str, Any], system: System) -> List[Step]:
    named = {want["name"] for want in request["install"]}
    chosen = []
    for step in steps:
        row = system.find(step["name"], step["arch"])
        if step["kind"] == "install" and step["name"] not in named:
            chosen.append(step)
        if step["kind"] == "upgrade" and row and not row.manual:
            chosen.append(step)
    return chosen


def _write(path: str, mode: int, text: str) -> None:
    temporary = path + ".new"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(text.encode("utf-8"))
    os.rename(temporary, path)
