# SPDX-License-Identifier: Apache-2.0
"""The tutorial "The first week" with two real computers, its last step included: one department is enforced.

Source: DESIGN 8.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.test_first_week import BLOCK, run_shell
from tests.lab.hosts import Host, Lab
from tests.lab.office import furnish
from tests.lab.repository import Deb, build_repository
from tests.lab.workspace import write_connection
from zhengban.ledger import Ledger
from zhengban.run.hostcode import build_collector

pytestmark = pytest.mark.slow

DEBS = (
    Deb(name="wps-office", version="11.1.0.11719"),
    Deb(name="7zip", version="22.01+dfsg-8"),
    Deb(name="xunlei-thunder", version="1.0.0.3"),
)
APPROVED = ("wps-office", "7zip")


@pytest.fixture(scope="module")
def hosts(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, ...]]:
    repository = build_repository(tmp_path_factory.mktemp("week") / "repository", DEBS)
    started = lab.start(("pc-0001", "pc-0002"), repository=repository)
    yield started
    for host in started:
        host.stop()


def collect(host: Host, collector: bytes) -> str:
    """What the collector prints on a computer that nobody can ask."""
    host.run(["sh", "-c", "base64 -d > /tmp/c.pyz"], input=base64.b64encode(collector).decode(), check=True)
    return host.run(["python3", "/tmp/c.pyz"], check=True).stdout


def test_the_last_step_on_real_computers(
    lab: Lab, hosts: tuple[Host, ...], repo_root: Path, tmp_path: Path, ansible_environment: dict[str, str]
) -> None:
    first, second = hosts
    docs = tmp_path / "docs"
    shutil.copytree(repo_root / "docs" / "first-week", docs)
    collector = build_collector()
    # A freshly installed computer says what belongs to the operating system.
    (docs / "reference.json").write_text(collect(second, collector), encoding="utf-8")
    furnish({first: (*APPROVED, "xunlei-thunder"), second: APPROVED})
    for host in hosts:
        (docs / f"{host.name}.json").write_text(collect(host, collector), encoding="utf-8")

    text = (repo_root / "docs" / "first-week.md").read_text(encoding="utf-8")
    blocks = [(kind, content) for kind, content in BLOCK.findall(text) if kind != "text"]
    (place,) = [index for index, (kind, _content) in enumerate(blocks) if kind == "console"]
    environment = ansible_environment | {"DOCS": str(docs), "HOME": str(tmp_path)}

    def run(folder: Path, *commands: str) -> str:
        script = "\n".join(f"{command}\nstatus=$?; [ $status -le 1 ] || exit $status" for command in commands)
        return run_shell(script, folder, environment)

    run(tmp_path, *(content for _kind, content in blocks[:place]))
    office = tmp_path / "office"
    write_connection(office, lab)
    audit, check, enforce = [line.removeprefix("$ ") for line in blocks[place][1].splitlines()]
    before = [host.packages() for host in hosts]

    assert "unlisted dpkg:xunlei-thunder" in run(office, audit)
    assert "- xunlei-thunder" in run(office, check)
    assert [host.packages() for host in hosts] == before
    output = run(office, enforce)
    after = [host.packages() for host in hosts]
    assert before[0].items() - after[0].items() == {("xunlei-thunder", "1.0.0.3")}, output
    assert (after[0].items() - before[0].items(), after[1]) == (set(), before[1])

    assert "ok: " in run(office, *(content for _kind, content in blocks[place + 1 :]))
    records = [item.record for item in Ledger(office / "ledger").all_records()]
    assert [
        (record.action, record.computer, record.package, record.user)
        for record in records
        if record.cause == "enforcement"
    ] == [("uninstall", "PC-0001", "dpkg:xunlei-thunder:all", "张三")]
    form = json.loads(run(office, "zhengban report form 8 --format json"))
    rows = form[0]["pages"][0]["tables"]["installs"]
    assert {row["name"] for row in rows if row["computer"] == "PC-0001"} >= {"WPS Office", "7-Zip"}
    assert "xunlei" not in json.dumps(rows)
