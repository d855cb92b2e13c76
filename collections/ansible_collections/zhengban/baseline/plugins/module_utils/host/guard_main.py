# SPDX-License-Identifier: Apache-2.0
"""The guard's program on a host: asked by the hooks of apt, dpkg and dnf, and by people as ``zhengban-guard``.

It answers hooks with 0 (go on) or 10 (blocked, the message is on standard error). Any other exit code means that this
program does not work, and the hook falls back to what needs no Python.
"""

import os
import sys
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Collection, Dict, List, Sequence, Tuple

# What only one door, a block or a person needs is imported there: a hook that lets something pass should not be felt.
from .database import DatabaseError
from .dpkg import Installed, read_installed
from .guard_decide import After, Reason, Transaction
from .guard_verdict import Verdict, judge_transaction

if TYPE_CHECKING:
    import argparse

STATE_DIR = "/var/lib/zhengban"
ALLOWED, BLOCKED = 0, 10
# What the self-test of the hooks brings: blocked always, recorded never.
SELF_TEST = "zhengban-guard-self-test"
_DATABASE = "/var/lib/dpkg"


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    try:
        if argv[:1] == ["apt"]:
            return _judge_apt(int(argv[1]))
        if argv[:1] == ["dpkg"]:
            return _judge_dpkg(int(argv[1]), argv[2])
        if argv[:1] in (["dnf"], ["dnf5"]):
            return _judge_dnf(argv[0], int(argv[1]))
        arguments = _parser().parse_args(argv)
        if os.geteuid() != 0:
            sys.stderr.write("zhengban-guard: only root can use it\n")
            return 2
        return int(arguments.run(arguments))
    except OSError as err:
        sys.stderr.write("zhengban-guard: {}: {}\n".format(err.filename, err.strerror))
        return 3


def _judge_apt(apt: int) -> int:
    # Before anything is read: where it cannot be loaded, the hook reads for itself.
    from . import guard_apt, guard_ticket

    text = sys.stdin.buffer.read().decode("utf-8", "backslashreplace")
    try:
        read = guard_apt.read_apt(text)
    except ValueError as err:
        return _answer(_object("dpkg", Reason("protocol", "", "", str(err))), "apt", apt)
    if read.token and guard_ticket.is_our_run(read.token, read.steps):
        verdict = Verdict("allowed", ())
    else:
        verdict = _judge(read.transaction)
    code = _answer(verdict, "apt", apt)
    if code == ALLOWED:
        names = [name for ref in read.removes for name in (ref, ref.rpartition(":")[0])]
        try:
            guard_ticket.let_members_pass(apt, read.files, names)
        except OSError as err:
            # Without it dpkg would stop half-way, where it does more than record; nothing has happened yet.
            sys.stderr.write("zhengban: {}: {}; make room and try again\n".format(err.filename, err.strerror))
            return ALLOWED if _doors()["apt"] in ("recorded", "open") else BLOCKED
    return code


def _judge_dpkg(dpkg: int, action: str) -> int:
    from . import guard_dpkg

    with open("/proc/{}/cmdline".format(dpkg), "rb") as file:
        argv = [os.fsdecode(argument) for argument in file.read().split(b"\0")[:-1]]
    arguments = guard_dpkg.read_arguments(argv)
    objections: Tuple[Reason, ...] = ()
    try:
        if action in ("remove", "purge"):
            transaction = guard_dpkg.read_removal(arguments, _installed)
        else:
            transaction, objections = guard_dpkg.read_unpacking(arguments, _installed)
    except DatabaseError as err:
        return _answer(_object("dpkg", Reason("unreadable", "", "", str(err))), "dpkg", dpkg)
    database = os.environ.get("DPKG_ADMINDIR") or _DATABASE
    if not (os.path.isdir(database) and os.path.samefile(database, _DATABASE)):
        objections += (Reason("foreign_database", database, ""),)
    return _answer(_judge(transaction, objections), "dpkg", dpkg)


def _judge_dnf(door: str, dnf: int) -> int:
    from . import command, guard_dnf, guard_dnf5, guard_ticket

    try:
        if door == "dnf5":
            text = guard_dnf5.ask_dnf5(sys.stdin.buffer, sys.stdout.buffer)
        else:
            text = sys.stdin.buffer.read().decode("utf-8", "backslashreplace")
        read = guard_dnf.read_dnf(text, command.run_command)
    except ValueError as err:
        return _answer(_object("rpm", Reason("protocol", "", "", str(err))), door, dnf)
    objections = read.objections
    if door == "dnf5" and guard_ticket.has_passed(dnf, text):
        objections += (Reason("protocol", "", "", "what has passed is said again; start the program again"),)
    # Our own runs ask dnf's library, which loads no plugin, and that of dnf 5 to load none.
    code = _answer(_judge(read.transaction, objections, read.is_signed), door, dnf)
    if door == "dnf5" and code == ALLOWED:
        try:
            guard_ticket.note_passed(dnf, text)
        except OSError as err:
            # What was approved goes on; a program of several transactions would have to meet a full /run.
            sys.stderr.write("zhengban: {}: {}\n".format(err.filename, err.strerror))
    return code


def _object(manager: str, reason: Reason) -> Verdict:
    """A transaction that cannot be read: what is only recorded is not blocked for that either."""
    return _judge(Transaction(manager, (), (), lambda: After((), lambda _number, _names: ())), (reason,))


def _judge(transaction: Transaction, objections: Tuple[Reason, ...] = (), is_signed: bool = True) -> Verdict:
    if any(coming.name == SELF_TEST for coming in transaction.comes):
        return Verdict("blocked", (Reason("unlisted", SELF_TEST, ""),))

    def essential() -> Collection[Tuple[str, str]]:
        if transaction.manager == "dpkg":
            return {(row.name, row.arch) for row in _installed() if row.essential}
        from .guard_dnf import read_essential

        return read_essential(transaction.leaves)

    return judge_transaction(transaction, essential, STATE_DIR, time.time(), objections, is_signed)


@lru_cache(maxsize=None)
def _installed() -> List[Installed]:
    return read_installed("/")


def _answer(verdict: Verdict, door: str, caller: int) -> int:
    """Tell the person, leave a trace, and give the exit code."""
    if verdict.word == "allowed":
        return ALLOWED
    from .guard_message import explain, summarise

    message = explain(verdict)
    if not any(reason.package == SELF_TEST for reason in verdict.reasons):
        problem = _note(door, verdict.word, summarise(verdict.reasons), caller)
        if problem:
            message += "zhengban: not recorded: {}\n".format(problem)
    sys.stderr.buffer.write(message.encode("utf-8", "backslashreplace"))
    return ALLOWED if verdict.is_allowed else BLOCKED


def _note(door: str, verdict: str, reasons: str, caller: int) -> str:
    """Leave a trace of what a process tried; returns why that was not possible, or an empty text."""
    from .guard_spool import command_line, login_uid, record_attempt

    fields = {
        "door": door,
        "verdict": verdict,
        "reasons": reasons,
        "command": command_line(caller),
        "login_uid": login_uid(),
        "sudo_user": os.environ.get("SUDO_USER", ""),
    }
    return record_attempt(STATE_DIR, fields, time.time())


def _open(arguments: Any) -> int:
    from . import guard_open
    from .guard_spool import login_uid

    who = login_uid() or str(os.getuid())
    opened = guard_open.open_guard(arguments.minutes, arguments.reason, who, STATE_DIR, time.time())
    problem = _note("break-glass", "opened", "{} minutes: {}".format(opened["minutes"], opened["reason"]), os.getpid())
    if problem:
        guard_open.close_guard(STATE_DIR)
        sys.stderr.write("zhengban-guard: not opened, it cannot be recorded: {}\n".format(problem))
        return 3
    sys.stdout.write("open for {} minutes; every attempt is recorded\n".format(arguments.minutes))
    return 0


def _close(_arguments: Any) -> int:
    from . import guard_open

    if guard_open.read_opening(STATE_DIR, time.time()):
        _note("break-glass", "closed", "", os.getpid())
    guard_open.close_guard(STATE_DIR)
    sys.stdout.write("closed\n")
    return 0


def _status(_arguments: Any) -> int:
    for key, value in sorted(_doors().items()):
        sys.stdout.write("{}: {}\n".format(key, value))
    return 0


def _doors() -> Dict[str, str]:
    from .guard_status import read_doors

    return read_doors(STATE_DIR, time.time())


def _parser() -> "argparse.ArgumentParser":
    import argparse

    from .guard_open import MAX_MINUTES

    parser = argparse.ArgumentParser(prog="zhengban-guard", description="The guard on this host (正版软件防护).")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    opening = commands.add_parser("open", help="only record for some minutes; root only, with a reason")
    opening.add_argument("--minutes", type=_minutes, required=True, help="1 to {}".format(MAX_MINUTES))
    opening.add_argument("--reason", type=_reason, required=True, help="why, for the record")
    opening.set_defaults(run=_open)
    commands.add_parser("close", help="end an opening now").set_defaults(run=_close)
    commands.add_parser("status", help="which doors are shut").set_defaults(run=_status)
    return parser


def _minutes(text: str) -> int:
    from argparse import ArgumentTypeError

    from .guard_open import MAX_MINUTES

    if not text.isdigit() or not 1 <= int(text) <= MAX_MINUTES:
        raise ArgumentTypeError("{!r} is not 1 to {}".format(text, MAX_MINUTES))
    return int(text)


def _reason(text: str) -> str:
    from argparse import ArgumentTypeError

    if not text.strip():
        raise ArgumentTypeError("say why")
    return text.strip()
