# SPDX-License-Identifier: Apache-2.0
"""The last look before dpkg runs: does apt, under its own lock, do what was planned and nothing else?

This file runs on its own, as apt's ``DPkg::Pre-Install-Pkgs`` hook for one transaction: it imports nothing of ours.
Arguments: a file with the planned steps (JSON), and a file for the verdict. Exit 0 lets dpkg run, 1 stops apt.
Source: apt.conf(5), Pre-Install-Pkgs, protocol version 3.
"""

import os
import sys


def read_operations(text):
    """apt's description of its transaction, line by line, each as its nine fields.

    name, old version, architecture, multi-arch, direction, new version, architecture, multi-arch, and what happens: a
    package file, ``**CONFIGURE**`` or ``**REMOVE**``; an absent version is ``-``. Raises ValueError when it is not in
    version 3 of the protocol.
    """
    header, _empty, body = text.partition("\n\n")
    if header.split("\n")[0] != "VERSION 3":
        raise ValueError("apt did not speak version 3 of its protocol")
    for line in body.split("\n"):
        if not line:
            continue
        fields = line.split(" ", 8)
        if len(fields) != 9:
            raise ValueError("apt's line {!r} has not nine fields".format(line))
        yield fields


def read_steps(text):
    """The steps in apt's description of its transaction: a set of (kind, name, arch, old, new).

    Raises ValueError as :func:`read_operations`.
    """
    steps = set()
    for name, old, old_arch, _same, _way, new, new_arch, _new_same, what in read_operations(text):
        if what == "**CONFIGURE**":
            continue
        if what == "**REMOVE**":
            steps.add(("remove", name, old_arch, old, ""))
        elif old == "-":
            steps.add(("install", name, new_arch, "", new))
        else:
            steps.add(("upgrade", name, old_arch, old, new))
    return steps


def describe_difference(planned, actual):
    """A sentence for what is only in one of two sets of steps, empty when they are the same."""
    parts = []
    for title, only in (("not planned", actual - planned), ("planned and missing", planned - actual)):
        if only:
            named = ["{} {}:{} {}".format(s[0], s[1], s[2], " to ".join(v for v in s[3:] if v)) for s in sorted(only)]
            more = ", and {} more".format(len(named) - 10) if len(named) > 10 else ""
            parts.append("{}: {}{}".format(title, ", ".join(named[:10]), more))
    return "; ".join(parts)


def main(argv, stdin):
    """Compare, write the verdict, return the exit code."""
    # Here, for the guard's hook reads apt's words with this file too, and should not be felt.
    import json

    planned_path, verdict_path = argv
    with open(planned_path, "rb") as file:
        planned = {tuple(step) for step in json.loads(file.read().decode("ascii"))}
    try:
        difference = describe_difference(planned, read_steps(stdin.read().decode("utf-8", "backslashreplace")))
    except ValueError as err:
        difference = str(err)
    try:
        with open(os.open(verdict_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(json.dumps({"difference": difference}).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
    except OSError as err:
        sys.stderr.write("zhengban: {}: {}; make room and plan again\n".format(verdict_path, err.strerror))
        return 1
    if difference:
        sys.stderr.write("zhengban: apt's transaction is not the plan: {}\n".format(ascii(difference)))
    return 1 if difference else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], sys.stdin.buffer))
