# SPDX-License-Identifier: Apache-2.0
"""Reading a host's facts against ``ansible.builtin.package_facts``: time above ``ping``, and bytes over the wire.

Run as ``python -m tests.bench.facts``; exit 1 when the goal is missed. Both hosts have as many packages, which need
others, and are reached through a real sshd and Ansible's own ssh connection. Each question is the one task of a
playbook: an ad-hoc command prints the answer as well, which takes longer than to get it. Source: DESIGN 12.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.lab.hosts import Host, Lab
from tests.lab.image import Recipe
from tests.lab.repository import Deb
from tests.lab.repository import build_repository as build_debs
from tests.lab.rpm import RPM, Package, build_packages, make_rpm_host
from tests.lab.workspace import REPOSITORY_ROOT

GOAL = 10.0
NEEDS = 8
PEER = "ansible.builtin.package_facts"
OURS = "zhengban.baseline.software_info"
# The peer reads dpkg's packages through this; ours needs nothing.
DEBIAN_WITH_PEER = Recipe(packages=("python3-apt",))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--packages", type=int, default=800)
    arguments = parser.parse_args()
    reached = []
    with tempfile.TemporaryDirectory() as folder, Lab() as lab:
        for kind, make in (("deb", _debian), ("rpm", _rpm)):
            host = make(lab, Path(folder) / f"{kind}-packages", arguments.packages)
            print(f"{kind}: {arguments.packages} packages", flush=True)
            reached.append(_show(_measure(lab, host, Path(folder) / kind, arguments.rounds)))
            host.stop()
    return 0 if all(reached) else 1


def _debian(lab: Lab, folder: Path, count: int) -> Host:
    debs = [
        Deb(
            name=f"pkg{number}",
            version="1.0",
            relations={"Depends": ", ".join(f"pkg{one}" for one in _needs(number, count))},
        )
        for number in range(count)
    ]
    (host,) = lab.start(["facts-deb"], repository=build_debs(folder, debs), recipe=DEBIAN_WITH_PEER)
    host.run(["sh", "-c", "dpkg --force-all -i /srv/repo/*.deb > /dev/null"], check=True, timeout=600)
    return host


def _rpm(lab: Lab, folder: Path, count: int) -> Host:
    build_packages(
        folder,
        [
            Package(
                name=f"pkg{number}",
                relations=(
                    ("Provides", ", ".join(f"libpkg{number}.so.{major}()(64bit)" for major in range(4))),
                    ("Requires", ", ".join(f"libpkg{one}.so.1()(64bit)" for one in _needs(number, count))),
                ),
            )
            for number in range(count)
        ],
    )
    (host,) = lab.start(["facts-rpm"], repository=folder, recipe=RPM)
    make_rpm_host(host)
    command = "rpm -i --force-debian --justdb --nodeps /srv/repo/*.rpm"
    host.run(["sh", "-c", command], check=True, timeout=600)
    return host


def _needs(number: int, count: int) -> list[int]:
    return [(number * 7 + step * 13 + 1) % count for step in range(NEEDS)]


def _measure(lab: Lab, host: Host, folder: Path, rounds: int) -> dict[str, tuple[float, int, int]]:
    """For each question (seconds, bytes sent, bytes received): the median of the seconds, the bytes of one time."""
    folder.mkdir()
    variables = lab.ssh_variables()
    counts = folder / "counts"
    proxy = shlex.join([sys.executable, str(Path(__file__).with_name("count.py")), str(counts)])
    counted = {
        **variables,
        "ansible_ssh_common_args": variables["ansible_ssh_common_args"].replace(
            "ProxyCommand=", f"ProxyCommand={proxy} "
        ),
        "ansible_ssh_args": "-o ControlMaster=no",
    }
    for name, content in (("plain", variables), ("counted", counted)):
        inventory = {"all": {"hosts": {host.name: content}}}
        (folder / f"{name}.json").write_text(json.dumps(inventory), encoding="utf-8")
    questions = {
        "ping": {"ansible.builtin.ping": {}},
        "package_facts": {PEER: {}},
        "facts": {OURS: {}},
        "unchanged": {OURS: {"known_digest": _digest(folder, host)}},
    }
    for name, task in questions.items():
        play = {"hosts": host.name, "gather_facts": False, "tasks": [task]}
        (folder / f"{name}.yml").write_text(json.dumps([play]), encoding="utf-8")
    seconds: dict[str, list[float]] = {name: [] for name in questions}
    for number in range(rounds + 1):
        for name in questions:
            began = time.perf_counter()
            _play(folder, "plain", name)
            # The first round opens the connection and warms the caches of both.
            if number:
                seconds[name].append(time.perf_counter() - began)
    found = {}
    for name in questions:
        counts.unlink(missing_ok=True)
        _play(folder, "counted", name)
        rows = [line.split() for line in counts.read_text(encoding="ascii").splitlines()]
        sent, received = (sum(int(row[column]) for row in rows) for column in (0, 1))
        found[name] = (statistics.median(seconds[name]), sent, received)
    return found


def _digest(folder: Path, host: Host) -> str:
    _run(folder, "ansible", "-i", folder / "plain.json", host.name, "-m", OURS, "--tree", folder / "tree")
    answer = json.loads((folder / "tree" / host.name).read_text(encoding="utf-8"))
    digest: str = answer["facts"]["digest"]
    return digest


def _play(folder: Path, inventory: str, name: str) -> None:
    _run(folder, "ansible-playbook", "-i", folder / f"{inventory}.json", folder / f"{name}.yml")


def _run(folder: Path, command: str, *arguments: str | Path) -> None:
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY_ROOT / "collections"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "LC_ALL": "C.UTF-8",
    }
    program = str(Path(sys.executable).with_name(command))
    done = subprocess.run([program, *map(str, arguments)], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{done.args}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _show(result: Mapping[str, tuple[float, int, int]]) -> bool:
    ping = result["ping"][0]
    for name, (seconds, sent, received) in result.items():
        print(
            f"  {name:14} {seconds:6.2f} s  {seconds - ping:+6.2f} above ping  {sent:8} B sent  {received:8} B received"
        )
    peer = result["package_facts"][0] - ping
    is_reached = True
    for name in ("facts", "unchanged"):
        above = result[name][0] - ping
        is_reached &= above * GOAL <= peer
        less = f"{peer / above:.1f} times less above ping than package_facts" if above > 0 else "not above ping at all"
        print(f"  {name}: {less} (goal {GOAL:.0f} times less)", flush=True)
    return is_reached


if __name__ == "__main__":
    sys.exit(main())
