# SPDX-License-Identifier: Apache-2.0
"""Two seats in two lots for three hosts: the dry run says who gets which, the run does it, and nobody fails.

Source: DESIGN 5, 6, DOMAIN S3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab
from tests.lab.office import furnish

NUMBERS = ("PC-0001", "PC-0002", "PC-0003")
MOVED = {"PC-0002": {"COM-0003": "COM-0013"}}


def test_seats_in_computer_order(
    lab: Lab, office_repository: Path, office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    hosts = lab.start((number.lower() for number in NUMBERS), repository=office_repository)
    furnish(dict.fromkeys(hosts, ("xunlei-thunder",)))
    here = office(lab, dict(zip(NUMBERS, hosts, strict=True)))
    here.set_baseline()
    lots = here.workspace / "policies" / "commercial.yml"
    text = lots.read_text(encoding="utf-8").replace("quantity: 10\n", "quantity: 1\n")
    lots.write_text(
        text.replace("  - number: COM-0003\n", "  - number: COM-0003\n    usable_versions: [V9]\n").replace(
            "    references: [合同 2026-002]\n",
            "    references: [合同 2026-002]\n  - {number: COM-0013, quantity: 1}\n",
        ),
        encoding="utf-8",
    )

    check = here.run("zhengban.baseline.enforce", "--check")
    run = here.run("zhengban.baseline.enforce")

    for shown in (check, run):
        assert shown.code == 0, shown.output
        (armed,) = shown.results("Arm the whole run").values()
        assert (sorted(armed["computers"]), armed["moved"], list(armed["without_seat"])) == (
            ["PC-0001", "PC-0002"],
            MOVED,
            ["PC-0003"],
        )
        assert "PC-0003 left out: no seat is left in COM-0003 (1 of 1 taken), COM-0013 (1 of 1 taken)" in armed["msg"]
        applied = shown.results("Carry out the plan")
        assert [(host, applied[host]["changed"]) for host in sorted(applied)] == [
            ("pc-0001", True),
            ("pc-0002", True),
            ("pc-0003", False),
        ]
        assert applied["pc-0003"]["msg"].startswith("Left out of the run: no seat is left in COM-0003")
    assert check.hashes == run.hashes
    booked = {
        (item.book, item.record.computer, item.record.package.split(":")[1])
        for item in here.ledger.all_records()
        if item.record.action == "install"
    }
    # What came along is in the book of the lot that was handed out.
    assert booked == {
        (lot, number, name)
        for lot, number in (("COM-0003", "PC-0001"), ("COM-0013", "PC-0002"))
        for name in ("kav-endpoint", "kav-engine")
    }
    # All of its plan stays undone, what would have left included.
    assert "xunlei-thunder" in hosts[2].packages()
    for host in hosts:
        host.stop()
