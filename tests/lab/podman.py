# SPDX-License-Identifier: Apache-2.0
"""Hosts as podman containers without any network. Source: podman-run(1), runc-exec(8)."""

import resource
import shlex
import shutil
import subprocess
from pathlib import Path

from . import LabUnavailable
from .image import DEBIAN, Recipe, ensure_podman_image

# What podman exec ends in, without its start, which takes four times as long as that.
_EXEC = ("runc", "exec")
# Process 1 only waits, and collects the processes whose parents died.
IDLE = "trap 'exit 0' TERM; mkdir -p /run/sshd; while :; do sleep 3600 & wait $!; done"


class PodmanRuntime:
    """Starts, enters and removes containers; those it has named are all it ever touches."""

    name = "podman"

    def check(self) -> None:
        """Raises LabUnavailable with the reason when podman or runc is missing."""
        for command in ("podman", "runc"):
            if shutil.which(command) is None:
                raise LabUnavailable(f"{command} is not installed")

    def prepare(self, recipe: Recipe = DEBIAN) -> None:
        """Have the image, and prove once that a container of it starts.

        Raises:
            LabUnavailable: no image, or podman cannot run containers here (nested, or without the rights).
        """
        self.check()
        command = [*self._run_options(), "--rm", ensure_podman_image(recipe), "true"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise LabUnavailable(f"podman cannot start a container here: {result.stderr.strip()[-500:]}")

    def start(self, container: str, *, hostname: str, repository: Path | None, state: Path, recipe: Recipe) -> str:
        """Start one container; returns what :meth:`enter` and :meth:`remove` take. ``state`` gets a file with it, which
        the proxy command reads.
        """
        command = [*self._run_options(), "--detach", f"--name={container}", f"--hostname={hostname}"]
        if repository is not None:
            command.append(f"--volume={repository}:/srv/repo:ro")
        command += [ensure_podman_image(recipe), "sh", "-c", IDLE]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise LabUnavailable(f"podman cannot start {container!r}: {result.stderr.strip()[-500:]}")
        identity = result.stdout.strip()
        (state / f"{container}.id").write_text(f"{identity}\n", encoding="ascii")
        return identity

    def enter(self, handle: str) -> list[str]:
        """The command prefix that runs a command inside, with standard input connected."""
        return [*_EXEC, handle]

    def proxy_command(self, prefix: str, state: Path) -> str:
        """ssh's ProxyCommand: a real sshd over standard streams; ssh puts the host's name for ``%h``."""
        file = f"{shlex.quote(str(state / prefix))}-%h.id"
        return f"sh -c 'exec {' '.join(_EXEC)} $(cat $0) /usr/sbin/sshd -i' {file}"

    def remove(self, handles: list[str]) -> None:
        """Remove the containers; those already gone are fine."""
        if handles:
            command = ["podman", "rm", "--force", "--ignore", "--volumes", "--time", "0", *handles]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    def _run_options(self) -> list[str]:
        return [
            "podman",
            "--runtime=runc",
            "run",
            "--network=none",
            "--pull=never",
            "--cap-add=AUDIT_WRITE",
            # Every host would show the serial number of the machine below it.
            "--security-opt=mask=/sys/devices/virtual/dmi",
            f"--ulimit=nofile={_limit(resource.RLIMIT_NOFILE)}",
            f"--ulimit=nproc={_limit(resource.RLIMIT_NPROC)}",
        ]


def _limit(kind: int) -> str:
    """A limit below our own: podman's default asks for more than a restricted root may have."""
    hard = resource.getrlimit(kind)[1]
    value = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    return f"{value}:{value}"
