# SPDX-License-Identifier: Apache-2.0
"""The door test: every known way in and out of this host is tried, and nothing of it stays. Source: DESIGN 10.

What stays are the traces any attempt leaves: lines in the guard's spool and in the logs of apt and dpkg.
"""

# Salt and package managers run this too, without an AnsibleModule. pylint: disable=ansible-bad-function

import os
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any, Collection, Dict, Iterable, List, Optional, Tuple

from .command import Run, run_command
from .database import DatabaseError
from .deb_file import DebError
from .dpkg import read_installed
from .facts import collect
from .guard_places import find_hooks
from .guard_rpm_stage import find_left
from .guard_samples import NAME
from .guard_spool import printable, read_attempts
from .guard_stage import LEFT, PLACE, REPAIR, make_stage
from .guard_status import read_doors
from .guard_table import System, TableError, load_table
from .guard_way import SEEN, SHUT, Way
from .guard_ways import WAYS
from .lock import Lock
from .os_release import read_os_release

NOT_APPLICABLE, UNTESTED = "not applicable", "untested"
_CANNOT = 77
_SECONDS = 120
_SAID = 400
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class DoorTestError(Exception):
    """The doors cannot be tested; the text says why and what to do."""


def try_doors(
    state_dir: str,
    now: float,
    unguarded: bool = False,
    outside: Optional[Dict[str, Any]] = None,
    ways: Iterable[Way] = WAYS,
    run: Run = run_command,
) -> Dict[str, Any]:
    """Try the ways one after the other, of the package managers that are here.

    Args:
        now: seconds UTC.
        unguarded: try them also where no guard is, which then really brings the throw-away package for a moment.
        outside: what programs outside packages the next run looks for, as :func:`facts.collect` takes it.

    Returns:
        ``{"tested_at", "doors", "ways", "left"}``. Each way: ``way``, ``manager``, ``expected``, ``result`` (``shut``:
        the guard blocked it; ``open``: it goes through and nothing sees it; ``detected-only``: it goes through, and the
        next run sees it; ``not applicable``: this host has no such thing; ``untested``: it failed for another reason),
        ``reason`` (the guard's) and ``said`` (the end of what was printed, or why it was not tried). ``left``: what
        could not be taken away again.

    Raises:
        DoorTestError: there is no guard, or the stage cannot be made.
        LockedByAnother: a transaction of ours is running.
        OSError: the disk.
    """
    doors = read_doors(state_dir, now)
    if not doors and not unguarded:
        raise DoorTestError(
            "there is no guard on this host: put it there with the playbook guard, or ask for the test anyway"
        )
    folder = tempfile.mkdtemp(prefix="zhengban-doors-")
    try:
        os.chmod(folder, 0o755)
        with Lock(state_dir):
            places = find_hooks()
            managers = {place.manager for place in places}
            stage = _stage(folder, state_dir, managers, run)
            rows = []
            for known in ways:
                if not {known.manager, known.door} <= {"", *managers, *(place.door for place in places)}:
                    continue
                is_looked_for = bool(outside and known.outside in outside["kinds"])
                way = known._replace(expected=SEEN) if is_looked_for else known
                rows.append(_row(way, *_try(way, folder, stage, state_dir, outside, run)))
            left = _clean_up(run)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    return {"tested_at": moment, "doors": doors, "ways": rows, "left": left}


def _stage(folder: str, state_dir: str, managers: Collection[str], run: Run) -> Dict[str, str]:
    system: Optional[System] = None
    try:
        release = read_os_release("/")
        system = load_table(state_dir).on_system(release["id"], release["version"])
    except TableError:
        # The ways in are tried all the same; nothing but repairs should pass.
        pass
    try:
        left = _clean_up(run)
        if left:
            raise DoorTestError("an earlier door test left {} behind: take it away first".format(", ".join(left)))
        stage = make_stage(folder, system, managers, run)
    except (DebError, DatabaseError) as err:
        raise DoorTestError(str(err)) from err
    stage["PATH"] = _PATH
    done = _run_script("apt-get -qq update", folder, stage) if "dpkg" in managers else (0, "")
    if done[0]:
        raise DoorTestError("apt does not take the test's own repository: {}".format(_end_of(done[1])))
    return stage


def _try(
    way: Way, folder: str, stage: Dict[str, str], state_dir: str, outside: Optional[Dict[str, Any]], run: Run
) -> Tuple[str, str, str]:
    """(result, the guard's reason, what was said)."""
    needed = way.needs.split()
    if needed and not any(shutil.which(command, path=_PATH) for command in needed):
        return NOT_APPLICABLE, "", "{} is not here".format(" or ".join(needed))
    if way.sample and way.sample not in stage:
        return NOT_APPLICABLE, "", "the policy has no such software for this computer"
    if not way.script:
        return way.expected, "", "listed, not tried"
    place = tempfile.mkdtemp(dir=folder)
    os.chmod(place, 0o755)
    before = {attempt["id"] for attempt in read_attempts(state_dir)}
    code, said = _run_script(way.script, place, stage)
    attempts = [attempt for attempt in read_attempts(state_dir) if attempt["id"] not in before]
    blocked = [attempt["reasons"] for attempt in attempts if attempt["verdict"] == "blocked"]
    # A frontend may hide that dpkg failed; a package that is there came through.
    came = bool(_find_left(run)) if way.is_real else code == 0
    past_it = SEEN if came and way.outside and outside and _is_seen(outside) else way.past_it
    if way.undo:
        _run_script(way.undo, place, stage)
    _clean_up(run)
    if came:
        return past_it, "; ".join(attempt["reasons"] for attempt in attempts), _end_of(said)
    if blocked:
        return SHUT, "; ".join(blocked), _end_of(said)
    return NOT_APPLICABLE if code == _CANNOT else UNTESTED, "", _end_of(said)


def _row(way: Way, result: str, reason: str, said: str) -> Dict[str, str]:
    row = {"way": way.name, "manager": way.manager, "expected": way.expected, "result": result}
    return dict(row, reason=printable(reason), said=said)


def _run_script(script: str, place: str, stage: Dict[str, str]) -> Tuple[int, str]:
    """Run sh there; (exit code, output). What has not ended in time is killed with everything it started."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["sh", "-e", "-c", script],
            cwd=place,
            env=stage,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
        output.seek(0)
        return code, output.read().decode("utf-8", "backslashreplace")


def _find_left(run: Run) -> List[Tuple[str, str]]:
    """(manager, name) of the test's own packages that are there."""
    managers = {place.manager for place in find_hooks()}
    found = [("rpm", name) for name in find_left(run)] if "rpm" in managers else []
    if "dpkg" in managers:
        found += [("dpkg", row.name) for row in read_installed("/") if row.name in (NAME, REPAIR)]
    return found


def _is_seen(outside: Dict[str, Any]) -> bool:
    """Whether the next facts show the program."""
    rows = collect("/", "", outside)["outside"]["rows"]
    return any(NAME in path.replace("_", "-") for _kind, path, *_about in rows)


def _clean_up(run: Run) -> List[str]:
    """Take away what came; returns what could not be."""
    packages = _find_left(run)
    for manager, name in packages:
        run(["dpkg", "--purge", "--force-all", name] if manager == "dpkg" else ["rpm", "-e", "--nodeps", name])
    paths = [PLACE, *LEFT.values(), LEFT["LEFT_OPT"] + ".AppImage"]
    for path in paths:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        elif os.path.lexists(path):
            os.unlink(path)
    still = [name for _manager, name in _find_left(run)] if packages else []
    return still + [path for path in paths if os.path.lexists(path)]


def _end_of(said: str) -> str:
    """The last lines of an output, on one line."""
    lines = [line.strip() for line in said.split("\n") if line.strip()]
    return printable(" | ".join(lines)[-_SAID:])
