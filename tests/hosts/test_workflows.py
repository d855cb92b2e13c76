# SPDX-License-Identifier: Apache-2.0
"""A fleet's software life: deployed, upgraded in rings, urgently removed, undone. Source: DESIGN 5, DOMAIN I2, I4.

Six hosts; ``make fleettest`` takes fifty.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping

import pytest
import yaml

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab
from tests.lab.office import furnish
from tests.lab.repository import Deb, build_repository

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("ZHENGBAN_FLEET", "6"))
NUMBERS = tuple(f"PC-{index:04}" for index in range(201, 201 + COUNT))
FORKS = ("--forks", "20")
DEBS = (
    Deb(name="ruler", version="1.0"),
    Deb(name="ruler", version="2.0"),
    Deb(name="xunlei-thunder", version="1.0"),
)
SOFTWARE = """\
software:
- name: 量尺
  number: FREE-0901
  type: free
  category: other
  packages: [{{manager: dpkg, name: ruler, versions: "{versions}"}}]
"""
UPGRADES = f"""\
upgrades:
- software: 量尺
  to_version: ">=2"
  rollout:
  - {{for: {{computers: [{NUMBERS[0]}, {NUMBERS[1]}]}}, from: 2026-01-01, failures: 20}}
  - {{percent: 100, from: 2026-01-02}}
"""
HEALTH = """\
- name: Nothing is broken
  ansible.builtin.command: test ! -e /etc/unwell
  changed_when: false
"""


@pytest.fixture(scope="module")
def fleet(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Host]]:
    repository = build_repository(tmp_path_factory.mktemp("fleet") / "repository", DEBS)
    hosts = lab.start((number.lower() for number in NUMBERS), repository=repository)
    furnish(dict.fromkeys(hosts, ("xunlei-thunder",)))
    yield dict(zip(NUMBERS, hosts, strict=True))
    for host in hosts:
        host.stop()


def versions(here: Office, package: str) -> dict[str, str]:
    return {number: host.packages().get(package, "") for number, host in here.hosts.items()}


def command(here: Office, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["zhengban", *arguments], cwd=here.workspace, env=dict(here.environment), capture_output=True, text=True
    )


def test_the_life_of_a_fleet(
    lab: Lab, fleet: dict[str, Host], office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    here = office(lab, fleet)
    here.set_baseline(actions={"upgrade_due": "upgrade"}, limits={"computers_per_run": "1"})
    ruler = here.workspace / "policies" / "ruler.yml"
    ruler.write_text(SOFTWARE.format(versions="<2"), encoding="utf-8")

    # A unified deployment.
    order = '{"zhengban_install": ["FREE-0901"], "zhengban_notice": "2026-031"}'
    run = here.run("zhengban.baseline.deploy", *FORKS, "-e", order)
    assert run.code == 0, run.output
    assert versions(here, "ruler") == dict.fromkeys(NUMBERS, "1.0")

    # An upgrade in rings, the first of which fails on purpose.
    ruler.write_text(SOFTWARE.format(versions=">=1"), encoding="utf-8")
    (here.workspace / "policies" / "upgrades.yml").write_text(UPGRADES, encoding="utf-8")
    health = here.workspace / "health.yml"
    health.write_text(HEALTH, encoding="utf-8")
    fleet[NUMBERS[0]].write_file("/etc/unwell", "")
    upgrade = ("zhengban.baseline.upgrade", *FORKS, "-e", f"zhengban_health={health}")
    run = here.run(*upgrade)
    assert run.code != 0
    assert f"{NUMBERS[0]} is not well after its upgrade: Nothing is broken" in run.output
    ringed = {number: "2.0" if number in NUMBERS[:2] else "1.0" for number in NUMBERS}
    assert versions(here, "ruler") == ringed
    run = here.run(*upgrade)
    assert run.code == 0, run.output
    assert versions(here, "ruler") == ringed
    held = run.plans[NUMBERS[2].lower()]["refusals"]
    assert [item["reason"] for item in held if item["code"] == "upgrade_due"] == [
        f"step 1 of the rollout (from 2026-01-01) failed on 1 of 2 computers, its limit is 20 %: {NUMBERS[0]}"
    ]
    status = command(here, "upgrade", "status")
    assert (status.returncode, NUMBERS[0] in status.stdout) == (1, True)
    told = command(here, "upgrade", "note", NUMBERS[0], "--healthy", "--by", "E0002", "--reason", "repaired")
    assert told.returncode == 0, told.stderr
    run = here.run(*upgrade)
    assert run.code == 0, run.output
    assert versions(here, "ruler") == dict.fromkeys(NUMBERS, "2.0")

    # An urgent removal, beyond grace and limit, while some are away.
    away = NUMBERS[-3:]
    opened = command(
        here, "urgent", "open", "dpkg:xunlei-*", "--computers", str(COUNT), "--reason", "RCE", "--approved-by", "E0001"
    )
    assert opened.returncode == 0, opened.stderr
    variables = here.workspace / "inventories" / "host_vars"
    variables.mkdir()
    for number in away:
        cut = {"ansible_ssh_common_args": "-o ProxyCommand=false", "ansible_control_path_dir": "/nonexistent"}
        (variables / f"{number.lower()}.yml").write_text(yaml.safe_dump(cut), encoding="utf-8")
    run = here.run("zhengban.baseline.urgent", *FORKS)
    assert run.code == 4, run.output
    assert {number for number, version in versions(here, "xunlei-thunder").items() if version} == set(away)
    for path in variables.iterdir():
        path.unlink()
    run = here.run("zhengban.baseline.urgent", *FORKS)
    assert run.code == 0, run.output
    assert set(versions(here, "xunlei-thunder").values()) == {""}
    assert command(here, "urgent", "list").returncode == 0

    # The last upgrade undone.
    causes = {item.record.run: item.record.cause for item in here.ledger.all_records()}
    upgraded = max(run for run, cause in causes.items() if cause == "upgrade")
    run = here.run("zhengban.baseline.restore", *FORKS, "-e", f"zhengban_run={upgraded}")
    assert run.code == 0, run.output
    assert versions(here, "ruler") == {**dict.fromkeys(NUMBERS, "1.0"), **dict.fromkeys(NUMBERS[:2], "2.0")}

    records = [item.record for item in here.ledger.all_records()]
    assert {record.cause.partition(":")[0] for record in records} == {"deployment", "upgrade", "urgent", "restore"}
    assert len({record.id for record in records}) == len(records) == COUNT * (1 + 2 + 1 + 2) - 2 * 2
    assert here.ledger.verify() == ()
    assert here.ledger.pending() == ()
