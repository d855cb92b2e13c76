# SPDX-License-Identifier: Apache-2.0
"""Tickets: what was approved once need not be asked again. They lie in ``/run`` for root alone and die with a reboot.

* ``run-<token>``: the steps of a transaction of ours. apt's hook passes exactly those.
* ``apt-<pid>-<start>``: the files and removals of a transaction that apt's hook has passed. apt hands them to dpkg in
  several calls, the first perhaps with only a dependency; dpkg's hook passes them below that very apt.
* ``dnf5-<pid>-<start>``: what dnf 5's plugin said of a transaction that its hook has passed. It says the same of every
  later one of a program, so what is said twice is not believed.

Source: DESIGN 10; proc(5).
"""

import os
import stat
from typing import Iterable, Sequence

RUN_DIR = "/run/zhengban"
_RUN_SECONDS = 3600


def grant_run(steps: Iterable[Sequence[str]], run_dir: str = RUN_DIR) -> str:
    """Write a ticket for one transaction of ours; returns its token. Raises OSError."""
    import json

    token = os.urandom(16).hex()
    content = {"steps": sorted(list(step) for step in steps), "until": read_uptime() + _RUN_SECONDS}
    _write(run_dir, "run-" + token, json.dumps(content))
    return token


def revoke_run(token: str, run_dir: str = RUN_DIR) -> None:
    """Take the ticket back; taking it twice is fine."""
    try:
        os.unlink(os.path.join(run_dir, "run-" + token))
    except FileNotFoundError:
        pass


def is_our_run(token: str, steps: Iterable[Sequence[str]], run_dir: str = RUN_DIR) -> bool:
    """Whether a transaction is, step by step, what a ticket that still runs was written for."""
    if len(token) != 32 or set(token) - set("0123456789abcdef"):
        return False
    # Here, for transactions that are not ours need it not, and should not feel it.
    import json

    try:
        with open(os.path.join(_own_directory(run_dir), "run-" + token), "rb") as file:
            content = json.loads(file.read().decode("ascii"))
    except (OSError, ValueError):
        return False
    return bool(content["steps"] == sorted(list(step) for step in steps) and read_uptime() < content["until"])


def let_members_pass(pid: int, files: Iterable[str], names: Iterable[str], run_dir: str = RUN_DIR) -> None:
    """Write the ticket of one apt, in place of the one it had; those of processes that have ended go away.

    Args:
        files: what will be unpacked, each as the very file it is now.
        names: what will be removed, as ``name`` or ``name:arch``.

    Raises:
        OSError: a file cannot be looked at, or the ticket cannot be written.
    """
    lines = ["unpack " + _identity(path) for path in files] + ["remove " + name for name in names]
    _write_for("apt", pid, "".join(line + "\n" for line in sorted(lines)), run_dir)


def note_passed(pid: int, said: str, run_dir: str = RUN_DIR) -> None:
    """Remember what one program of dnf 5's was let pass with, in place of what it had before. Raises OSError."""
    _write_for("dnf5", pid, said, run_dir)


def has_passed(pid: int, said: str, run_dir: str = RUN_DIR) -> bool:
    """Whether this program was let pass with the very same before."""
    try:
        with open(os.path.join(run_dir, _name("dnf5", pid)), "rb") as file:
            return file.read() == said.encode("ascii")
    except OSError:
        return False


def process_start(pid: str) -> str:
    """When a process started, in the kernel's ticks; empty when it is gone."""
    try:
        with open("/proc/{}/stat".format(int(pid)), "rb") as file:
            return file.read().rpartition(b") ")[2].split()[19].decode("ascii")
    except (OSError, ValueError, IndexError):
        return ""


def read_uptime() -> float:
    """Seconds since this machine started, those it slept included; no clock anybody sets."""
    with open("/proc/uptime", "rb") as file:
        return float(file.read().split()[0])


def _identity(path: str) -> str:
    """As ``stat -L -c %d:%i:%s:%.9Y:%.9Z`` prints it: another content or another file has another one."""
    found = os.stat(path)
    moments = ["{}.{:09d}".format(*divmod(ns, 10**9)) for ns in (found.st_mtime_ns, found.st_ctime_ns)]
    return ":".join([str(found.st_dev), str(found.st_ino), str(found.st_size), *moments])


def _own_directory(path: str) -> str:
    """The directory, made for its owner alone. Raises OSError when it is somebody else's."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(1, "it must be a directory of user {}".format(os.geteuid()), path)
    if stat.S_IMODE(found.st_mode) != 0o700:
        os.chmod(path, 0o700)
    return path


def _name(kind: str, pid: int) -> str:
    return "{}-{}-{}".format(kind, pid, process_start(str(pid)))


def _write_for(kind: str, pid: int, text: str, run_dir: str) -> None:
    """Write the ticket of a process; those of processes that have ended go away."""
    for old in os.listdir(run_dir) if os.path.isdir(run_dir) else ():
        of, _dash, rest = old.partition("-")
        number, _dash, start = rest.partition("-")
        if of in ("apt", "dnf5") and process_start(number) != start:
            os.unlink(os.path.join(run_dir, old))
    _write(run_dir, _name(kind, pid), text)


def _write(folder: str, name: str, text: str) -> None:
    path = os.path.join(_own_directory(folder), name)
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text.encode("ascii"))
    os.rename(path + ".new", path)
