# SPDX-License-Identifier: Apache-2.0
"""Throw-away hosts: a lab starts them, ssh reaches them over standard streams, and nothing of them stays.

The process that owns a lab holds a pipe to a small reaper process; however the owner ends, the reaper removes
the hosts. What even a reaper cannot clean (power loss) is in the lab's state file, and the next lab sweeps it.

``python -m tests.lab.hosts start NAME...`` keeps hosts until Enter; ``sweep`` removes leftovers, ``clean`` also
the images.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from . import LabUnavailable
from .chroot import ChrootRuntime
from .image import CACHE, DEBIAN, Recipe, remove_images
from .podman import PodmanRuntime
from .process import process_identity, process_is
from .repository import SOURCES_LINE

Runtime = PodmanRuntime | ChrootRuntime
RUNTIMES: dict[str, type[Runtime]] = {"podman": PodmanRuntime, "chroot": ChrootRuntime}


def choose_runtime() -> Runtime:
    """podman where it can run a container, else unshare and chroot; ``ZHENGBAN_LAB_RUNTIME`` forces one.

    Raises:
        LabUnavailable: neither works; the text has the reason for each.
    """
    forced = os.environ.get("ZHENGBAN_LAB_RUNTIME")
    reasons = []
    for name in [forced] if forced else RUNTIMES:
        runtime = RUNTIMES[name]()
        try:
            runtime.prepare()
        except LabUnavailable as err:
            reasons.append(f"{name}: {err}")
        else:
            return runtime
    raise LabUnavailable("; ".join(reasons))


class Host:
    """One running host. ``name`` is its host name and the address ssh is given; ``machine_id`` is its own."""

    def __init__(self, *, name: str, machine_id: str, handle: str, runtime: Runtime) -> None:
        self.name = name
        self.machine_id = machine_id
        self.handle = handle
        self.runtime = runtime

    def run(
        self, argv: Sequence[str], input: str | None = None, *, check: bool = False, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root inside; ``check`` raises CalledProcessError on a non-zero exit code."""
        stdin = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
        command = [*self.runtime.enter(self.handle), *argv]
        result = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **stdin)
        if check and result.returncode:
            print(result.stdout + result.stderr, file=sys.stderr)
            result.check_returncode()
        return result

    def packages(self) -> dict[str, str]:
        """Installed packages, name to version, as dpkg says; not those of which only configuration is left."""
        layout = "${db:Status-Status}\t${Package}\t${Version}\n"
        rows = self.run(["dpkg-query", "-W", "-f", layout], check=True).stdout.splitlines()
        split = (row.split("\t") for row in rows)
        return {name: version for status, name, version in split if status == "installed"}

    def write_file(self, path: str, text: str, *, mode: str = "0644") -> None:
        """Write a file inside, with its folders."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1" && chmod "$2" "$1"'
        self.run(["sh", "-c", script, "sh", path, mode], input=text, check=True)

    def refresh_packages(self) -> None:
        """Let apt read the repository again."""
        self.run(["apt-get", "-qq", "update"], check=True)

    def stop(self) -> None:
        """Remove the host at once, whatever runs on it. Stopping twice is fine."""
        self.runtime.remove([self.handle])


class Lab:
    """A group of hosts with one key; use it as a context manager.

    Attributes:
        identity_file: the private key that every host accepts for root.
        hosts: the running hosts by name, in order of their start.
    """

    def __init__(self, runtime: Runtime | None = None) -> None:
        sweep()
        self.runtime = runtime or choose_runtime()
        self.hosts: dict[str, Host] = {}
        self._prefix = f"zhengban-lab-{secrets.token_hex(3)}"
        # ssh's control sockets lie here: the path has to be short.
        self._directory = Path(tempfile.mkdtemp(prefix=f"{self._prefix}-"))
        self._state = _state_folder() / f"{self._prefix}.json"
        self._handles: list[str] = []
        self._writing = threading.Lock()
        self._save()
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.hosts", "reap", str(self._state)],
            stdin=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        self.identity_file = self._directory / "id_ed25519"
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(self.identity_file)]
        subprocess.run(command, check=True)

    def start(
        self, names: Iterable[str], *, repository: Path | None = None, recipe: Recipe = DEBIAN
    ) -> tuple[Host, ...]:
        """Start a host for each name, side by side; ``repository`` is mounted read-only and known to its manager.

        Every host gets a new ``/etc/machine-id``.

        Raises:
            LabUnavailable: a host did not start; the others of this lab are removed by :meth:`stop`.
        """
        with ThreadPoolExecutor(max_workers=8) as pool:
            started = tuple(pool.map(lambda name: self._start_one(name, repository, recipe), names))
        self.hosts.update({host.name: host for host in started})
        return started

    def ssh_variables(self) -> dict[str, str]:
        """Ansible variables of the connection, the same for every host (their place is group_vars)."""
        proxy = self.runtime.proxy_command(self._prefix, self._directory)
        options = (
            "UserKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=no",
            "LogLevel=ERROR",
            f"ProxyCommand={proxy}",
        )
        return {
            "ansible_connection": "ansible.builtin.ssh",
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.identity_file),
            "ansible_ssh_common_args": " ".join(f"-o {shlex.quote(option)}" for option in options),
            "ansible_ssh_args": "-o ControlMaster=auto -o ControlPersist=15s",
            "ansible_control_path_dir": str(self._directory / "cp"),
            "ansible_pipelining": "true",
            "ansible_python_interpreter": "/usr/bin/python3",
        }

    def ssh_command(self, host: Host) -> list[str]:
        """The plain ssh command line that reaches ``host`` as root."""
        options = shlex.split(self.ssh_variables()["ansible_ssh_common_args"])
        return ["ssh", "-i", str(self.identity_file), *options, f"root@{host.name}"]

    def stop(self) -> None:
        """Remove all hosts, keys and sockets of this lab. Stopping twice is fine."""
        _remove(self._state, runtime=self.runtime)
        if self._reaper.stdin is not None:
            self._reaper.stdin.close()
        self._reaper.wait(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start_one(self, name: str, repository: Path | None, recipe: Recipe) -> Host:
        container = f"{self._prefix}-{name}"
        if self.runtime.name == "podman":
            # Known before it exists: the reaper must find a container that starts while its owner is killed.
            self._save(container)
        handle = self.runtime.start(
            container, hostname=name, repository=repository, state=self._directory, recipe=recipe
        )
        self._save(handle)
        host = Host(name=name, machine_id=secrets.token_hex(16), handle=handle, runtime=self.runtime)
        key = self.identity_file.with_suffix(".pub").read_text(encoding="ascii")
        script = ["set -e", f"echo {host.machine_id} > /etc/machine-id"]
        script.append(f"umask 077; echo {shlex.quote(key.strip())} > /root/.ssh/authorized_keys; umask 022")
        if repository is not None and recipe is DEBIAN:
            script.append(f"echo {shlex.quote(SOURCES_LINE.strip())} > /etc/apt/sources.list")
            script.append("apt-get -qq update")
        result = host.run(["sh", "-s"], input="\n".join(script) + "\n")
        if result.returncode:
            raise LabUnavailable(f"host {name!r} could not be set up: {result.stderr.strip()}")
        return host

    def _save(self, *handles: str) -> None:
        with self._writing:
            self._handles += [handle for handle in handles if handle not in self._handles]
            content = {
                "owner": [os.getpid(), process_identity(os.getpid())],
                "runtime": self.runtime.name,
                "handles": self._handles,
                "directory": str(self._directory),
            }
            partial = self._state.with_suffix(".partial")
            partial.write_text(json.dumps(content), encoding="utf-8")
            partial.replace(self._state)


def sweep() -> None:
    """Remove the hosts of labs whose owner is gone. Labs of living processes stay."""
    for state in sorted(_state_folder().glob("*.json")):
        try:
            pid, identity = json.loads(state.read_text(encoding="utf-8"))["owner"]
        except FileNotFoundError:
            continue
        if not process_is(pid, identity):
            _remove(state)


def _state_folder() -> Path:
    folder = CACHE / "labs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _remove(state: Path, *, runtime: Runtime | None = None, keep_state: bool = False) -> bool:
    """Remove what the lab of ``state`` has; False when it was stopped properly and nothing is left."""
    try:
        lab = json.loads(state.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    (runtime or RUNTIMES[lab["runtime"]]()).remove(lab["handles"])
    if not keep_state:
        shutil.rmtree(lab["directory"], ignore_errors=True)
        state.unlink(missing_ok=True)
    return True


def main(arguments: list[str]) -> int:
    match arguments:
        case ["reap", state]:
            sys.stdin.read()
            # Twice: a container that was just being made when its owner was killed appears a moment later.
            if _remove(Path(state), keep_state=True):
                time.sleep(1)
                _remove(Path(state))
        case ["sweep"]:
            sweep()
        case ["clean"]:
            sweep()
            remove_images()
        case ["start", *names] if names:
            with Lab() as lab:
                for host in lab.start(names):
                    print(shlex.join(lab.ssh_command(host)))
                input("Press Enter to remove the hosts. ")
        case _:
            print("usage: python -m tests.lab.hosts start NAME... | sweep | clean", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
