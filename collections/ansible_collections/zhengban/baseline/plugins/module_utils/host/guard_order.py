# SPDX-License-Identifier: Apache-2.0
"""What a controller orders of this host's guard, the same through every front end. Source: DESIGN 9, 10."""

import os
import time
from typing import Any, Dict

from .guard_doors import DoorTestError, try_doors
from .guard_install import GuardError, install, remove
from .guard_table import TableError, load_table, write_table
from .identity import read_identity
from .lock import LockedByAnother

STATES = ("present", "absent")
KEPT = ("present", "audit", "absent")


class OrderError(Exception):
    """An order was not carried out; the text says why and what to do."""


def carry_out(order: Dict[str, Any], state_dir: str, check: bool = False) -> Dict[str, Any]:
    """Put the guard on this host or take it away.

    Args:
        order: ``state``, one of :data:`STATES`; ``table``, as ``zhengban.guard`` encodes it, or None; ``identity``: the
            machine this has to be, empty values are not compared.
        check: change nothing, say what would change.

    Returns:
        As :func:`guard_install.install`, and ``before`` and ``after``: the files that are not there on the other side,
        or differ, a line for each.

    Raises:
        OrderError: it is for another machine, nobody is root, or the guard does not work here.
    """
    _require_this(order["identity"])
    return _change(order["state"], order["table"], state_dir, check)


def keep(state: str, state_dir: str, check: bool = False) -> Dict[str, Any]:
    """Keep the guard as the table says that a controller has put here: nothing on a host can make a table.

    Args:
        state: one of :data:`KEPT`. ``present`` puts right what was changed or lost, but for the table; ``audit`` does
            so and lowers the table's mode, which only a controller raises again; ``absent`` takes the guard away.

    Returns:
        As :func:`carry_out`.

    Raises:
        OrderError: as :func:`carry_out`, or there is no table that can be used.
    """
    _require_this({})
    if state == "absent":
        return _change(state, "", state_dir, check)
    try:
        table = load_table(state_dir).plain
    except TableError as err:
        raise OrderError("{}: a controller has to put it there".format(err)) from err
    if state == "audit":
        table = dict(table, mode="audit")
    return _change("present", write_table(table), state_dir, check)


def _change(state: str, table: str, state_dir: str, check: bool) -> Dict[str, Any]:
    try:
        if state == "absent":
            result = remove(state_dir, time.time(), check)
        else:
            result = install(table, state_dir, time.time(), check)
    except (GuardError, LockedByAnother) as err:
        raise OrderError(str(err)) from err
    except OSError as err:
        raise OrderError("{}: {}; make it writable and try again".format(err.filename, err.strerror)) from err
    paths = "".join(path + "\n" for path in result["changes"])
    before, after = (paths, "") if state == "absent" else ("", paths)
    return dict(result, before=before, after=after)


def carry_out_door_test(order: Dict[str, Any], state_dir: str) -> Dict[str, Any]:
    """Try the doors of this host.

    Args:
        order: ``identity`` as :func:`carry_out`; ``unguarded``: also where no guard is; ``outside``: as
            :func:`guard_doors.try_doors`, or None.

    Returns:
        As :func:`guard_doors.try_doors`.

    Raises:
        OrderError: as :func:`carry_out`, or they cannot be tried.
    """
    _require_this(order["identity"])
    try:
        return try_doors(state_dir, time.time(), bool(order["unguarded"]), order["outside"])
    except (DoorTestError, LockedByAnother) as err:
        raise OrderError(str(err)) from err
    except OSError as err:
        raise OrderError("{}: {}; make it writable and try again".format(err.filename, err.strerror)) from err


def _require_this(identity: Dict[str, str]) -> None:
    if os.geteuid() != 0:
        raise OrderError("only root can change or test the guard; run this as root (become)")
    answered = read_identity("/")
    for key, value in sorted(identity.items()):
        if value and answered.get(key, "") != value:
            raise OrderError("this is for {} {!r}, this machine has {!r}".format(key, value, answered.get(key, "")))
