# SPDX-License-Identifier: Apache-2.0
"""Legitimate transactions, drawn from a seed, pass a guard that is shut: not one is blocked.

``ZHENGBAN_TRANSACTIONS`` says how many; ``make guardtest`` asks for 500.
"""

from __future__ import annotations

import os
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
# One after the other, to the first that fails.
RUN = """\
while IFS= read -r command; do
  number=$((number + 1))
  ( eval "$command" ) > /root/said 2>&1 < /dev/null || { echo "$number: $command"; cat /root/said; exit 1; }
done
echo "$number"
"""


def test_no_legitimate_transaction_is_blocked(lab: Lab, collection_root: Path, tmp_path: Path) -> None:
    # An upgrade to an edition nobody asked for would rightly be blocked.
    usual = (deb for deb in DEBS if deb.version != "2.0")
    repository = build_repository(tmp_path / "repository", (*usual, *make_debs(SEED)))
    (host,) = lab.start(["guard-legitimate"], repository=repository)
    guarded = Guarded(host, pack_host_code(collection_root))
    answer = guarded.install(table_text(tmp_path / "workspace", policy=POLICY + KITS))
    assert answer["doors"]["apt"] == answer["doors"]["dpkg"] == "shut"
    transactions = list(draw_transactions(SEED, COUNT))
    done = host.run(["sh", "-c", RUN], input="\n".join(transactions) + "\n", timeout=3600)
    assert (done.returncode, done.stdout.strip()) == (0, str(COUNT)), done.stdout
    assert [(attempt["command"], attempt["reasons"]) for attempt in guarded.attempts()] == []
    assert {"recorded", "required"} <= host.packages().keys()
    # The doors were shut all the time.
    assert guarded.sh("apt-get -y install unlisted").returncode == 100
    assert [attempt["verdict"] for attempt in guarded.attempts()] == ["blocked"]
