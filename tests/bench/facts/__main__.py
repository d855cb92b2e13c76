# SPDX-License-Identifier: Apache-2.0
"""Reading a host's facts against ``ansible.builtin.package_facts``: time above ``ping``, and bytes over the wire.

Run as ``python -m tests.bench.facts``; exit 1 when the goal is missed. Both hosts have as many packages, which need
others, and are reached through a real sshd and Ansible's own ssh connection. Source: DESIGN 12.
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
    digest = _ask(folder, "plain", host, OURS, "")["facts"]["digest"]
    questions = {
        "ping": ("ansible.builtin.ping", ""),
        "package_facts": (PEER, ""),
        "facts": (OURS, ""),
        "unchanged": (OURS, f"known_digest={digest}"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in questions}
    for number in range(rounds + 1):
        for name, (module, arguments) in questions.items():
            began = time.perf_counter()
            _ask(folder, "plain", host, module, arguments)
            # The first round opens the connection and warms the caches of both.
            if number:
                seconds[name].append(time.perf_counter() - began)
    found = {}
    for name, (module, arguments) in questions.items():
        counts.unlink(missing_ok=True)
        _ask(folder, "counted", host, module, arguments)
        rows = [line.split() for line in counts.read_text(encoding="ascii").splitlines()]
        sent, received = (sum(int(row[column]) for row in rows) for column in (0, 1))
        found[name] = (statistics.median(seconds[name]), sent, received)
    return found


def _ask(folder: Path, inventory: str, host: Host, module: str, arguments: str) -> Mapping[str, dict[str, str]]:
    command = [str(Path(sys.executable).with_name("ansible")), "-i", str(folder / f"{inventory}.json"), host.name]
    command += ["-m", module, "-a", arguments, "--tree", str(folder / "tree")]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY_ROOT / "collections"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{module}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    answer: dict[str, dict[str, str]] = json.loads((folder / "tree" / host.name).read_text(encoding="utf-8"))
    return answer


def _show(result: Mapping[str, tuple[float, int, int]]) -> bool:
    ping = result["ping"][0]
    for name, (seconds, sent, received) in result.items():
        print(
            f"  {name:14} {seconds:6.2f} s  {seconds - ping:+6.2f} above ping  {sent:8} B sent  {received:8} B received"
        )
    peer = result["package_facts"][0] - ping
    is_reached = True
    for name in ("facts", "unchanged"):
        times = peer / max(result[name][0] - ping, 0.001)
        is_reached &= times >= GOAL
        print(f"  {name}: {times:.1f} times less above ping than package_facts (goal {GOAL:.0f})", flush=True)
    return is_reached


if __name__ == "__main__":
    sys.exit(main())
