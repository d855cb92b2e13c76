# SPDX-License-Identifier: Apache-2.0
"""A network of nothing but a loopback, for hosts that have to talk to each other. Source: netdevice(7)."""

import subprocess
import sys
from typing import Self

from . import LabUnavailable

_UP = """
import fcntl, socket, struct, sys
flags = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, flags)  # SIOCSIFFLAGS
print("up", flush=True)
sys.stdin.read()
"""


class LoopbackNetwork:
    """Lives as long as its owner, and as what runs in it; ``pid`` is the process that keeps it.

    Raises:
        LabUnavailable: this machine or user cannot make one.
    """

    def __init__(self) -> None:
        try:
            self._keeper = subprocess.Popen(
                ["unshare", "--net", sys.executable, "-c", _UP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        except FileNotFoundError as err:
            raise LabUnavailable("unshare is not installed") from err
        assert self._keeper.stdout is not None
        said = self._keeper.stdout.readline()
        if said != "up\n":
            rest = self._keeper.communicate()[0]
            raise LabUnavailable(f"this machine allows no network of its own: {said}{rest}".strip())
        self.pid = self._keeper.pid

    def command(self, *argv: str) -> list[str]:
        """The command line that runs ``argv`` in this network."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *argv]

    def stop(self) -> None:
        """Let it go. Stopping twice is fine."""
        if self._keeper.poll() is None:
            self._keeper.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
