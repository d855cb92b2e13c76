# SPDX-License-Identifier: Apache-2.0
"""
What is installed on a minion, and one armed order at a time.

The functions are the host code of every front end; the master's runner ``zhengban`` calls them. By hand,
``software_info`` and ``simulate`` are safe anywhere. ``apply`` carries out an order that only the runner can make.

:depends: the package ``zhengban``, or ``zhengban_host`` below ``_utils``, as ``zhengban salt install`` lays it out
"""

import base64
import json
import logging
import os
import sys
import zlib

from salt.exceptions import CommandExecutionError

# Where saltutil.sync_all puts the host code; Salt itself adds this folder only when it starts.
_SYNCED = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "utils")
if os.path.isdir(os.path.join(_SYNCED, "zhengban_host")) and _SYNCED not in sys.path:
    sys.path.append(_SYNCED)

try:
    from zhengban_host import changers, facts, guard_order, journal, transaction
except ImportError:
    from zhengban.host import changers, facts, guard_order, journal, transaction

log = logging.getLogger(__name__)

__virtualname__ = "zhengban"


def __virtual__():
    return __virtualname__


def software_info(known_digest="", header_only=False, packed=False, test=None, outside=None):
    """
    Return the facts document ``zhengban.facts/1`` of this minion.

    known_digest
        The digest the caller holds; when nothing has changed, the document has ``unchanged: true`` and no packages.
    header_only
        Leave the packages out in any case: the digest says whether they are needed.
    packed
        Return it compressed, as one string: the master's bus cuts long answers (``max_event_size``).
    outside
        ``{"kinds": ["programs", "pip", "npm"], "seconds": 20}``: look for programs that no package owns too.
    test
        Write nothing, not even that somebody asked: the beacon goes on saying that something has changed.

    CLI Example:

    .. code-block:: bash

        salt 'pc-0007.*' zhengban.software_info
    """
    if not _is_test(test):
        _note_asked(transaction.STATE_DIR)
    document = facts.collect(known_digest=known_digest, outside=outside)
    if header_only:
        document = {key: value for key, value in document.items() if key not in ("columns", "packages")}
    return _answer(document, packed)


def simulate(request, packed=False):
    """
    Return what the package manager would do. It needs neither root nor a lock, and changes nothing.

    request
        ``{"manager": "dpkg", "install": [{"name", "versions"}], "upgrade": [...], "remove": ["name:arch"]}``

    CLI Example:

    .. code-block:: bash

        salt 'pc-0007.*' zhengban.simulate '{"manager": "dpkg", "install": [], "upgrade": [], "remove": ["vim:amd64"]}'
    """
    return _answer(changers.simulate(request), packed)


def apply(order, packed=False, test=None):
    """
    Carry out an armed order: checked, simulated again, in one transaction for each manager, verified.
    With ``test=True``, refuse it.

    order
        As the runner makes it: its intent, the facts it rests on, the identity it is for, and every step.

    CLI Example:

    .. code-block:: bash

        salt-run zhengban.enforce pc-0007.office.local
    """
    if _is_test(test):
        reason = "this minion runs with test=True, so nothing is carried out"
        return _answer({"state": "refused", "reason": reason, "output": "", "outcomes": [], "facts": None}, packed)
    return _answer(transaction.apply(order), packed)


def settle(intent, wait_seconds=60, packed=False):
    """
    Return what became of an order, waiting for a transaction that still runs. One that has not begun never will.

    CLI Example:

    .. code-block:: bash

        salt 'pc-0007.*' zhengban.settle 20261123T093000Z-a1b2c3/PC-0007
    """
    try:
        return _answer(transaction.settle(intent, wait_seconds), packed)
    except (journal.JournalError, OSError) as err:
        raise CommandExecutionError("settle: {}".format(err)) from err


def guard(order, packed=False, test=None):
    """
    Put the guard here as the master orders, or take it away. With ``test=True``, say what would change.

    order
        As the runner makes it: ``{"state", "table", "identity"}``.

    CLI Example:

    .. code-block:: bash

        salt-run zhengban.guard pc-0007.office.local
    """
    is_test = _is_test(test)
    try:
        done = guard_order.carry_out(order, transaction.STATE_DIR, is_test)
    except guard_order.OrderError as err:
        return _answer({"refused": str(err), "test": is_test}, packed)
    return _answer(dict(done, refused="", test=is_test), packed)


def keep_guard(ensure="present", test=None):
    """
    Keep the guard as the table says that the master has put here; the state ``zhengban.guarded`` calls it.

    ensure
        ``present``, ``audit`` to lower its mode, or ``absent``.

    CLI Example:

    .. code-block:: bash

        salt 'pc-0007.*' zhengban.keep_guard test=True
    """
    if ensure not in guard_order.KEPT:
        raise CommandExecutionError("ensure is {!r}; it can be {}".format(ensure, ", ".join(guard_order.KEPT)))
    try:
        return guard_order.keep(ensure, transaction.STATE_DIR, _is_test(test))
    except guard_order.OrderError as err:
        hint = "" if ensure == "absent" else "; on the master: salt-run zhengban.guard {}".format(__opts__["id"])  # noqa: F821
        raise CommandExecutionError("{}{}".format(err, hint)) from err


def _is_test(test):
    return __opts__.get("test", False) if test is None else test  # noqa: F821


def _note_asked(state_dir):
    """Let the beacon know that it was heard; before the packages are read, so that no change falls in between."""
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
        with open(os.path.join(state_dir, "asked"), "wb"):
            pass
        os.utime(os.path.join(state_dir, "asked"))
    except OSError as err:
        # A minion that is not root: its beacon only repeats itself.
        log.debug("zhengban: %s", err)


def _answer(document, packed):
    if not packed:
        return document
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("ascii"), 6)).decode("ascii")
