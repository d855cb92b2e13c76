# SPDX-License-Identifier: Apache-2.0
"""Hosts on which a run cannot do its work: each gets one clear message, the others go on, the ledger is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
import yaml

from tests.hosts.conftest import Office
from tests.lab.hosts import Host, Lab
from tests.lab.office import install
from tests.lab.repository import Deb, build_repository

pytestmark = pytest.mark.slow

DEBS = (
    Deb(name="kav-endpoint", version="9.2", relations={"Depends": "kav-engine"}),
    Deb(name="kav-engine", version="9.2"),
    Deb(name="xunlei-thunder", version="1.0"),
    Deb(name="half", version="1.0", scripts={"postinst": "#!/bin/sh\nexit 3\n"}),
)
SOFTWARE = """\
software:
- {name: 半成品, number: FREE-0301, type: free, category: other, packages: [{manager: dpkg, name: half}]}
"""
STATE = "/var/lib/zhengban"
LOCK = "import fcntl, time; file = open('/var/lib/dpkg/lock-frontend', 'w'); fcntl.lockf(file, fcntl.LOCK_EX); "
LOCK += "open('/run/locked', 'w').close(); time.sleep(600)"
WELL, AWAY, PLAIN, NO_PYTHON, LOCKED, FULL, HALF = (f"PC-{index:04}" for index in range(301, 308))
SICK = (AWAY, PLAIN, NO_PYTHON, LOCKED, FULL, HALF)


@pytest.fixture(scope="module")
def hosts(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Host]]:
    repository = build_repository(tmp_path_factory.mktemp("sick") / "repository", DEBS)
    numbers = (WELL, *SICK)
    started = dict(zip(numbers, lab.start(map(str.lower, numbers), repository=repository), strict=True))
    for host in started.values():
        install(host, "xunlei-thunder")
    yield started
    for host in started.values():
        host.stop()


def fall_ill(here: Office, hosts: Mapping[str, Host]) -> None:
    def shell(number: str, script: str) -> None:
        hosts[number].run(["sh", "-c", script], check=True)

    def connect(number: str, **variables: str) -> None:
        folder = here.workspace / "inventories" / "host_vars"
        folder.mkdir(exist_ok=True)
        (folder / f"{number.lower()}.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")

    connect(AWAY, ansible_ssh_common_args="-o ProxyCommand=false", ansible_control_path_dir="/nonexistent")
    shell(PLAIN, "useradd -m clerk; cp -r /root/.ssh /home/clerk/; chown -R clerk: /home/clerk/.ssh")
    connect(PLAIN, ansible_user="clerk")
    shell(NO_PYTHON, "mv /usr/bin/python3 /usr/bin/python3.11 /root/")
    shell(LOCKED, f'setsid python3 -c "{LOCK}" > /dev/null 2>&1 & while ! [ -e /run/locked ]; do sleep 0.1; done')
    shell(FULL, f"mkdir /dev/shm/state && ln -s /dev/shm/state {STATE} && ! dd if=/dev/zero of=/dev/shm/fill 2>&1")
    shell(HALF, "! DEBIAN_FRONTEND=noninteractive apt-get -qq -y install half > /dev/null 2>&1")


def test_each_says_what_is_wrong_and_the_ledger_is_right(
    lab: Lab, hosts: dict[str, Host], office: Callable[[Lab, Mapping[str, Host]], Office]
) -> None:
    here = office(lab, hosts)
    (here.workspace / "policies" / "half.yml").write_text(SOFTWARE, encoding="utf-8")
    fall_ill(here, hosts)
    run = here.run("zhengban.baseline.enforce", "--forks", "10")
    assert run.code != 0
    assert "Traceback" not in run.output
    messages = {
        number: [
            (row["status"], str(row["result"].get("msg", "")))
            for row in run.tasks
            if row["host"] == number.lower() and row["status"] in ("failed", "unreachable")
        ]
        for number in (WELL, *SICK)
    }
    assert messages[WELL] == []
    expected = {
        AWAY: ("unreachable", "ssh"),
        PLAIN: ("failed", "Ansible is not root on the host: use become (-b)"),
        NO_PYTHON: ("failed", "python3"),
        LOCKED: ("failed", "lock"),
        FULL: ("failed", "No space left on device"),
        HALF: ("failed", "apt-get ended with 100: "),
    }
    for number, (status, text) in expected.items():
        ((how, message),) = messages[number]
        assert (how, text in message) == (status, True), (number, message)
    # What was not done is not on record, what was is, and nothing stays open that a host would answer for.
    removed = {item.record.computer for item in here.ledger.all_records() if item.record.action == "uninstall"}
    there = {number for number, host in hosts.items() if "xunlei-thunder" in host.packages()}
    assert removed == {WELL, *SICK} - there
    assert here.ledger.verify() == ()
    assert here.ledger.pending() == ()
