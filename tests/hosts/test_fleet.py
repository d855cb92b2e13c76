# SPDX-License-Identifier: Apache-2.0
"""Twenty hosts, ten forks, one ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab
from tests.lab.office import furnish

pytestmark = pytest.mark.slow

NUMBERS = tuple(f"PC-{index:04}" for index in range(101, 121))


@pytest.fixture(scope="module")
def fleet(lab: Lab, office_repository: Path) -> dict[str, Host]:
    hosts = lab.start((number.lower() for number in NUMBERS), repository=office_repository)
    furnish(dict.fromkeys(hosts, ("sogoupinyin", "xunlei-thunder")))
    return dict(zip(NUMBERS, hosts, strict=True))


def test_one_computer_above_the_limit_and_then_all(
    lab: Lab, fleet: dict[str, Host], office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    here = office(lab, fleet)
    lots = here.workspace / "policies" / "commercial.yml"
    lots.write_text(lots.read_text(encoding="utf-8").replace("quantity: 10\n", "quantity: 20\n"), encoding="utf-8")
    before = {number: host.packages() for number, host in fleet.items()}

    here.set_baseline(limits={"computers_per_run": "95%"})
    run = here.run("zhengban.baseline.enforce", "--forks", "10")
    assert run.code != 0
    assert "20 computers would lose software, the limit is 19" in run.output
    assert {number: host.packages() for number, host in fleet.items()} == before
    assert here.ledger.all_records() == ()
    assert here.ledger.pending() == ()

    here.set_baseline()
    run = here.run("zhengban.baseline.enforce", "--forks", "10")
    assert run.code == 0, run.output
    records = here.ledger.all_records()
    expected = Counter(
        (number, f"dpkg:{item['name']}:{item['arch']}")
        for number, host in fleet.items()
        for item in run.plans[host.name]["actions"]
    )
    assert Counter((booked.record.computer, booked.record.package) for booked in records) == expected
    assert len({booked.record.id for booked in records}) == len(records) == 20 * 4
    assert here.ledger.verify() == ()
    for host in fleet.values():
        assert {"kav-endpoint", "kav-engine"} <= set(host.packages())
        assert not {"xunlei-thunder", "libxunlei-p2p"} & set(host.packages())
    loaded = [
        record["id"]
        for book in (here.workspace / "ledger" / "books").iterdir()
        for record in yaml.safe_load(book.read_text(encoding="utf-8"))["records"]
    ]
    assert sorted(loaded) == sorted(booked.record.id for booked in records)
