# SPDX-License-Identifier: Apache-2.0
"""A real host with the guard on it: its policy, its packages, and what people try."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.golden.workspace import make_workspace
from tests.hosts.managed import Coded
from tests.lab.hosts import Host
from tests.lab.repository import Deb
from zhengban.guard.table import compile_table, encode_table
from zhengban.host.guard_way import Way
from zhengban.model.record import EMPTY_HISTORY, History, Holding
from zhengban.run.workspace import Workspace

POLICY = """\
baseline:
  name: office
  mode: enforce
  protect: [openssh-server]
  guard: {mode: enforce, message: "请联系信息中心 0871-0000000"}
software:
- {name: Approved, number: FREE-0002, type: free, category: other, vendor: Lab, made_in: domestic,
   packages: [{manager: dpkg, name: approved, versions: ">=1, <2"}]}
- {name: Required, number: FREE-0003, type: free, category: other, vendor: Lab, made_in: domestic, state: required,
   packages: [{manager: dpkg, name: required}]}
- {name: Recorded, number: FREE-0004, type: free, category: other, vendor: Lab, made_in: domestic,
   packages: [{manager: dpkg, name: recorded}, {manager: dpkg, name: swap}]}
- {name: Many, number: FREE-0005, type: free, category: other, vendor: Lab, made_in: domestic,
   packages: [{manager: dpkg, name: "many*"}]}
- {name: Paint, version: "2019", type: commercial, category: other, vendor: Lab, made_in: domestic,
   lots: [{number: COM-0001, acquired: gift, quantity: 5}], packages: [{manager: dpkg, name: paint, versions: "<2"}]}
- {name: Paint, version: "2023", type: commercial, category: other, vendor: Lab, made_in: domestic,
   lots: [{number: COM-0002, acquired: gift, quantity: 5}], packages: [{manager: dpkg, name: paint, versions: ">=2"}]}
- {name: Forbidden, type: free, category: other, state: forbidden, packages: [{manager: dpkg, name: forbidden}]}
"""
DEBS = (
    Deb(name="approved", version="1.0", relations={"Depends": "dep"}),
    Deb(name="approved", version="1.5", relations={"Depends": "dep, first", "Pre-Depends": "first"}),
    Deb(name="approved", version="2.0", relations={"Depends": "dep"}),
    Deb(name="dep", version="1.0", architecture="amd64", relations={"Depends": "deeper"}),
    Deb(name="deeper", version="1.0"),
    Deb(name="first", version="1.0", architecture="amd64", relations={"Pre-Depends": "zeroth"}),
    Deb(name="zeroth", version="1.0"),
    Deb(name="unlisted", version="1.0", relations={"Depends": "follower"}),
    Deb(name="follower", version="1.0", architecture="amd64"),
    Deb(name="forbidden", version="1.0"),
    Deb(name="required", version="1.0"),
    Deb(name="required", version="1.1"),
    Deb(name="recorded", version="1.0"),
    Deb(name="swap", version="1.0", relations={"Conflicts": "recorded", "Replaces": "recorded"}),
    Deb(name="paint", version="1.0"),
    Deb(name="paint", version="2.0"),
    Deb(name="python3-tool", version="1.0"),
    # The one of the hosts' image again, for a repair.
    Deb(
        name="python3-minimal",
        version="3.11.2-1+b1",
        architecture="amd64",
        scripts={"postinst": "#!/bin/sh\nln -sf python3.11 /usr/bin/python3\n"},
    ),
    *(Deb(name=f"many{number}", version="1.0") for number in range(12)),
)
STATE = "/var/lib/zhengban"
GUARD_PROGRAM = """
import json, sys
sys.path.insert(0, "/opt/zhengban")
from host import guard_order
order, check = json.load(sys.stdin)
try:
    if "unguarded" in order:
        answer = guard_order.carry_out_door_test(order, "/var/lib/zhengban")
    else:
        answer = guard_order.carry_out(order, "/var/lib/zhengban", check)
except guard_order.OrderError as err:
    answer = {"error": str(err)}
print(json.dumps(answer))
"""


def table_text(folder: Path, *, mode: str = "enforce", policy: str = POLICY) -> str:
    """The table of PC-0001 under a policy, with ``recorded`` and ``paint`` on record."""
    workspace = make_workspace(folder, policy.replace("guard: {mode: enforce", f"guard: {{mode: {mode}"))
    holdings = {
        ("PC-0001", f"dpkg:{name}:all"): Holding(number=number, version="1.0", quantity=1, date=dt.date(2026, 11, 1))
        for name, number in (("recorded", "FREE-0004"), ("paint", "COM-0001"))
    }
    return table_of(workspace, History(holdings=holdings))


def table_of(workspace: Workspace, history: History = EMPTY_HISTORY) -> str:
    """The table of PC-0001 of a workspace."""
    computer = workspace.register.computer_by_number["PC-0001"]
    # Before any clock of this machine: a table from the future would end exceptions.
    now = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    return encode_table(compile_table(workspace.compiler.for_computer(computer), computer, history, now=now))


def check_way(row: dict[str, str], way: Way, elsewhere: set[str]) -> None:
    """A way was found as it should be, or is one of those that the lab's hosts do not have."""
    if row["result"] == "not applicable":
        assert way.name in elsewhere, row
        return
    assert row["result"] == row["expected"] == way.expected, row
    assert way.code in row["reason"], row
    assert (row["reason"] != "") == (way.expected == "shut")


class OnGuard(Coded):
    """A host whose guard is put there by the host code; ``doors`` are those it has."""

    doors: tuple[str, ...] = ("apt", "dpkg")

    def __init__(self, host: Host, code: str) -> None:
        super().__init__(host, code)
        host.write_file("/opt/zhengban/guard.py", GUARD_PROGRAM)

    def sh(self, script: str, *, check: bool = False) -> subprocess.CompletedProcess[str]:
        return self.host.run(["sh", "-c", script], check=check)

    def install(self, table: str, *, check: bool = False) -> Any:
        return self._guard({"state": "present", "table": table}, check)

    def shut(self, table: str) -> None:
        """Put the guard there, unless it stands with this table, and forget the attempts."""
        forget = f"rm -f {STATE}/attempts.jsonl"
        look = f"[ -x /usr/sbin/zhengban-guard ] && cat {STATE}/guard.json && zhengban-guard status"
        stands = self.sh(f"{forget}; {look}").stdout
        if not (stands.startswith(table) and all(f"\n{door}: shut\n" in stands for door in self.doors)):
            answer = self.install(table)
            assert {answer["doors"][door] for door in self.doors} == {"shut"}, answer
            self.sh(forget)

    def remove(self, *, check: bool = False) -> Any:
        return self._guard({"state": "absent", "table": None}, check)

    def try_doors(self, *, unguarded: bool = False, outside: dict[str, Any] | None = None) -> Any:
        return self._guard({"unguarded": unguarded, "outside": outside}, False)

    def attempts(self) -> list[dict[str, str]]:
        lines = self.sh(f"cat {STATE}/attempts.jsonl 2>/dev/null").stdout.splitlines()
        return [json.loads(line) for line in lines]

    def status(self) -> dict[str, str]:
        lines = self.sh("zhengban-guard status", check=True).stdout.splitlines()
        return dict(line.split(": ", 1) for line in lines)

    def _guard(self, order: dict[str, Any], check: bool) -> Any:
        call = json.dumps([{**order, "identity": {}}, check])
        done = self.host.run(["python3", "/opt/zhengban/guard.py"], input=call, check=True, timeout=300)
        return json.loads(done.stdout)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What became of a script: its exit code and output, the packages afterwards, and the attempts that were noted."""

    code: int
    said: str
    packages: dict[str, str]
    attempts: list[dict[str, str]]


class Guarded(OnGuard):
    """A Debian host with some of the packages on it; ``before`` are those it begins with."""

    def __init__(self, host: Host, code: str) -> None:
        super().__init__(host, code)
        self.sh("apt-get install -qq -y required=1.0 recorded paint=1.0", check=True)
        self.before = self.host.packages()

    def watch(self, script: str) -> Seen:
        """Run a script and look at the host in one visit, for each visit takes longer than most scripts."""
        layout = "${db:Status-Status}\\t${Package}\\t${Version}\\n"
        look = f"dpkg-query -W -f '{layout}'; printf '\\036'; cat {STATE}/attempts.jsonl 2>/dev/null; :"
        done = self.sh(f"( {script}\n) 2>&1; code=$?; printf '\\036%s\\036' $code; {look}", check=True)
        said, code, there, noted = done.stdout.split("\x1e")
        rows = (row.split("\t") for row in there.splitlines())
        packages = {name: version for status, name, version in rows if status == "installed"}
        return Seen(code=int(code), said=said, packages=packages, attempts=[*map(json.loads, noted.splitlines())])

    def restore(self) -> None:
        """What was installed goes away again, past hooks that are aside for a moment."""
        there = self.host.packages()
        if there == self.before:
            return
        came = " ".join(there.keys() - self.before.keys())
        kept = " ".join(f"/srv/repo/{name}_1.0_all.deb" for name in ("required", "recorded", "paint"))
        hooks = "/etc/dpkg/dpkg.cfg.d/zhengban-guard /etc/apt/apt.conf.d/99zhengban-guard"
        aside = "mkdir -p /root/aside; for hook in {0}; do [ ! -e $hook ] || mv $hook /root/aside/; done"
        back = "cd /root/aside; for hook in {0}; do [ ! -e ${{hook##*/}} ] || mv ${{hook##*/}} $hook; done"
        work = f"dpkg --purge --force-all {came}; dpkg --force-all -i {kept}"
        assert self.watch(f"{aside.format(hooks)}; {work}; {back.format(hooks)}").packages == self.before
