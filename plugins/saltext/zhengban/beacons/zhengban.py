# SPDX-License-Identifier: Apache-2.0
"""
Say that what is installed on this minion has changed.

Each pass costs a stat of a few files. Only when one of them is another are packages read; when their digest is another
one than the last, which lies on the disk, the event ``salt/beacon/<id>/zhengban/changed`` is fired with ``digest`` and
``before``. A change while the minion was down is so seen at its next start. Changes of our own orders are known from
the host's journal and not reported.

The event is a hint and no evidence: the master asks. The bus may lose it, so it is said again until somebody has asked
what is installed, after 10 seconds at first, then after twice as long each time, up to ten minutes.

.. code-block:: yaml

    beacons:
      zhengban:
        - interval: 1
"""

import json
import logging
import os
import sys
import time

# Where saltutil.sync_all puts the host code; Salt itself adds this folder only when it starts.
_SYNCED = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "utils")
if os.path.isdir(os.path.join(_SYNCED, "zhengban_host")) and _SYNCED not in sys.path:
    sys.path.append(_SYNCED)

try:
    from zhengban_host import facts, journal, lock
except ImportError:
    from zhengban.host import facts, journal, lock

log = logging.getLogger(__name__)

__virtualname__ = "zhengban"

# Below the root; what is not there counts as well. Source: dpkg(1), apt_preferences(5), rpm(8).
WATCHED = (
    "var/lib/dpkg/status",
    "var/lib/dpkg/updates",
    "var/lib/apt/extended_states",
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/rpmdb.sqlite-wal",
    "var/lib/rpm/Packages",
    "var/lib/rpm/Packages.db",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
    "usr/lib/sysimage/rpm/Packages.db",
)
# Whoever changes packages holds one of these to the end.
LOCKS = ("var/lib/dpkg/lock-frontend", "var/lib/dpkg/lock", "var/lib/rpm/.rpm.lock")
STATE_DIR = "/var/lib/zhengban"
_QUIET_SECONDS = 0.3
_PATIENCE_SECONDS = 10.0
_LONGEST_PATIENCE_SECONDS = 600.0


def __virtual__():
    return __virtualname__


def validate(config):
    """
    Check the beacon's configuration: ``interval`` in seconds is all there is.
    """
    if not isinstance(config, list) or not all(isinstance(part, dict) for part in config):
        return False, "the configuration of the zhengban beacon is a list, such as [{interval: 1}]"
    # Salt itself adds the last two.
    known = {"interval", "enabled", "disable_during_state_run", "beacon_module", "_beacon_name"}
    strange = sorted({key for part in config for key in part} - known)
    if strange:
        return False, "the zhengban beacon does not know {}".format(", ".join(map(repr, strange)))
    return True, "valid"


def beacon(_config):
    """
    Return the events of this pass: none, or one.
    """
    return look(STATE_DIR, "/")


def look(state_dir, root):
    """
    The events of one pass over the databases below ``root``.

    The first pass ever only remembers. One that finds somebody at work leaves it to the next.
    """
    remembered = _read_state(state_dir)
    stamp = _stamp(root)
    if remembered.get("stamp") == stamp:
        return _again(state_dir, remembered)
    # One transaction is many writes: wait for the end of it, and a little for the next.
    time.sleep(_QUIET_SECONDS)
    if _is_locked([os.path.join(root, path) for path in LOCKS] + [lock.path_in(state_dir)]):
        return []
    digest = facts.collect(root)["digest"]
    order = _last_order(state_dir)
    before = remembered.get("digest", digest)
    if order.get("intent", "") != remembered.get("order", ""):
        # What our own order left is no news; what somebody has done since is, even if it undoes the order.
        before = order.get("digest", before)
    state = {"digest": digest, "order": order.get("intent", ""), "stamp": stamp}
    if digest == before:
        _write_state(state_dir, state)
        return []
    event = {"tag": "changed", "digest": digest, "before": before}
    _write_state(state_dir, dict(state, event=event, said=time.time(), patience=_PATIENCE_SECONDS))
    return [event]


def _again(state_dir, remembered):
    """The event once more, when nobody has asked since it was said."""
    event, said = remembered.get("event"), remembered.get("said", 0)
    # A clock that went back must not keep us waiting.
    if not event or 0 <= time.time() - said < remembered.get("patience", 0):
        return []
    try:
        is_answered = os.stat(os.path.join(state_dir, "asked")).st_mtime >= said
    except OSError:
        is_answered = False
    if is_answered:
        _write_state(state_dir, {key: remembered[key] for key in ("digest", "order", "stamp")})
        return []
    patience = min(2 * remembered.get("patience", 0), _LONGEST_PATIENCE_SECONDS)
    _write_state(state_dir, dict(remembered, said=time.time(), patience=patience))
    return [event]


def _last_order(state_dir):
    try:
        return journal.Journal(state_dir).last_done()
    except (journal.JournalError, OSError) as err:
        log.error("zhengban: %s", err)
        return {}


def _stamp(root):
    """Modification time, size and inode of every watched file; a file may be replaced within one tick of the clock."""
    stamp = []
    for path in WATCHED:
        try:
            found = os.stat(os.path.join(root, path))
        except OSError:
            continue
        stamp.append([path, found.st_mtime_ns, found.st_size, found.st_ino])
    return stamp


def _is_locked(paths):
    """Whether somebody holds one of these locks, without ever taking it: that would refuse the next order."""
    held = set()
    try:
        with open("/proc/locks", encoding="ascii") as file:
            for line in file:
                held.update(line.split())
    except OSError:
        return False
    for path in paths:
        try:
            found = os.stat(path)
        except OSError:
            continue
        if "{:02x}:{:02x}:{}".format(os.major(found.st_dev), os.minor(found.st_dev), found.st_ino) in held:
            return True
    return False


def _read_state(state_dir):
    try:
        with open(os.path.join(state_dir, "beacon.json"), encoding="ascii") as file:
            state = json.load(file)
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _write_state(state_dir, state):
    os.makedirs(state_dir, mode=0o700, exist_ok=True)
    path = os.path.join(state_dir, "beacon.json")
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        json.dump(state, file, sort_keys=True)
    os.rename(path + ".new", path)
