# SPDX-License-Identifier: Apache-2.0
"""Hosts with only util-linux: own namespaces, and an overlay over the unpacked root file system.

All that a host writes lies in a tmpfs of its own mount namespace: when its first process ends, all is gone.
Source: unshare(1), nsenter(1), the kernel's overlayfs document.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from . import LabUnavailable
from .image import DEBIAN, Recipe, ensure_root
from .podman import IDLE
from .process import process_identity, process_is

# $1 lower root, $2 scratch directory (a mount point), $3 host name, $4 repository or "", $5 process 1, then "ro", "rw"
# or "hidden" and a directory to have at its own place inside, again and again.
BOOT = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
chmod 755 "$2/upper"
root=$2/root
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir "$root/dev/pts" "$root/dev/shm"
for node in null zero full random urandom tty; do
  : > "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
if [ -n "$4" ]; then mount --bind "$4" "$root/srv/repo"; mount -o remount,bind,ro "$root/srv/repo"; fi
hostname "$3"
echo "$3" > "$root/etc/hostname"
idle=$5
shift 5
while [ $# -gt 0 ]; do
  if [ "$1" = hidden ]; then
    mount -t tmpfs -o ro tmpfs "$root$2"
  else
    mkdir -p "$root$2"
    mount --bind "$2" "$root$2"
    mount -o "remount,bind,$1" "$root$2"
  fi
  shift 2
done
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec chroot "$root" /usr/bin/env -i PATH=$path LANG=C.UTF-8 HOME=/root sh -c "$idle"
"""

Place = Literal["ro", "rw", "hidden"]


class ChrootRuntime:
    """Keeps one ``unshare`` process per host, enters its namespaces; a handle is ``pid:start`` of process 1.

    Args:
        network: a process whose network the hosts share; otherwise each has an empty one of its own.
        places: directories of this machine that the hosts see at the same place, to read or to write; or that they
            see empty, after the one that holds them.
    """

    name = "chroot"

    def __init__(self, *, network: int | None = None, places: Mapping[Path, Place] | None = None) -> None:
        self._network = network
        self._places = dict(places or {})
        self._keepers: dict[str, subprocess.Popen[bytes]] = {}

    def check(self) -> None:
        """Raises LabUnavailable with the reason when this machine or user cannot make such hosts."""
        if os.geteuid() != 0:
            raise LabUnavailable("hosts made with unshare and chroot need root")
        for command in ("unshare", "nsenter", "chroot", "mount"):
            if shutil.which(command) is None:
                raise LabUnavailable(f"{command} is not installed")
        trial = ["unshare", "--mount", "--pid", "--fork", "--net", "--uts", "--ipc", "true"]
        result = subprocess.run(trial, capture_output=True, text=True)
        if result.returncode:
            raise LabUnavailable(f"this machine allows no new namespaces: {result.stderr.strip()}")

    def prepare(self, recipe: Recipe = DEBIAN) -> None:
        """Have the unpacked root file system."""
        self.check()
        ensure_root(recipe)

    def start(self, container: str, *, hostname: str, repository: Path | None, state: Path, recipe: Recipe) -> str:
        """Start one host; ``state`` gets its handle file, which the proxy command reads."""
        scratch = state / container
        scratch.mkdir()
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc"]
        network = ["nsenter", f"--net=/proc/{self._network}/ns/net"] if self._network else ["unshare", "--net"]
        words = [str(ensure_root(recipe)), str(scratch), hostname, str(repository or ""), f"echo ready; {IDLE}"]
        for place, how in self._places.items():
            words += [how, str(place)]
        keeper = subprocess.Popen(
            [*network, *unshare, "sh", "-c", BOOT, "sh", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert keeper.stdout is not None
        said = keeper.stdout.readline()
        if said != b"ready\n":
            keeper.kill()
            rest = said + keeper.stdout.read()
            keeper.wait()
            raise LabUnavailable(f"cannot start {container!r} with unshare and chroot: {rest.decode().strip()}")
        keeper.stdout.close()
        children = Path(f"/proc/{keeper.pid}/task/{keeper.pid}/children").read_text(encoding="ascii")
        first = int(children.split()[0])
        (state / f"{container}.pid").write_text(f"{first}\n", encoding="ascii")
        handle = f"{first}:{process_identity(first)}"
        self._keepers[handle] = keeper
        return handle

    def enter(self, handle: str) -> list[str]:
        """The command prefix that runs a command inside."""
        return _enter(handle.partition(":")[0])

    def proxy_command(self, prefix: str, state: Path) -> str:
        """ssh's ProxyCommand: nsenter into the host whose process number is in its handle file."""
        file = f"{shlex.quote(str(state / prefix))}-%h.pid"
        return f"sh -c '{' '.join(_enter('$0'))} /usr/sbin/sshd -i' $(cat {file})"

    def remove(self, handles: list[str]) -> None:
        """Kill process 1 of each host and wait until it is gone; namespaces and mounts go with it."""
        for handle in handles:
            pid, _, identity = handle.partition(":")
            with contextlib.suppress(ProcessLookupError):
                if process_is(int(pid), identity):
                    os.kill(int(pid), signal.SIGKILL)
        deadline = time.monotonic() + 10
        for handle in handles:
            pid, _, identity = handle.partition(":")
            while process_is(int(pid), identity) and time.monotonic() < deadline:
                time.sleep(0.01)
            if keeper := self._keepers.pop(handle, None):
                keeper.wait()


def _enter(pid: str) -> list[str]:
    clean = ["/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=/root"]
    return ["nsenter", "-t", pid, "-m", "-u", "-i", "-n", "-p", "-r", "-w", *clean]
