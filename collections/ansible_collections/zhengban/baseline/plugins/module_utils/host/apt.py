# SPDX-License-Identifier: Apache-2.0
"""What apt would do: the read-only simulation of a transaction, and the arguments that make it happen.

Requests, steps and answers are plain dicts in the shapes of ``zhengban.model.plan`` (SimulationRequest, Step,
Simulation). Needs neither root nor a lock. Source: DESIGN 5; apt-get(8).
"""

import re
from typing import Any, Container, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .brings import brings
from .changer import ManagerError
from .command import Run, last_lines, run_command
from .database import DatabaseError
from .dpkg import Installed, read_installed
from .offers import best_offer, fits, sort_unavailable, unavailable
from .steps import Step, make_step, sort_steps
from .version import VersionError, compare

# The same for the simulation and the transaction, so that both mean the same thing whatever apt.conf says.
OPTIONS = (
    "-q",
    "--no-install-recommends",
    "-o",
    "APT::Install-Suggests=false",
    "-o",
    "APT::Get::AutomaticRemove=false",
    "-o",
    "APT::Get::Purge=false",
    # A name apt does not know stays unknown instead of becoming a regular expression.
    "-o",
    "APT::Cmd::Pattern-Only=true",
)

# What may become an argument: it cannot begin like an option and holds nothing that apt gives a meaning.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*\Z")
_ARCH = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_VERSION = re.compile(r"[A-Za-z0-9.+~:-]+\Z")

_INST = re.compile(r"Inst (\S+) (?:\[([^\]\s]+)\] )?\((\S+) (?:.*\s)?\[([^\]\s]+)\]\)")
_REMV = re.compile(r"(?:Remv|Purg) (\S+) \[([^\]\s]+)\]")
_ODD = "it cannot be passed to apt: no Debian package is called that"


class System(NamedTuple):
    """What is installed, the way apt names it: arch:all packages live under the native architecture."""

    native: str
    rows: Dict[Tuple[str, str], Installed]

    def apt_arch(self, arch: str) -> str:
        """The architecture apt files a package under."""
        return self.native if arch == "all" else arch

    def find(self, name: str, arch: str) -> Optional[Installed]:
        """The installed package of that name and architecture, ``all`` and the native one being the same."""
        return self.rows.get((name, self.apt_arch(arch)))

    def instances(self, name: str) -> List[Installed]:
        """Every installed architecture of a name, the native one first."""
        found = [row for key, row in self.rows.items() if key[0] == name]
        return sorted(found, key=lambda row: (self.apt_arch(row.arch) != self.native, row.arch))


def read_system(root: str = "/") -> System:
    """Read the installed packages. Raises ManagerError when dpkg's database cannot be used."""
    try:
        installed = read_installed(root)
    except DatabaseError as err:
        raise ManagerError(str(err)) from err
    native = next((row.arch for row in installed if row.name == "dpkg"), "")
    if not native:
        raise ManagerError("the package dpkg is not installed: this is no system apt manages")
    return System(native, {(row.name, native if row.arch == "all" else row.arch): row for row in installed})


def simulate(request: Dict[str, Any], root: str = "/", run: Run = run_command) -> Dict[str, Any]:
    """Ask apt what a request would do, as :func:`.changers.simulate` says; configuring alone is no step."""
    answer: Dict[str, Any] = {"request": request, "steps": [], "brings": [], "unavailable": [], "error": ""}
    try:
        system = read_system(root)
        arguments, answer["unavailable"] = _choose(request, system, run)
        if arguments and not answer["unavailable"]:
            back = {want["name"] for want in request["upgrade"] if want.get("back")}
            answer["steps"] = _ask(arguments, system, back, run)
            answer["brings"] = _ask_brings(answer["steps"], system, run)
    except (ManagerError, VersionError) as err:
        answer["error"] = str(err)
    return answer


def transaction_arguments(steps: Iterable[Step], system: System) -> List[str]:
    """The steps as arguments of ``apt-get install``, every one named, in the order given.

    Raises:
        ManagerError: a name, architecture or version that no repository could have: it does not become an argument.
    """
    arguments = []
    for step in steps:
        target = "{}:{}".format(_checked(_NAME, step["name"]), _checked(_ARCH, system.apt_arch(step["arch"])))
        end = "-" if step["kind"] == "remove" else "=" + _checked(_VERSION, step["new"])
        arguments.append(target + end)
    return arguments


def _choose(request: Dict[str, Any], system: System, run: Run) -> Tuple[List[str], List[Dict[str, str]]]:
    """The arguments of the simulation, and what is unavailable."""
    missing: List[Dict[str, str]] = []
    wanted: List[Tuple[str, Dict[str, Any], Optional[Installed]]] = []
    for want in request["install"]:
        name = want["name"]
        if not _NAME.match(name):
            missing.append(unavailable(want, _ODD))
            continue
        present = system.find(name, system.native)
        if present and fits("dpkg", present.version, want["versions"]):
            missing.append(unavailable(want, "already installed in version {}".format(present.version)))
        else:
            wanted.append((name, want, present))
    for want in request["upgrade"]:
        name = want["name"]
        instances = system.instances(name) if _NAME.match(name) else []
        if not _NAME.match(name):
            missing.append(unavailable(want, _ODD))
        elif not instances:
            missing.append(unavailable(want, "not installed"))
        for instance in instances:
            target = "{}:{}".format(name, _checked(_ARCH, system.apt_arch(instance.arch)))
            wanted.append((target, want, instance))
    offered = _offers([target for target, _want, _row in wanted], system, run)
    arguments = []
    for target, want, row in wanted:
        if row and row.held:
            missing.append(unavailable(want, "held in version {}".format(row.version)))
            continue
        present_version, back = row.version if row else "", bool(want.get("back"))
        best, reason = best_offer("dpkg", offered.get(target, []), want["versions"], present_version, back)
        if best:
            arguments.append("{}={}".format(target, best))
        else:
            missing.append(unavailable(want, reason))
    for ref in request["remove"]:
        name, _colon, arch = ref.rpartition(":")
        leaving = system.find(name, arch)
        if not (_NAME.match(name) and _ARCH.match(arch)):
            missing.append({"name": ref, "versions": "", "reason": _ODD})
            continue
        if not leaving:
            missing.append({"name": ref, "versions": "", "reason": "not installed"})
        elif leaving.held:
            missing.append({"name": ref, "versions": "", "reason": "held in version {}".format(leaving.version)})
        arguments.append("{}:{}-".format(name, system.apt_arch(arch)))
    return arguments, sort_unavailable(missing)


def _offers(targets: Sequence[str], system: System, run: Run) -> Dict[str, List[str]]:
    """The versions the repositories offer of each target, highest first as apt lists them."""
    if not targets:
        return {}
    done = run(["apt-cache", "madison", *sorted(set(targets))])
    if done.returncode:
        raise ManagerError("apt-cache madison: {}".format(last_lines(done.stdout + done.stderr)))
    offered: Dict[str, List[str]] = {}
    for line in done.stdout.split("\n"):
        columns = [column.strip() for column in line.split("|")]
        if len(columns) != 3 or not columns[2].endswith("Packages") or not _VERSION.match(columns[1]):
            continue
        # apt leaves the native architecture out of the name.
        name = columns[0]
        for target in (name, "{}:{}".format(name, system.native)):
            if target in targets and columns[1] not in offered.setdefault(target, []):
                offered[target].append(columns[1])
    return offered


def _ask(arguments: List[str], system: System, back: Container[str], run: Run) -> List[Step]:
    done = run(["apt-get", "-s", *OPTIONS, "install", *arguments])
    if done.returncode:
        raise ManagerError(last_lines(done.stdout + done.stderr))
    steps = []
    for line in done.stdout.split("\n"):
        if line.startswith(("Inst ", "Remv ", "Purg ")):
            steps.append(_read_step(line, system, back))
    return sort_steps(steps)


def _ask_brings(steps: List[Step], system: System, run: Run) -> List[List[str]]:
    arriving = [step for step in steps if step["kind"] != "remove"]
    if not arriving:
        return []
    done = run(["apt-cache", "show", *transaction_arguments(arriving, system)])
    if done.returncode:
        raise ManagerError("apt-cache show: {}".format(last_lines(done.stdout + done.stderr)))
    return brings(done.stdout, (step["name"] for step in arriving))


def _read_step(line: str, system: System, back: Container[str]) -> Step:
    installing, removing = _INST.match(line), _REMV.match(line)
    found = installing or removing
    if not found:
        raise ManagerError("apt's answer {!r} is not understood".format(line))
    name, _colon, arch = found.group(1).partition(":")
    row = system.find(name, arch or system.native)
    if row and row.held:
        raise ManagerError("{}:{} is held in version {} and would change".format(name, row.arch, row.version))
    if (removing or row) and (not row or row.version != found.group(2)):
        raise ManagerError("apt says {!r}, dpkg's database says {!r}".format(line, row.version if row else "absent"))
    if removing:
        return make_step("remove", name, row.arch if row else arch, found.group(2), "")
    new = found.group(3)
    if not row:
        return make_step("install", name, found.group(4), "", new)
    if name not in back and compare("dpkg", new, row.version) < 0:
        raise ManagerError("{} would go back from {} to {}".format(name, row.version, new))
    return make_step("upgrade", name, row.arch, row.version, new)


def _checked(allowed: Any, text: str) -> str:
    if not allowed.match(text):
        raise ManagerError("{!r} cannot be passed to apt: no Debian package is called that".format(text))
    return text
