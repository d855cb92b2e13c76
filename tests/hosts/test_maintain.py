# SPDX-License-Identifier: Apache-2.0
"""A change under a request through the collection: only on its computer, once. Source: DESIGN 9, DOMAIN I1, I2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab
from tests.lab.office import DESKTOP, SERVER, furnish
from zhengban.papers.deciding import decide
from zhengban.papers.decision import Decision
from zhengban.papers.requesting import Draft, apply_for
from zhengban.run.workspace import Workspace

MakeOffice = Callable[[Lab, Mapping[str, Host]], Office]


@pytest.fixture
def hosts(lab: Lab, office_repository: Path) -> Iterator[dict[str, Host]]:
    started = lab.start(("pc-0001", "srv-0001"), repository=office_repository)
    furnish(dict(zip(started, (DESKTOP, SERVER), strict=True)))
    yield dict(zip(("PC-0001", "SRV-0001"), started, strict=True))
    for host in started:
        host.stop()


def apply_and_approve(here: Office) -> str:
    """E0007 applies for 7-Zip on PC-0001; the head of the department and IT approve."""
    workspace, now = Workspace(here.workspace), dt.datetime.now(dt.UTC)
    draft = Draft(computer="PC-0001", kind="install", number="FREE-0002", applicant="E0007", reason="解压")
    (filed,) = apply_for(workspace, [draft], now=now)
    for person in ("E0003", "E0002"):
        decide(workspace, filed.id, Decision(kind="approved", by=person), now=now)
    return filed.id


def test_maintain_carries_out_one_request_once(lab: Lab, hosts: dict[str, Host], office: MakeOffice) -> None:
    here = office(lab, hosts)
    here.set_baseline(mode="audit")
    request = apply_and_approve(here)
    options = ("-e", f"zhengban_request={request}")
    before = hosts["SRV-0001"].packages()

    check = here.run("zhengban.baseline.maintain", *options, "--check")
    assert check.code == 0, check.output
    assert "p7zip-desktop" not in hosts["PC-0001"].packages()

    run = here.run("zhengban.baseline.maintain", *options)
    assert run.code == 0, run.output
    packages = hosts["PC-0001"].packages()
    assert "p7zip-desktop" in packages
    assert "xunlei-thunder" in packages, "a request changes what it asks for and nothing else"
    assert hosts["SRV-0001"].packages() == before
    planned = run.results("Plan")
    assert planned["pc-0001"]["hash"] == check.results("Plan")["pc-0001"]["hash"]
    assert planned["srv-0001"]["is_concerned"] is False
    records = {(item.book, item.record.action, item.record.cause) for item in here.ledger.all_records()}
    assert records == {("FREE-0002", "install", f"request:{request}")}
    assert here.ledger.verify() == ()

    again = here.run("zhengban.baseline.maintain", *options)
    assert again.code != 0
    assert "a request is good for one change" in again.output


def test_maintain_and_deploy_refuse_before_a_host_is_touched(
    lab: Lab, hosts: dict[str, Host], office: MakeOffice
) -> None:
    here = office(lab, hosts)
    before = {number: host.packages() for number, host in hosts.items()}
    request = apply_and_approve(here)
    for playbook, options, message in (
        ("maintain", (), "no request is named"),
        ("maintain", ("-e", "zhengban_request=REQ-2026-000000-0001"), "there is no request"),
        ("maintain", ("-e", f"zhengban_request={request}", "--limit", "localhost,srv-0001"), "No host of this run is"),
        ("deploy", ("-e", '{"zhengban_install": ["FREE-0002"]}'), "a unified deployment names its notice"),
    ):
        run = here.run(f"zhengban.baseline.{playbook}", *options)
        assert run.code != 0, run.output
        assert message in run.output
    assert {number: host.packages() for number, host in hosts.items()} == before
    assert here.ledger.all_records() == ()
