# SPDX-License-Identifier: Apache-2.0
"""A real host with the host code copied to it, and the packages its repository offers."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

from tests.lab.hosts import Host
from tests.lab.repository import Deb

SLOW = '#!/bin/sh\n[ "$1" != configure ] || { grep SigIgn /proc/self/status > /run/slow-runs; sleep 2; }\n'
DEBS = (
    Deb(name="approved", version="1.0"),
    Deb(name="approved", version="2.0", relations={"Depends": "newdep (>= 1), olddep"}),
    Deb(name="newdep", version="1.0", architecture="amd64"),
    Deb(name="olddep", version="1.0", architecture="amd64"),
    Deb(name="olddep", version="1.1", architecture="amd64"),
    Deb(name="required", version="3.0", relations={"Recommends": "extra"}),
    Deb(name="required", version="9.0"),
    Deb(name="unlisted", version="1.0", relations={"Depends": "follower"}),
    Deb(name="follower", version="1.0", architecture="amd64"),
    Deb(name="extra", version="6.6"),
    Deb(name="slow", version="1.0", scripts={"postinst": SLOW}),
    Deb(name="broken", version="1.0", scripts={"postinst": "#!/bin/sh\nexit 3\n"}),
    Deb(name="plugin-of-ssh", version="1.0", relations={"Conflicts": "openssh-server"}),
)
STATE = "/var/lib/zhengban"
JOURNAL = f"{STATE}/journal.jsonl"
PROGRAM = """
import json, sys
sys.path.insert(0, "/opt/zhengban")
from host import changers, facts, transaction
call = {"collect": facts.collect, "simulate": changers.simulate}
call.update(apply=transaction.apply, settle=transaction.settle)
print(json.dumps(call[sys.argv[1]](*json.load(sys.stdin))))
"""


class Coded:
    """A host with the host code on it; orders are for one package manager."""

    manager = "dpkg"

    def __init__(self, host: Host, code: str) -> None:
        self.host = host
        self.intents = 0
        host.run(["sh", "-c", "mkdir -p /opt/zhengban && base64 -d | tar x -C /opt/zhengban"], input=code, check=True)
        host.write_file("/opt/zhengban/main.py", PROGRAM)

    def call(self, name: str, *arguments: object) -> Any:
        done = self.host.run(["python3", "/opt/zhengban/main.py", name], input=json.dumps(arguments), check=True)
        return json.loads(done.stdout)

    def order(self, **request: Any) -> dict[str, Any]:
        """A new order for what the manager says about a request now."""
        request = {"manager": self.manager, "install": [], "upgrade": [], "remove": [], **request}
        simulation = self.call("simulate", request)
        assert (simulation["error"], simulation["unavailable"]) == ("", []), simulation
        facts = self.call("collect")
        self.intents += 1
        return {
            "intent": f"20261123T093000Z-00000a/PC-{self.intents}",
            "plan": "f" * 64,
            "facts_digest": facts["digest"],
            "identity": facts["identity"],
            "protect": [],
            "transactions": [{"request": request, "steps": simulation["steps"]}],
        }

    def start(self, order: dict[str, Any]) -> str:
        """Begin an apply without waiting for it; returns its process id inside, once the slow package is at work."""
        self.host.write_file("/root/order.json", json.dumps([order]))
        script = "rm -f /run/slow-runs; setsid python3 /opt/zhengban/main.py apply"
        script += " < /root/order.json > /root/answer.json 2> /root/errors & echo $!"
        process = self.host.run(["sh", "-c", script], check=True).stdout.strip()
        self.wait_for("/run/slow-runs")
        return process

    def wait_for(self, path: str) -> None:
        deadline = time.monotonic() + 30
        while self.host.run(["test", "-s" if path.endswith(".json") else "-e", path]).returncode:
            assert time.monotonic() < deadline, self.host.run(["cat", "/root/errors"]).stdout
            time.sleep(0.1)


class Managed(Coded):
    """A Debian host with some of the packages on it."""

    def __init__(self, host: Host, code: str) -> None:
        super().__init__(host, code)
        self.apt("install", "approved=1.0", "olddep=1.0", "unlisted")
        host.run(["apt-mark", "auto", "olddep"], check=True)

    def apt(self, *arguments: str) -> None:
        self.host.run(["apt-get", "-qq", "--yes", "--no-install-recommends", *arguments], check=True)

    def automatic(self) -> set[str]:
        return set(self.host.run(["apt-mark", "showauto"], check=True).stdout.split())


def pack_host_code(collection_root: Path) -> str:
    """The host code as a tar archive in base64, for :class:`Managed`."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted((collection_root / "plugins/module_utils/host").glob("*.py")):
            tar.add(path, f"host/{path.name}")
    return base64.b64encode(archive.getvalue()).decode()
