# SPDX-License-Identifier: Apache-2.0
"""Legitimate transactions, drawn from a seed, pass a guard that is shut: not one is blocked.

``ZHENGBAN_TRANSACTIONS`` says how many; ``make guardtest`` asks for 500.
"""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hosts.guarded import DEBS, POLICY, Guarded, table_text
from tests.hosts.legitimate import POLICY as KITS
from tests.hosts.legitimate import draw_transactions, make_debs
from tests.hosts.managed import pack_host_code
from tests.lab.hosts import Lab
from tests.lab.repository import build_repository

pytestmark = pytest.mark.slow

SEED = 20261123
COUNT = int(os.environ.get("ZHENGBAN_TRANSACTIONS", "50"))
# One after the other, to the first that fails or that the guard says a word about; with what is there after each.
RUN = """\
while IFS= read -r command; do
  number=$((number + 1))
  ( eval "$command" ) > /root/said 2>&1 < /dev/null
  code=$?
  echo "$number $(dpkg-query -W | sha256sum)"
  [ $code = 0 ] && ! grep -q '^zhengban' /root/said && ! [ -e /var/lib/zhengban/attempts.jsonl ] && continue
  echo "$command: exit $code"
  cat /root/said
  exit 1
done
"""


def test_no_legitimate_transaction_is_blocked(lab: Lab, collection_root: Path, tmp_path: Path) -> None:
    """Each one passes, and leaves what it leaves on a host without the guard."""
    # An upgrade to an edition nobody asked for would rightly be blocked.
    usual = (deb for deb in DEBS if deb.version != "2.0")
    repository = build_repository(tmp_path / "repository", (*usual, *make_debs(SEED)))
    code = pack_host_code(collection_root)
    guarded, without = (
        Guarded(host, code) for host in lab.start(["guard-legitimate", "guard-absent"], repository=repository)
    )
    answer = guarded.install(table_text(tmp_path / "workspace", policy=POLICY + KITS))
    assert answer["doors"]["apt"] == answer["doors"]["dpkg"] == "shut"
    transactions = "".join(f"{command}\n" for command in draw_transactions(SEED, COUNT))

    def run(one: Guarded) -> subprocess.CompletedProcess[str]:
        return one.host.run(["sh", "-c", RUN], input=transactions, timeout=3600)

    with ThreadPoolExecutor() as pool:
        there, legitimate = pool.map(run, (guarded, without))
    assert legitimate.returncode == 0, f"not legitimate, it fails without the guard: {legitimate.stdout[-4000:]}"
    assert there.returncode == 0, there.stdout[-4000:]
    assert there.stdout == legitimate.stdout
    assert len(there.stdout.splitlines()) == COUNT
    assert {"recorded", "required"} <= guarded.host.packages().keys()
    # The doors were shut all the time.
    assert guarded.sh("apt-get -y install unlisted").returncode == 100
    assert [attempt["verdict"] for attempt in guarded.attempts()] == ["blocked"]
    # Why the draw upgrades only after autoremove: of 500 others, one upgrade met a part of a kit that had left.
    guarded.sh("apt-get -y --allow-downgrades install kit5=1.0 own5=1.0 && apt-mark auto own5", check=True)
    guarded.sh("apt-get -y remove kit5", check=True)
    assert guarded.sh("apt-get -y upgrade").returncode == 100
    assert "unlisted own5:all 1.2" in guarded.attempts()[-1]["reasons"]
    guarded.sh("apt-get -y autoremove && apt-get -y upgrade", check=True)
    assert len(guarded.attempts()) == 2
