# SPDX-License-Identifier: Apache-2.0
"""The guard's plugin for dnf 4: tells the guard what dnf is about to do, and stops dnf where it has to.

This file is what is installed, with a line that loads dnf behind it; it runs below dnf's own Python and imports nothing
of ours. The guard is asked when dnf has worked out its transaction, before anybody is asked or anything is fetched, and
once more when the package files are there: who signed them is not known before. Source: dnf's API reference.
"""

# dnf runs this, without an AnsibleModule. pylint: disable=ansible-bad-function

import json
import os
import subprocess
import sys
from typing import Any, Dict, List

HOOK = "/usr/lib/zhengban/guard"
NAME = "zhengban_guard"
_BROKEN = (
    "zhengban 正版: 防护程序无法运行，请管理员重新运行 guard 剧本\n"
    "zhengban: the guard does not run; administrators: run the playbook guard again: {}"
)


def describe(base, is_signed):
    """What is about to happen, for :mod:`guard_dnf`; None when nothing is, or it is about another system."""
    root = base.conf.installroot
    if not base.transaction or not (os.path.exists(root) and os.path.samefile(root, "/")):
        return None
    coming = sorted(base.transaction.install_set)
    goes = [[package.name, package.evr, package.arch] for package in sorted(base.transaction.remove_set)]
    if is_signed:
        # What they need and give is in their files.
        comes = [_row(package, [], []) for package in coming]
        return {"is_signed": True, "comes": comes, "goes": goes}
    everything = base.sack.query().filter(pkg=coming)
    paths = {str(one) for package in coming for one in package.requires if str(one).startswith("/")}
    holders: Dict[Any, List[str]] = {}
    for path in sorted(paths):
        for package in everything.filter(file=path):
            holders.setdefault(package, []).append(path)
    comes = [
        _row(package, package.requires, [str(one) for one in package.provides] + holders.get(package, []))
        for package in coming
    ]
    return {"is_signed": False, "comes": comes, "goes": goes}


def _row(package, requires, provides):
    row = {"name": package.name, "version": package.evr, "arch": package.arch, "path": package.localPkg()}
    return dict(row, requires=[str(one) for one in requires], provides=provides)


def ask(question, hook=HOOK):
    """(exit code, what the person has to read): 0 passes, 10 is blocked, anything else no answer."""
    process = subprocess.Popen(
        [hook, "dnf", sys.executable, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _none = process.communicate(json.dumps(question).encode("ascii"))
    return process.returncode, said.decode("utf-8", "backslashreplace")


def make_plugin(dnf):
    """The plugin as dnf looks for it: a class below its own."""

    class ZhengbanGuard(dnf.Plugin):  # type: ignore[name-defined]
        name = NAME

        def __init__(self, base, cli):
            super().__init__(base, cli)
            self._is_noted = False

        def resolved(self):
            self._is_noted = False
            self._is_noted = self._judge(False)

        def pre_transaction(self):
            # What was recorded, and only recorded, is not recorded twice.
            if not self._is_noted:
                self._judge(True)

        def _judge(self, is_signed):
            try:
                question = describe(self.base, is_signed)
                code, said = ask(question) if question else (0, "")
            except Exception as err:  # dnf goes on after every error but its own
                raise dnf.exceptions.Error(_BROKEN.format(err)) from err
            if code not in (0, 10):
                raise dnf.exceptions.Error(_BROKEN.format(said.strip() or code))
            if code:
                raise dnf.exceptions.Error("\n" + said.rstrip())
            sys.stderr.flush()
            os.write(2, said.encode("utf-8", "backslashreplace"))
            return bool(said)

    return ZhengbanGuard
