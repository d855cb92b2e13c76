# SPDX-License-Identifier: Apache-2.0
"""A real salt-master and real salt-minions in hosts of the lab, with nothing but a loopback between them.

Everything of Salt lies inside the hosts and ends with them. The programs are those of this Python's environment, which
the hosts see read-only at its own place.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import files
from pathlib import Path
from typing import Any, Self

import yaml

from . import LabUnavailable
from .chroot import ChrootRuntime, Place
from .hosts import Host, Lab
from .network import LoopbackNetwork
from .workspace import REPOSITORY_ROOT

MASTER = "salt-master"
_BIN = Path(sys.prefix) / "bin"
_START_SECONDS = 60.0

_MASTER: Mapping[str, object] = {
    "user": "root",
    "interface": "127.0.0.1",
    "auto_accept": True,
    "worker_threads": 4,
    "timeout": 5,
    "gather_job_timeout": 4,
    "fileserver_backend": ["roots"],
    "log_level_logfile": "warning",
}
_MINION: Mapping[str, object] = {
    "user": "root",
    "master": "127.0.0.1",
    "acceptance_wait_time": 1,
    "random_reauth_delay": 1,
    "recon_default": 100,
    "recon_max": 1000,
    "loop_interval": 1,
    "enable_fqdns_grains": False,
    "master_alive_interval": 0,
    "mine_enabled": False,
    "log_level_logfile": "warning",
}


class SaltLab:
    """One master and its minions; use it as a context manager.

    Args:
        shared: a directory that the master may write: it holds the workspace, and the file root ``salt``.
        master: configuration of the master, over the lab's own.
        is_packaged: minions see our distribution as if pip had installed it; otherwise only Salt's.

    Attributes:
        minions: their hosts by minion id.
    """

    def __init__(self, shared: Path, *, master: Mapping[str, object] | None = None, is_packaged: bool = False) -> None:
        runtime = ChrootRuntime()
        runtime.prepare()
        self.shared = shared
        self.minions: dict[str, Host] = {}
        self._master_settings = {
            **_MASTER,
            "file_roots": {"base": [str(shared / "salt")]},
            **(master or {}),
        }
        self.network = LoopbackNetwork()
        programs: dict[Path, Place] = {Path(sys.prefix): "ro"}
        if not Path(sys.base_prefix).is_relative_to("/usr") or sys.base_prefix.startswith("/usr/local"):
            programs[Path(sys.base_prefix)] = "ro"
        packaged: dict[Path, Place] = {**programs, REPOSITORY_ROOT: "ro"}
        # Our metadata lies among Salt's packages; a Salt that finds it and not us complains all the time.
        bare: dict[Path, Place] = {**programs, _our_metadata(): "hidden"}
        self._master_lab = Lab(ChrootRuntime(network=self.network.pid, places={**packaged, shared: "rw"}))
        self.lab = Lab(ChrootRuntime(network=self.network.pid, places=packaged if is_packaged else bare))
        (self.master,) = self._master_lab.start([MASTER])
        self._require_salt()

    def start_master(self, **settings: object) -> None:
        """Start the master, with these settings over the others, and wait until it listens."""
        self.master.write_file("/etc/salt/master", _yaml({**self._master_settings, **settings}))
        self._spawn(self.master, "salt-master")
        self.wait_for(lambda: self._listens(4505) and self._listens(4506), "the salt-master listens")

    def start_minions(
        self, names: Iterable[str], *, repository: Path | None = None, settings: Mapping[str, object] | None = None
    ) -> tuple[Host, ...]:
        """Start a host and on it a minion for each id, and wait until the master can reach them."""
        hosts = self.lab.start(list(names), repository=repository)
        for host in hosts:
            self.minions[host.name] = host
            host.write_file("/etc/salt/minion", _yaml({**_MINION, "id": host.name, **(settings or {})}))
            self.start_minion(host)
        self.wait_for_minions([host.name for host in hosts])
        return hosts

    def start_minion(self, host: Host) -> None:
        """Start the minion of a host that has its configuration."""
        self._spawn(host, "salt-minion")

    def wait_for_minions(self, names: Sequence[str]) -> None:
        """Wait until these minions answer."""

        def answer() -> bool:
            accepted = self.master.run(["ls", "/etc/salt/pki/master/minions"]).stdout.split()
            return set(names) <= set(accepted) and set(self.salt(names, "test.ping")) >= set(names)

        self.wait_for(answer, f"the minions {', '.join(names)} answer")

    def salt(self, minions: Sequence[str], function: str, *arguments: str) -> dict[str, Any]:
        """Run ``salt`` on the master: the answers of those that gave one."""
        command = ["salt", "--out=json", "--static", "-t", "5", "-L", ",".join(minions), function, *arguments]
        answers = json.loads(self._run(command).stdout or "{}")
        return {minion: answer for minion, answer in answers.items() if answer is not False}

    def salt_run(self, function: str, *arguments: str, timeout: float = 300) -> tuple[int, Any]:
        """Run ``salt-run`` on the master: its exit code and its answer."""
        result = self._run(["salt-run", "--out=json", function, *arguments], timeout=timeout)
        try:
            return result.returncode, json.loads(result.stdout)
        except ValueError:
            said = f"{result.stdout}{result.stderr}"
            raise AssertionError(f"salt-run {function} ended with {result.returncode}: {said}") from None

    def start_run(self, function: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``salt-run`` on the master and return at once; :meth:`kill_run` ends it."""
        script = 'echo $$ > /run/salt-run.pid; exec "$@"'
        command = [str(_BIN / "salt-run"), "--out=json", function, *arguments]
        return subprocess.Popen(
            [*self.master.runtime.enter(self.master.handle), "sh", "-c", script, "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def kill_run(self) -> None:
        """End the ``salt-run`` that :meth:`start_run` started, as a crash would."""
        self.master.run(["sh", "-c", "kill -9 $(cat /run/salt-run.pid)"])

    def burst(self, tags: Sequence[str]) -> None:
        """Fire an event with each tag on the master's bus, as fast as it goes."""
        program = (
            "import sys, salt.config, salt.utils.event\n"
            "opts = salt.config.master_config('/etc/salt/master')\n"
            "with salt.utils.event.get_master_event(opts, opts['sock_dir'], listen=False) as bus:\n"
            "    for tag in sys.stdin.read().split():\n"
            "        bus.fire_event({'id': tag.split('/')[2]}, tag)\n"
        )
        self.master.run([str(_BIN / "python"), "-c", program], input="\n".join(tags), check=True)

    def listen(self, tag: str) -> Callable[[], list[dict[str, Any]]]:
        """Listen to events of a tag; the answer gives the data of those that came since it was last called."""
        program = (
            "import json, sys, salt.config, salt.utils.event\n"
            "opts = salt.config.master_config('/etc/salt/master')\n"
            "with salt.utils.event.get_master_event(opts, opts['sock_dir'], listen=True) as bus:\n"
            "    print('listening', flush=True)\n"
            "    for event in bus.iter_events(tag=sys.argv[1]):\n"
            "        print(json.dumps(event), flush=True)\n"
        )
        script = 'exec "$@" > /run/listened 2>/dev/null < /dev/null &'
        self.master.run(["rm", "-f", "/run/listened"])
        self.master.run(["sh", "-c", script, "sh", str(_BIN / "python"), "-c", program, tag], check=True)
        seen = 0

        def news() -> list[dict[str, Any]]:
            nonlocal seen
            lines = self.master.run(["cat", "/run/listened"]).stdout.splitlines()
            new, seen = lines[seen:], len(lines)
            return [json.loads(line) for line in new if line != "listening"]

        self.wait_for(lambda: bool(self.master.run(["cat", "/run/listened"]).stdout), "somebody listens")
        seen = 1
        return news

    def logs(self, host: Host) -> str:
        """What the Salt process of a host has complained about."""
        return host.run(["sh", "-c", "cat /var/log/salt/* /var/log/salt.out 2>/dev/null"]).stdout

    def kill(self, host: Host) -> None:
        """End the Salt process of a host, and the processes it has made, at once, as a crash would."""
        host.run(["sh", "-c", "kill -9 -$(cat /run/salt.pid)"])
        # A Salt that starts while one of them is still dying says that it is running already.
        ask = ["sh", "-c", "kill -0 -$(cat /run/salt.pid) 2>/dev/null"]
        self.wait_for(lambda: host.run(ask).returncode != 0, f"Salt has ended on {host.name}")

    def wait_for(self, is_so: Callable[[], bool], what: str, *, seconds: float = _START_SECONDS) -> float:
        """Wait until something is so; returns the seconds it took."""
        begun = time.monotonic()
        while not is_so():
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"after {seconds:g} s it is not so that {what}\n{self._all_logs()}")
            time.sleep(0.05)
        return time.monotonic() - begun

    def stop(self) -> None:
        """Remove the hosts with all that runs on them. Stopping twice is fine."""
        self.lab.stop()
        self._master_lab.stop()
        self.network.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, command: Sequence[str], *, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return self.master.run([str(_BIN / command[0]), *command[1:]], timeout=timeout)

    def _spawn(self, host: Host, program: str) -> None:
        """Start a program in a session of its own; its number is in /run/salt.pid."""
        script = 'setsid "$1" -l warning >> /var/log/salt.out 2>&1 < /dev/null & echo $! > /run/salt.pid'
        host.run(["sh", "-c", script, "sh", str(_BIN / program)], check=True)

    def _listens(self, port: int) -> bool:
        rows = Path(f"/proc/{self.network.pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        return any(row.split()[1] == f"0100007F:{port:04X}" and row.split()[3] == "0A" for row in rows)

    def _require_salt(self) -> None:
        result = self._run(["salt-master", "--version"])
        if result.returncode:
            self.stop()
            raise LabUnavailable(f"this Python's Salt does not start in a lab host: {result.stderr.strip()[-500:]}")

    def _all_logs(self) -> str:
        return "\n".join(f"--- {host.name}\n{self.logs(host)}" for host in (self.master, *self.minions.values()))


def _our_metadata() -> Path:
    (found,) = {Path(str(file.locate())).parent for file in files("zhengban") or () if file.name == "METADATA"}
    return found


def _yaml(settings: Mapping[str, object]) -> str:
    return yaml.safe_dump(dict(settings), allow_unicode=True, sort_keys=False)
