# SPDX-License-Identifier: Apache-2.0
"""A host whose package database holds names made to be executed: they stay data everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab

# dpkg itself would refuse some of these; a hostile host would not.
NAMES = (
    "{{ 7*7 }}",
    "{{ lookup('pipe', 'touch templated') }}",
    "$(touch x)",
    "`touch x`",
    "a'b\"c",
    '- {"action":"install"}',
    "软" * 300,
    "../../escape",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "--allow-remove-essential",
)


def test_names_stay_data(
    lab: Lab, office_repository: Path, office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    (host,) = lab.start(("pc-0001",), repository=office_repository)
    stanza = (
        "Package: {}\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\nMaintainer: x\nDescription: x\n"
    )
    host.run(
        ["sh", "-c", "printf '\\n' >> /var/lib/dpkg/status; cat >> /var/lib/dpkg/status"],
        input="\n".join(stanza.format(name) for name in NAMES),
        check=True,
    )
    here = office(lab, {"PC-0001": host})
    run = here.run("zhengban.baseline.audit")
    assert run.code == 0, run.output
    (plan,) = run.plans.values()
    found = {finding["package"] for finding in plan["findings"] if finding["code"] == "unlisted"}
    assert {f"dpkg:{name}:all" for name in NAMES} <= found
    assert "  unlisted dpkg:{{ 7*7 }}:all 1.0" in run.output
    # None of them becomes an argument, and they keep nothing else from being planned.
    assert {item["name"] for item in plan["actions"]} == {"kav-endpoint", "kav-engine"}
    refusals = {item["package"]: item["reason"] for item in plan["refusals"]}
    assert {f"dpkg:{name}:all" for name in NAMES} <= refusals.keys()
    assert all("no Debian package is called that" in refusals[f"dpkg:{name}:all"] for name in NAMES)

    facts = json.loads((here.workspace / "facts" / "PC-0001.json").read_text(encoding="utf-8"))
    assert set(NAMES) <= {row[1] for row in facts["packages"]}
    for events in (here.workspace / "ledger" / "events").glob("*.yml"):
        document = yaml.safe_load(events.read_text(encoding="utf-8"))
        packages = {event["data"]["package"] for event in document["events"]}
        assert {f"dpkg:{name}:all" for name in NAMES} <= packages
    assert here.ledger.verify() == ()

    enforce = here.run("zhengban.baseline.enforce")
    # dpkg itself will not work with such a database, and says so; nothing was done and nothing is recorded.
    assert enforce.code == 2, enforce.output
    assert "apt-get ended with 100" in enforce.output
    assert "Traceback" not in enforce.output
    assert here.ledger.all_records() == ()
    assert here.ledger.pending() == ()
    assert host.run(["sh", "-c", "ls / /root /tmp | grep -x x"]).stdout == ""
    assert not [path for path in here.workspace.rglob("*") if path.name in ("x", "templated", "escape.json")]
    host.stop()
