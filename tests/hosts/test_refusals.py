# SPDX-License-Identifier: Apache-2.0
"""What is refused, with a clear message and with nothing changed on any host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab
from tests.lab.office import DESKTOP, furnish, install

PLAN = {"name": "Read, judge and plan", "zhengban.baseline.plan": {}, "register": "zhengban_plan"}
ARM = {"name": "Arm the whole run", "zhengban.baseline.arm": {}}
APPLY = {"name": "Carry out the plan", "zhengban.baseline.apply": {}}


def play(*tasks: Mapping[str, Any]) -> dict[str, Any]:
    return {"hosts": "all", "gather_facts": False, "tasks": list(tasks)}


@pytest.fixture(scope="module")
def desktops(lab: Lab, office_repository: Path) -> Iterator[dict[str, Host]]:
    """Two desktops that no test of this module may change."""
    started = lab.start(("pc-0001", "pc-0002"), repository=office_repository)
    furnish(dict.fromkeys(started, DESKTOP))
    yield dict(zip(("PC-0001", "PC-0002"), started, strict=True))


@pytest.fixture
def here(lab: Lab, desktops: dict[str, Host], office: Callable[[Lab, Mapping[str, Host]], Office]) -> Iterator[Office]:
    """An office whose hosts must be as they were when the test is over, with a ledger that verifies."""
    before = {number: host.packages() for number, host in desktops.items()}
    made = office(lab, desktops)
    yield made
    assert {number: host.packages() for number, host in desktops.items()} == before
    assert made.ledger.verify() == ()
    assert made.ledger.all_records() == ()


def refused(run: Any, *texts: str) -> None:
    assert run.code != 0, run.output
    for text in texts:
        assert text in run.output
    assert "Traceback" not in run.output


def test_empty_policy(here: Office) -> None:
    for path in (here.workspace / "policies").glob("*.yml"):
        if path.name not in ("baseline.yml",):
            path.unlink()
    refused(here.run("zhengban.baseline.enforce"), "policies", "no software")


def test_unknown_key(here: Office) -> None:
    here.rewrite("policies/free.yml", lambda document: document["software"][1].update(colour="red"))
    refused(here.run("zhengban.baseline.enforce"), "policies/free.yml:", "colour")


def test_misspelt_department(here: Office) -> None:
    path = here.workspace / "policies" / "commercial.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("[财务处]", "[财务除]"), encoding="utf-8")
    refused(here.run("zhengban.baseline.enforce"), "policies/commercial.yml:", "财务除", "财务处")


def test_protected_package_stays(here: Office) -> None:
    """The whole plan goes on without it; here nothing else is left to do."""

    def forbid(document: Any) -> None:
        document["software"][0]["packages"] = [{"manager": "dpkg", "name": "openssh-server"}]

    here.rewrite("policies/forbidden.yml", forbid)
    here.set_baseline(actions={"forbidden": "remove"})
    run = here.run("zhengban.baseline.enforce")
    assert run.code == 0, run.output
    for plan in run.plans.values():
        assert plan["actions"] == []
        (refusal,) = plan["refusals"]
        assert refusal["package"].startswith("dpkg:openssh-server:")
        assert "protected" in refusal["reason"]


def test_more_removals_than_a_computer_may_lose(here: Office) -> None:
    here.set_baseline(limits={"removals_per_computer": 1, "computers_per_run": "100%"})
    refused(
        here.run("zhengban.baseline.enforce"), "PC-0001 would lose 2 packages, the limit is 1", "no host was touched"
    )


def test_one_computer_too_many_and_no_host_is_touched(here: Office) -> None:
    here.set_baseline(limits={"computers_per_run": "1"})
    refused(here.run("zhengban.baseline.enforce"), "2 computers would lose software, the limit is 1")


def test_serial_play_is_no_whole_run(here: Office) -> None:
    batched = {**play(ARM), "serial": 1}
    refused(here.run(here.playbook([play(PLAN), batched])), "arm needs all hosts of its play in one batch")


def test_plan_that_is_not_armed(here: Office) -> None:
    refused(here.run(here.playbook([play(PLAN, APPLY)])), "is not armed")


def test_apply_without_a_plan(here: Office) -> None:
    refused(here.run(here.playbook([play(APPLY)])), "There is no plan of this host")


def test_policy_edited_between_plan_and_arm(here: Office) -> None:
    edit = {
        "name": "Somebody edits the policy",
        "ansible.builtin.replace": {
            "path": str(here.workspace / "policies" / "baseline.yml"),
            "regexp": "forbidden: remove",
            "replace": "forbidden: report",
        },
        "delegate_to": "localhost",
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "run_once": True,
    }
    run = here.run(here.playbook([play(PLAN, edit), play(ARM)]))
    refused(run, "the policy for PC-0001 has changed since its plan was made")


def test_computer_that_is_not_adopted_is_only_audited(here: Office) -> None:
    def forget(document: Any) -> None:
        for computer in document["computers"]:
            computer["identity"] = {"serial_number": "", "machine_id": ""}

    here.rewrite("inventories/register/computers.yml", forget)
    run = here.run("zhengban.baseline.enforce")
    assert run.code == 0, run.output
    assert run.results("Arm the whole run")["pc-0001"]["audit_only"] == ["PC-0001", "PC-0002"]


def test_another_machine_answers(here: Office) -> None:
    def swap(document: Any) -> None:
        first, second = (computer["identity"] for computer in document["computers"])
        first["machine_id"], second["machine_id"] = second["machine_id"], first["machine_id"]

    here.rewrite("inventories/register/computers.yml", swap)
    run = here.run("zhengban.baseline.enforce")
    assert run.code == 0, run.output
    for plan in run.plans.values():
        assert plan["actions"] == []
        assert [refusal["code"] for refusal in plan["refusals"]] == ["identity_mismatch"]


def test_host_that_is_not_in_the_register(here: Office) -> None:
    run = here.run("zhengban.baseline.audit", "-e", "zhengban_computer=PC-9999")
    refused(run, "no computer has the number or the Ansible name 'PC-9999'")


def moved(command: str) -> dict[str, Any]:
    return {"name": "Something happens on the host", "ansible.builtin.shell": command}


@pytest.mark.parametrize(
    ("happens", "undone", "message"),
    [
        ("apt-get -qq -y install p7zip-desktop", "apt-get -qq -y purge p7zip-desktop", "packages have changed"),
        (
            "cp /etc/machine-id /root/id && echo 00000000000000000000000000000001 > /etc/machine-id",
            "cp /root/id /etc/machine-id",
            "this machine has '00000000000000000000000000000001'",
        ),
    ],
    ids=["digest", "identity"],
)
def test_host_moved_between_plan_and_apply(here: Office, happens: str, undone: str, message: str) -> None:
    run = here.run(here.playbook([play(PLAN), play(ARM), play(moved(happens)), play(APPLY)]))
    for host in here.hosts.values():
        host.run(["sh", "-c", undone], check=True)
    refused(run, message)
    assert here.ledger.pending() == ()


def test_used_plan(lab: Lab, office_repository: Path, office: Callable[[Lab, Mapping[str, Host]], Office]) -> None:
    (host,) = lab.start(("pc-0003",), repository=office_repository)
    install(host, *DESKTOP)
    here = office(lab, {"PC-0003": host})
    run = here.run(here.playbook([play(PLAN), play(ARM), play(APPLY), play(APPLY)]))
    refused(run, "was already carried out in run")
    assert len(here.ledger.all_records()) == len({item.record.id for item in here.ledger.all_records()}) > 0
    assert here.ledger.verify() == ()
    host.stop()


def test_unreachable_host_is_unread_and_the_others_go_on(
    lab: Lab, office_repository: Path, office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    started = lab.start(("pc-0004", "pc-0006"), repository=office_repository)
    furnish(dict.fromkeys(started, DESKTOP))
    hosts = dict(zip(("PC-0004", "PC-0006"), started, strict=True))
    here = office(lab, hosts)
    hosts["PC-0006"].stop()
    run = here.run("zhengban.baseline.enforce")
    assert run.code == 4, run.output
    armed = run.results("Arm the whole run")["pc-0004"]
    assert armed["unread"] == ["pc-0006"]
    assert list(armed["computers"]) == ["PC-0004"]
    assert here.records("PC-0004") != []
    assert here.records("PC-0006") == []
    hosts["PC-0004"].stop()
