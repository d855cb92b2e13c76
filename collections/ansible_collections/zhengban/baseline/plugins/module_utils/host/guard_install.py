# SPDX-License-Identifier: Apache-2.0
"""Putting the guard on a host, proving that it works, and taking it away again. Source: DESIGN 10.

The order keeps the host usable at every moment: the hooks come last and go first.
"""

import contextlib
import hashlib
import inspect
import json
import os
import shutil
from typing import Any, Dict, List, NamedTuple, Tuple

from . import (
    command,
    database,
    dnf_settings,
    dpkg,
    edges,
    guard_apt,
    guard_deb,
    guard_decide,
    guard_dnf,
    guard_dnf5,
    guard_dpkg,
    guard_functools,
    guard_hooks,
    guard_json,
    guard_main,
    guard_message,
    guard_open,
    guard_places,
    guard_plugin,
    guard_recovery,
    guard_spool,
    guard_status,
    guard_table,
    guard_ticket,
    guard_typing,
    guard_verdict,
    hook,
    match,
    os_release,
    protect,
    rpm,
    rpm_edges,
    version,
)
from .command import Run, run_command
from .database import DatabaseError
from .guard_closure import read_closure
from .guard_hooks import HOOK, hook_script
from .guard_places import find_hooks
from .guard_proof import prove
from .guard_status import read_doors
from .guard_table import FILE, Table
from .guard_ticket import RUN_DIR
from .guard_verdict import RECOVERY_FILES
from .lock import Lock

COMMAND = "/usr/sbin/zhengban-guard"
_FOLDER = "/usr/lib/zhengban"
_MODULES = (
    command,
    database,
    dnf_settings,
    dpkg,
    edges,
    guard_apt,
    guard_deb,
    guard_decide,
    guard_dnf,
    guard_dnf5,
    guard_dpkg,
    guard_hooks,
    guard_main,
    guard_message,
    guard_open,
    guard_places,
    guard_plugin,
    guard_recovery,
    guard_spool,
    guard_status,
    guard_table,
    guard_ticket,
    guard_verdict,
    hook,
    match,
    os_release,
    protect,
    rpm,
    rpm_edges,
    version,
)
_STAND_INS = {"typing": guard_typing, "functools": guard_functools, "json": guard_json}
# A file, not the directory: running that would load runpy first. What lives for milliseconds collects no garbage, and
# is not taken to pieces at its end.
_ENTRY = """import gc
import os
import sys

gc.disable()
folder = __file__.rpartition("/")[0]
sys.path[:0] = [folder + "/standins", folder]

from host.guard_main import main

# What is loaded from now on gets the real ones; a hook does without typing's to its end, for that is slow.
del sys.path[0], sys.modules["functools"], sys.modules["json"]
if sys.argv[1:2] not in (["apt"], ["dpkg"], ["dnf"], ["dnf5"]):
    del sys.modules["typing"]
code = main(sys.argv[1:])
try:
    sys.stdout.flush()
    sys.stderr.flush()
finally:
    os._exit(code)
"""
_GONE_WITH_IT = (FILE, *RECOVERY_FILES.values(), guard_open.FILE)


class GuardError(Exception):
    """The guard cannot be put here, or does not do what it should; the text says why and what was undone."""


class _Wanted(NamedTuple):
    """A file as it has to be; in the order of writing."""

    path: str
    mode: int
    content: str


def install(table_text: str, state_dir: str, now: float, check: bool = False, run: Run = run_command) -> Dict[str, Any]:
    """Put table, program and hooks in place and prove them; what is right already stays as it is.

    Args:
        table_text: the table, as ``zhengban.guard`` encodes it.
        now: seconds UTC.
        check: change nothing, say what would change.

    Returns:
        ``{"changed", "changes", "doors"}``: ``changes`` are the paths written or removed, ``doors`` as
        :func:`~guard_status.read_doors` says afterwards.

    Raises:
        GuardError: the table is none, there is no package manager with a door of ours, a database cannot be read, or
            the hooks do not work; then they are gone.
        LockedByAnother: a transaction of ours is running.
        OSError: the disk.
    """
    try:
        Table(json.loads(table_text))
        places = find_hooks()
        if not places:
            raise ValueError("neither dpkg nor dnf is here")
        recovery = {manager: read_closure(manager, run) for manager in sorted({place.manager for place in places})}
    except (ValueError, DatabaseError) as err:
        raise GuardError("the guard was not installed: {}".format(err)) from err
    sources = _sources()
    code = os.path.join(_FOLDER, "code-" + hashlib.sha256(json.dumps(sources).encode("utf-8")).hexdigest()[:16])
    wanted = [
        _Wanted(os.path.join(state_dir, FILE), 0o600, _kept_table(table_text, state_dir)),
        *(
            _Wanted(os.path.join(state_dir, RECOVERY_FILES[manager]), 0o600, "".join(name + "\n" for name in names))
            for manager, names in recovery.items()
        ),
        *(_Wanted(os.path.join(code, name), 0o644, text) for name, text in sources),
        _Wanted(HOOK, 0o755, hook_script(os.path.join(code, "guard.py"))),
        *(_Wanted(place.path, 0o644, place.content) for place in places),
    ]
    differing = [one for one in wanted if not _is_there(one)]
    old = [os.path.join(_FOLDER, name) for name in _listed(_FOLDER) if name.startswith("code-")]
    old = [path for path in old if path != code]
    changes = [one.path for one in differing] + old
    if not _is_linked():
        changes.append(COMMAND)
    if changes and not check:
        with Lock(state_dir):
            for one in differing:
                _write(one)
            _link()
            for path in old:
                shutil.rmtree(path, ignore_errors=True)
    if not check:
        problem = prove({place.door for place in places}, run)
        if problem:
            _remove_hooks()
            raise GuardError("the guard does not work and its hooks were taken away again: {}".format(problem))
    return {"changed": bool(changes), "changes": changes, "doors": read_doors(state_dir, now)}


def remove(state_dir: str, now: float, check: bool = False) -> Dict[str, Any]:
    """Take everything away but the spool, which the next facts run still collects; as :func:`install`."""
    paths = [place.path for place in find_hooks()] + [COMMAND, _FOLDER, RUN_DIR]
    paths += [os.path.join(state_dir, name) for name in _GONE_WITH_IT]
    changes = [path for path in paths if os.path.lexists(path)]
    if changes and not check:
        with Lock(state_dir):
            _remove_hooks()
            for path in changes:
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                elif os.path.lexists(path):
                    os.unlink(path)
    return {"changed": bool(changes), "changes": changes, "doors": read_doors(state_dir, now)}


def _sources() -> List[Tuple[str, str]]:
    """(path below the code's directory, text) of the program: this package's own files."""
    files = [("guard.py", _ENTRY), ("host/__init__.py", "# SPDX-License-Identifier: Apache-2.0\n")]
    files += [("standins/{}.py".format(name), inspect.getsource(module)) for name, module in _STAND_INS.items()]
    for module in _MODULES:
        files.append(("host/{}.py".format(module.__name__.rpartition(".")[2]), inspect.getsource(module)))
    return files


def _kept_table(text: str, state_dir: str) -> str:
    """The table that is there where only the moment differs: the same decisions are no change."""
    try:
        with open(os.path.join(state_dir, FILE), "rb") as file:
            there = file.read().decode("utf-8")
        if _timeless(there) == _timeless(text):
            return there
    except (OSError, ValueError):
        pass
    return text


def _timeless(text: str) -> Dict[str, Any]:
    return {key: value for key, value in Table(json.loads(text)).plain.items() if key != "written_at"}


def _is_there(wanted: _Wanted) -> bool:
    try:
        found = os.lstat(wanted.path)
        with open(wanted.path, "rb") as file:
            return file.read() == wanted.content.encode("utf-8") and found.st_mode & 0o7777 == wanted.mode
    except OSError:
        return False


def _is_linked() -> bool:
    return os.path.islink(COMMAND) and os.readlink(COMMAND) == HOOK


def _write(wanted: _Wanted) -> None:
    folder = os.path.dirname(wanted.path)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    # dpkg and apt read no file that ends so, nor one that begins with a dot.
    temporary = os.path.join(folder, ".{}.dpkg-new".format(os.path.basename(wanted.path)))
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, wanted.mode), "wb") as file:
        os.fchmod(file.fileno(), wanted.mode)
        file.write(wanted.content.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, wanted.path)


def _link() -> None:
    if not _is_linked():
        with contextlib.suppress(FileNotFoundError):
            os.unlink(COMMAND)
        os.symlink(HOOK, COMMAND)


def _remove_hooks() -> None:
    for place in find_hooks():
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place.path)


def _listed(folder: str) -> List[str]:
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []
