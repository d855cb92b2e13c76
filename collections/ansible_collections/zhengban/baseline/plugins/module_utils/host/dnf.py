# SPDX-License-Identifier: Apache-2.0
"""What dnf would do, and doing it: the library of dnf 4 or dnf 5 is asked, in a program of its own.

Requests, steps and answers are plain dicts in the shapes of ``zhengban.model.plan``. A simulation needs neither root
nor a lock, and uses the package lists that are there. Where neither is, rpm itself removes (:mod:`.rpm_erase`).
Source: DESIGN 5.
"""

import glob
import inspect
import json
import os
import shutil
import tempfile
from functools import cmp_to_key
from types import ModuleType
from typing import Any, Dict, List, Sequence, Tuple

from . import dnf_program
from .changer import Executed, ManagerError, Start
from .command import Run, last_lines, read_output
from .offers import best_offer, fits, sort_unavailable, unavailable
from .rpm_system import System, by_version
from .steps import Step, as_tuple, make_step, sort_steps
from .version import compare

_PROGRAMS = ("/usr/bin/dnf-3", "/usr/bin/dnf", "/usr/bin/yum")
_DNF5 = "/usr/bin/dnf5"
_DNF5_PYTHON = "/usr/bin/python3"
_DNF5_LIBRARY = "/usr/lib*/python3*/*-packages/libdnf5/__init__.py"
_OTHERS = (("/usr/bin/microdnf", "microdnf"), ("/usr/bin/yum", "yum 3"))
_OUTPUT_CHARACTERS = 4000

Nevra = Tuple[str, str, str]
"""Name, version, architecture."""


class Chosen:
    """What a request comes down to: exact packages that come and leave, or what cannot be had."""

    def __init__(self) -> None:
        self.comes: List[Nevra] = []
        self.leaves: List[Nevra] = []
        self.missing: List[Dict[str, str]] = []


def find_asked() -> List[str]:
    """The command that asks this system's dnf, before the files of question and answer; empty where there is none
    (:func:`say_missing`).
    """
    path, python = find_program()
    # Where dnf 5 has come to a system, /usr/bin/dnf leads to it, and a dnf 4 that stays has another name.
    if os.path.exists(_DNF5) and os.path.basename(path) != "dnf" and glob.glob(_DNF5_LIBRARY):
        from . import dnf5_library

        return _command([_DNF5_PYTHON], dnf5_library)
    if python:
        from . import dnf4_library

        return _command(python, dnf4_library)
    return []


def _command(python: Sequence[str], library: ModuleType) -> List[str]:
    sources = (inspect.getsource(module) for module in (library, dnf_program))
    return [*python, "-I", "-c", "\n".join([*sources, "raise SystemExit(main(sys.argv[1:], Library()))\n"])]


def find_program() -> Tuple[str, List[str]]:
    """The path of dnf 4 and its Python as arguments; both empty where there is none."""
    for path in _PROGRAMS:
        try:
            with open(path, "rb") as file:
                line = file.readline(200).decode("utf-8", "replace").strip()
        except OSError:
            continue
        words = line[2:].split()
        # dnf 5 is no Python program, and yum 3 runs under "python", which is Python 2 where there is a yum 3.
        if line.startswith("#!") and words and ("python3" in words[0] or "platform-python" in words[0]):
            return path, words[:1]
    return "", []


def say_missing() -> str:
    """Why nothing can be installed where :func:`find_asked` finds none, and what to do."""
    if os.path.exists(_DNF5):
        return "dnf 5 is there, and is asked through its Python library: install python3-libdnf5"
    other = next((name for path, name in _OTHERS if os.path.exists(path)), "")
    if not other:
        return "neither dnf 4 nor dnf 5 is there, and rpm alone has no repositories"
    return "{0} is there, and only dnf 4 and dnf 5 are asked: install one, or do it on the host with {0}".format(other)


def choose(request: Dict[str, Any], system: System, asked: Sequence[str], run: Run) -> Chosen:
    """Find the versions in range, and what stands in the way. Raises ManagerError."""
    chosen = Chosen()
    for want in request["install"]:
        present = system.find(want["name"], system.native)
        if present and fits("rpm", present.version, want["versions"]):
            reason = "already installed in version {}".format(present.version)
            chosen.missing.append(unavailable(want, reason))
    for want in request["upgrade"]:
        if not system.instances(want["name"]):
            chosen.missing.append(unavailable(want, "not installed"))
    names = sorted({want["name"] for want in (*request["install"], *request["upgrade"])})
    offers = _ask({"ask": "offers", "names": names}, asked, run)["offers"] if names and not chosen.missing else {}
    for want in request["install"] if offers else ():
        _choose_offer(chosen, want, offers[want["name"]], system, system.native)
    for want in request["upgrade"] if offers else ():
        for arch in sorted({row.arch for row in system.instances(want["name"])}):
            _choose_offer(chosen, want, offers[want["name"]], system, arch)
    for ref in request["remove"]:
        _choose_removal(chosen, ref, system)
    chosen.missing = sort_unavailable(chosen.missing)
    return chosen


def chosen_by(request: Dict[str, Any], steps: Sequence[Step]) -> Chosen:
    """What a request came down to when it was planned: its own part of the steps."""
    chosen = Chosen()
    names = {want["name"] for want in (*request["install"], *request["upgrade"])}
    for step in steps:
        if step["kind"] != "remove" and step["name"] in names:
            chosen.comes.append((step["name"], step["new"], step["arch"]))
        elif step["kind"] == "remove" and "{}:{}".format(step["name"], step["arch"]) in request["remove"]:
            chosen.leaves.append((step["name"], step["old"], step["arch"]))
    return chosen


def resolve(chosen: Chosen, system: System, asked: Sequence[str], run: Run) -> Tuple[List[Step], List[List[str]]]:
    """(steps, brings) that dnf works out. Raises ManagerError."""
    answer = _ask({"ask": "resolve", "comes": chosen.comes, "leaves": chosen.leaves}, asked, run)
    steps = sort_steps(make_step(*step) for step in answer["steps"])
    for step in steps:
        row = system.find(step["name"], step["arch"])
        if row and system.is_held(row):
            raise ManagerError("{}.{} is held in version {} and would change".format(row.name, row.arch, row.version))
        if step["kind"] == "upgrade" and compare("rpm", step["new"], step["old"]) < 0:
            raise ManagerError("{} would go back from {} to {}".format(step["name"], step["old"], step["new"]))
    return steps, answer["brings"]


def prepare(chosen: Chosen, steps: Sequence[Step], asked: Sequence[str], state_dir: str) -> Start:
    """A transaction that dnf carries out if it is exactly ``steps``. Raises OSError."""
    question, answer, output = (
        os.path.join(state_dir, name) for name in ("dnf-question.json", "dnf-answer.json", "dnf-output.log")
    )
    pinned = [as_tuple(step) for step in steps]
    order = {"ask": "run", "comes": chosen.comes, "leaves": chosen.leaves, "steps": pinned}
    if os.path.exists(answer):
        os.unlink(answer)
    with open(os.open(question, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(json.dumps(order).encode("ascii"))

    def start(run: Run, inherited: Sequence[int]) -> Executed:
        done = run([*asked, question, answer], output_path=output, inherited=inherited)
        said = (done.stderr + read_output(output))[-_OUTPUT_CHARACTERS:]
        return _judge(read_output(answer), done.returncode, said)

    return start


def _judge(answer: str, code: int, output: str) -> Executed:
    try:
        told = json.loads(answer)
    except ValueError:
        said = last_lines(output) or "it said nothing, which a full disk can do"
        return Executed("", "dnf ended with {}: {}".format(code, said), output)
    if told.get("difference"):
        return Executed("dnf was stopped, its transaction is not the plan: {}".format(told["difference"]), "", output)
    if told["error"] and not told.get("ran"):
        return Executed("dnf did not begin: {}".format(told["error"]), "", output)
    return Executed("", "dnf failed: {}".format(told["error"]) if told["error"] else "", output)


def _choose_offer(chosen: Chosen, want: Dict[str, str], offered: List[List[str]], system: System, arch: str) -> None:
    row = system.find(want["name"], arch)
    if row and system.is_held(row):
        chosen.missing.append(unavailable(want, "held in version {}".format(row.version)))
        return
    # A package may turn from one for all architectures into one for this, and back.
    here = [version for version, of in offered if of in (arch, "noarch", system.native)]
    versions = sorted(set(here), key=cmp_to_key(by_version), reverse=True)
    best, reason = best_offer("rpm", versions, want["versions"], row.version if row else "")
    if best:
        arches = [of for version, of in offered if version == best]
        chosen.comes.append((want["name"], best, arch if arch in arches else arches[0]))
    else:
        chosen.missing.append(unavailable(want, reason))


def _choose_removal(chosen: Chosen, ref: str, system: System) -> None:
    name, _colon, arch = ref.rpartition(":")
    rows = system.rows.get((name, arch), [])
    reason = ""
    if not rows:
        reason = "not installed"
    elif len(rows) > 1:
        reason = "installed in several versions: {}".format(", ".join(row.version for row in rows))
    elif system.is_held(rows[0]):
        reason = "held in version {}".format(rows[0].version)
    if reason:
        chosen.missing.append({"name": ref, "versions": "", "reason": reason})
    else:
        chosen.leaves.append((name, rows[0].version, arch))


def _ask(question: Dict[str, Any], asked: Sequence[str], run: Run) -> Dict[str, Any]:
    folder = tempfile.mkdtemp(prefix="zhengban-")
    try:
        path, answer = os.path.join(folder, "question.json"), os.path.join(folder, "answer.json")
        with open(path, "wb") as file:
            file.write(json.dumps(question).encode("ascii"))
        done = run([*asked, path, answer])
        text = read_output(answer)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        told: Dict[str, Any] = json.loads(text)
    except ValueError as err:
        said = last_lines(done.stderr + done.stdout) or "exit code {}".format(done.returncode)
        raise ManagerError("dnf cannot be asked: {}".format(said)) from err
    if told["error"]:
        hint = "; run dnf makecache" if "Cache-only" in told["error"] else ""
        raise ManagerError("dnf says: {}{}".format(told["error"], hint))
    return told
