# SPDX-License-Identifier: Apache-2.0
"""The guard's self-test: real apt, dpkg and dnf are asked for a package that must be blocked; nothing ever changes."""

# Salt and package managers run this too, without an AnsibleModule. pylint: disable=ansible-bad-function

import shutil
import subprocess
import tempfile
from typing import Collection, Sequence, Tuple

from .command import Run, last_lines
from .deb_file import DebError, build_deb
from .dnf import find_program
from .guard_dnf5 import PROGRAM
from .guard_hooks import HOOK
from .guard_main import SELF_TEST
from .rpm_file import build_rpm

_BLOCKED = SELF_TEST + ": "
_LINE = 'VERSION 3\nAPT "1"\n\n' + "{} - - none < 1 all none {}\n"


def prove(doors: Collection[str], run: Run) -> str:
    """Try these doors; returns what is wrong, or an empty text."""
    folder = tempfile.mkdtemp(prefix="zhengban-guard-")
    problem = ""
    try:
        if "dpkg" in doors:
            package = build_deb(folder, {"Package": SELF_TEST, "Version": "1", "Architecture": "all"}, {}, run)
            problem = _prove_dpkg(run, package) or _prove_apt(run, package)
        if "dnf" in doors and not problem:
            problem = _prove_dnf(run, build_rpm(folder, SELF_TEST, "1-1", "noarch"))
        if "dnf5" in doors and not problem:
            problem = _prove_dnf5(run, build_rpm(folder, SELF_TEST, "1-1", "noarch", is_refusing=True))
        return problem
    except DebError as err:
        return str(err)
    except OSError as err:
        return "{}: {}".format(err.filename, err.strerror)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prove_dpkg(run: Run, package: str) -> str:
    done = run(["dpkg", "--no-act", "--install", package])
    if not done.returncode or SELF_TEST not in done.stderr:
        return "dpkg did not stop an unlisted package: {}".format(done.stderr.strip() or "it said nothing")
    return ""


def _prove_apt(run: Run, package: str) -> str:
    configured = run(["apt-config", "dump", "DPkg"]).stdout
    for line in (':: "{} apt";'.format(HOOK), '{}::Version "3";'.format(HOOK)):
        if line not in configured:
            return "apt does not read its hook: {!r} is not in its configuration".format(line)
    for name, expected in ((SELF_TEST, 1), ("libc6", 0)):
        code, said = _ask(["apt"], _LINE.format(name, package))
        if code != expected:
            return "apt's hook answered {} about {}: {}".format(code, name, said or "it said nothing")
    return ""


def _prove_dnf(run: Run, package: str) -> str:
    program, _python = find_program()
    # Where nothing stops it, nobody answers its question.
    done = run([program, "--assumeno", "--disablerepo=*", "install", package])
    said = done.stderr + done.stdout
    if not done.returncode or _BLOCKED not in said:
        return "dnf did not stop an unlisted package: {}".format(last_lines(said) or "it said nothing")
    return ""


def _prove_dnf5(run: Run, package: str) -> str:
    """dnf 5 asks the hook as the very last one, so the package refuses to be installed where nothing stops it."""
    options = ["--assumeyes", "--disablerepo=*", "--no-gpgchecks", "--setopt=tsflags=nocrypto"]
    done = run([PROGRAM, *options, "install", package])
    said = done.stderr + done.stdout
    if not done.returncode or _BLOCKED not in said:
        said = last_lines(said) or "it said nothing"
        return "dnf5 did not stop an unlisted package (its plugin is libdnf5-plugin-actions): {}".format(said)
    return ""


def _ask(arguments: Sequence[str], text: str) -> Tuple[int, str]:
    process = subprocess.Popen(
        [HOOK, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"LC_ALL": "C.UTF-8"},
    )
    stdout, _none = process.communicate(text.encode("ascii"))
    return process.returncode, stdout.decode("utf-8", "replace").strip()
