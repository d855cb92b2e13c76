# SPDX-License-Identifier: Apache-2.0
"""The host code on real Debian hosts with real apt: what it changes, what it refuses, what a kill leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.zhengban.baseline.plugins.plugin_utils.program import read_answer, write_program
from tests.hosts.managed import DEBS, JOURNAL, STATE, Managed, pack_host_code
from tests.lab.hosts import Lab
from tests.lab.repository import build_repository


@pytest.fixture(scope="module")
def new_host(lab: Lab, collection_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Managed]:
    repository = build_repository(tmp_path_factory.mktemp("repository"), DEBS)
    code = pack_host_code(collection_root)

    def make(name: str) -> Managed:
        (host,) = lab.start([name], repository=repository)
        return Managed(host, code)

    return make


@pytest.fixture(scope="module")
def shared(new_host: Callable[[str], Managed]) -> Managed:
    """A host that every test leaves as it found it."""
    return new_host("txn-shared")


@pytest.fixture
def untouched(shared: Managed) -> Iterator[Managed]:
    """The shared host; afterwards its packages and marks must be what they were."""
    before = shared.host.packages(), shared.automatic()
    yield shared
    assert (shared.host.packages(), shared.automatic()) == before


def outcomes(result: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {one["package"]: (one["state"], one["version"]) for one in result["outcomes"]}


def test_one_transaction_brings_upgrades_and_takes_what_was_planned(new_host: Callable[[str], Managed]) -> None:
    managed = new_host("txn-apply")
    before = managed.host.packages()
    order = managed.order(
        install=[{"name": "required", "versions": "<9"}],
        upgrade=[{"name": "approved", "versions": ">=2"}, {"name": "olddep", "versions": ""}],
        remove=["follower:amd64", "unlisted:all"],
    )
    result = managed.call("apply", order)
    assert (result["state"], result["reason"]) == ("done", "")
    assert outcomes(result) == {
        "dpkg:required:all": ("done", "3.0"),
        "dpkg:newdep:amd64": ("done", "1.0"),
        "dpkg:follower:amd64": ("done", ""),
        "dpkg:unlisted:all": ("done", ""),
        "dpkg:approved:all": ("done", "2.0"),
        "dpkg:olddep:amd64": ("done", "1.1"),
    }
    after = {**before, "required": "3.0", "newdep": "1.0", "approved": "2.0", "olddep": "1.1"}
    del after["follower"], after["unlisted"]
    assert managed.host.packages() == after
    # an upgraded automatic package and a new dependency are automatic, what somebody asked for is not
    assert managed.automatic() & {"olddep", "newdep", "required", "approved"} == {"olddep", "newdep"}
    assert result["facts"]["digest"] == managed.call("collect")["digest"]
    assert "Setting up newdep (1.0)" in result["output"]
    # once only, and recovery gives the same outcomes
    again = managed.call("apply", {**order, "facts_digest": result["facts"]["digest"]})
    assert (again["state"], "in this host's journal as 'done'" in again["reason"]) == ("refused", True)
    settled = managed.call("settle", order["intent"], 0)
    assert (settled["state"], settled["outcomes"]) == ("done", result["outcomes"])
    modes = managed.host.run(["stat", "-c", "%a %U", STATE, JOURNAL], check=True).stdout
    assert modes == "700 root\n600 root\n"


def test_a_simulation_needs_no_root_and_changes_nothing(untouched: Managed) -> None:
    request = {"manager": "dpkg", "install": [], "upgrade": [], "remove": ["follower:amd64"]}
    command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "python3", "/opt/zhengban/main.py"]
    done = untouched.host.run([*command, "simulate"], input=json.dumps([request]), check=True)
    assert [step["name"] for step in json.loads(done.stdout)["steps"]] == ["follower", "unlisted"]
    order = untouched.order(remove=["unlisted:all"])
    refused = untouched.host.run([*command, "apply"], input=json.dumps([order]), check=True)
    assert "root" in json.loads(refused.stdout)["reason"]


def test_what_cannot_be_had_is_said(untouched: Managed) -> None:
    untouched.host.run(["apt-mark", "hold", "unlisted"], check=True)
    try:
        answer = untouched.call(
            "simulate",
            {
                "manager": "dpkg",
                "install": [{"name": "required", "versions": ">=10"}, {"name": "nowhere", "versions": ""}],
                "upgrade": [{"name": "approved", "versions": "<1"}],
                "remove": ["unlisted:all"],
            },
        )
        # held, though only taken along
        collateral = untouched.call(
            "simulate", {"manager": "dpkg", "install": [], "upgrade": [], "remove": ["follower:amd64"]}
        )
    finally:
        untouched.host.run(["apt-mark", "unhold", "unlisted"], check=True)
    assert [(one["name"], one["reason"]) for one in answer["unavailable"]] == [
        ("approved", "no version in range: 2.0, 1.0"),
        ("nowhere", "no repository of this host offers it"),
        ("required", "no version in range: 9.0, 3.0"),
        ("unlisted:all", "held in version 1.0"),
    ]
    assert "held packages" in collateral["error"]


def test_refusals_change_nothing(untouched: Managed) -> None:
    order = untouched.order(remove=["follower:amd64", "unlisted:all"])
    (transaction,) = order["transactions"]
    steps = transaction["steps"]

    def with_steps(steps: list[dict[str, str]]) -> dict[str, Any]:
        return {**order, "transactions": [{**transaction, "steps": steps}]}

    protected = untouched.order(install=[{"name": "plugin-of-ssh", "versions": ""}])
    (conflicting,) = protected["transactions"]
    assert ("remove", "openssh-server") in {(step["kind"], step["name"]) for step in conflicting["steps"]}
    cases = {
        "protected packages would be removed: dpkg:openssh-server:amd64": protected,
        "protected packages would be removed: dpkg:follower:amd64": {**order, "protect": ["follower"]},
        "packages have changed": {**order, "facts_digest": "0" * 64},
        "this machine has": {**order, "identity": {"serial_number": "", "machine_id": "f" * 32}},
        "planned and missing: remove extra:all": with_steps([{**steps[0], "name": "extra", "arch": "all"}, *steps]),
        "not planned: remove follower:amd64 1.0": with_steps(steps[1:]),
    }
    for reason, wrong in cases.items():
        result = untouched.call("apply", wrong)
        assert (result["state"], reason in result["reason"]) == ("refused", True), result["reason"]
    assert untouched.host.run(["test", "-e", JOURNAL]).returncode == 1


def test_the_hook_stops_an_apt_that_does_more_than_it_said(untouched: Managed) -> None:
    """Whatever changes between the last simulation and apt's lock: here an apt that adds a package of its own."""
    order = untouched.order(remove=["follower:amd64", "unlisted:all"])
    wrapper = '#!/bin/sh\ncase " $* " in *" -s "*) ;; *) set -- "$@" extra ;; esac\nexec /usr/bin/apt-get "$@"\n'
    untouched.host.write_file("/usr/local/sbin/apt-get", wrapper, mode="0755")
    try:
        result = untouched.call("apply", order)
    finally:
        untouched.host.run(["rm", "/usr/local/sbin/apt-get"], check=True)
    assert result["state"] == "refused"
    assert result["reason"].endswith("not the plan: not planned: install extra:all 6.6")
    assert set(outcomes(result).values()) == {("not_done", "1.0")}
    assert untouched.call("settle", order["intent"], 0)["outcomes"] == result["outcomes"]
    untouched.host.run(["rm", JOURNAL], check=True)


def test_a_torn_journal_and_an_intent_nobody_started(untouched: Managed) -> None:
    order = untouched.order(remove=["unlisted:all"])
    untouched.host.run(["mkdir", "-p", STATE], check=True)
    untouched.host.run(["sh", "-c", f'printf \'{{"intent": "torn\' >> {JOURNAL}'], check=True)
    assert untouched.call("settle", order["intent"], 0)["state"] == "never"
    late = untouched.call("apply", order)
    assert (late["state"], "as 'settled'" in late["reason"]) == ("refused", True)
    lines = untouched.host.run(["cat", JOURNAL], check=True).stdout.splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["settled"]
    untouched.host.run(["rm", JOURNAL], check=True)


def test_a_failing_package_is_told_as_it_is(new_host: Callable[[str], Managed]) -> None:
    managed = new_host("txn-broken")
    order = managed.order(install=[{"name": "broken", "versions": ""}], remove=["follower:amd64", "unlisted:all"])
    result = managed.call("apply", order)
    assert result["state"] == "failed"
    assert result["reason"].startswith("apt-get ended with 100: ")
    assert outcomes(result)["dpkg:unlisted:all"] == ("done", "")
    (broken,) = (one for one in result["outcomes"] if one["package"] == "dpkg:broken:all")
    assert (broken["state"], broken["version"], broken["reason"]) == ("done", "1.0", "dpkg says half-configured")


def test_a_lost_connection_lets_it_finish(new_host: Callable[[str], Managed]) -> None:
    managed = new_host("txn-hangup")
    order = managed.order(install=[{"name": "slow", "versions": ""}])
    process = managed.start(order)
    for name in ("HUP", "TERM"):
        managed.host.run(["kill", f"-{name}", process], check=True)
    settled = managed.call("settle", order["intent"], 30)
    assert settled["state"] == "done"
    assert outcomes(settled) == {"dpkg:slow:all": ("done", "1.0")}
    managed.wait_for("/root/answer.json")
    answer = json.loads(managed.host.run(["cat", "/root/answer.json"], check=True).stdout)
    assert (answer["state"], answer["outcomes"]) == ("done", settled["outcomes"])
    # what a package starts must not be deaf to TERM because we were (that it is to HUP is apt's doing)
    mask = int(managed.host.run(["cat", "/run/slow-runs"], check=True).stdout.split()[1], 16)
    assert not mask >> (signal.SIGTERM - 1) & 1


def test_recovery_waits_for_the_apt_of_a_killed_module(new_host: Callable[[str], Managed]) -> None:
    managed = new_host("txn-kill")
    order = managed.order(install=[{"name": "slow", "versions": ""}])
    # Made before: a busy machine may take longer for it than apt does.
    other = managed.order(remove=["unlisted:all"])
    process = managed.start(order)
    managed.host.run(["kill", "-KILL", process], check=True)
    assert managed.call("settle", order["intent"], 0) == {"state": "busy"}
    refused = managed.call("apply", other)
    assert (refused["state"], "another transaction is running" in refused["reason"]) == ("refused", True)
    settled = managed.call("settle", order["intent"], 30)
    # apt was not hurt: nobody read its output, nobody waited for it, and it still finished the package
    assert settled["state"] == "interrupted"
    assert managed.host.packages()["slow"] == "1.0"
    assert "slow" in {row[1] for row in settled["facts"]["packages"]}
    assert "as 'started'" in managed.call("apply", order)["reason"]


def test_the_program_of_an_action_does_the_same(
    lab: Lab, new_host: Callable[[str], Managed], ansible_environment: dict[str, str], tmp_path: Path
) -> None:
    """The hook's source, for one, has to be found inside the text that Ansible sends."""
    managed = new_host("txn-ansible")
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"txn-ansible": lab.ssh_variables()}}}))

    def software_info(arguments: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
        command = [sys.executable, "-m", "ansible", "adhoc", "-i", str(inventory), "all"]
        command += ["-m", "zhengban.baseline.software_info", *(["-a", json.dumps(arguments)] if arguments else [])]
        environment = {**ansible_environment, **environment}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.partition("=>")[2])
        return answer

    def ask(question: str, arguments: dict[str, Any], *, check: bool = False) -> dict[str, Any]:
        program = write_program(question, arguments, check).decode()
        done = managed.host.run(["python3", "-I", "-"], input=program)
        said = read_answer(done.stdout)
        assert said is not None, done.stderr
        answer: dict[str, Any] = said.get("answer", said)
        return answer

    facts = software_info({}, {})["facts"]
    assert facts["digest"] == managed.call("collect")["digest"]
    known = {"known_digest": facts["digest"]}
    for way in ({"ANSIBLE_PIPELINING": "true"}, {"ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3"}):
        assert software_info(known, way)["facts"]["unchanged"] is True
    assert managed.host.run(["sh", "-c", "ls -A /root/.ansible/tmp"]).stdout == ""
    order = managed.order(remove=["follower:amd64", "unlisted:all"])
    (transaction,) = order["transactions"]
    simulated = ask("simulate", {"request": transaction["request"]}, check=True)
    assert (simulated["is_root"], simulated["result"]["steps"]) == (True, transaction["steps"])
    before = managed.host.packages()
    assert "check mode" in ask("apply", {"order": order}, check=True)["refused"]
    assert "check mode" in ask("settle", {"intent": "x/y", "wait_seconds": 1}, check=True)["refused"]
    assert managed.host.packages() == before
    assert managed.host.run(["test", "-e", STATE]).returncode == 1
    applied = ask("apply", {"order": order})
    assert applied["state"] == "done"
    settled = ask("settle", {"intent": order["intent"], "wait_seconds": 1})
    assert settled["outcomes"] == applied["outcomes"]
    assert "unlisted" not in managed.host.packages()
