# SPDX-License-Identifier: Apache-2.0
"""Install the system packages that the demo and the tests need, or say exactly which ones to install.

Run as ``python -m tests.lab.system``: exit 0 when all is there afterwards, 1 when something is missing. With the
argument ``windows`` it is about the Windows-like hosts, which only the tests have (700 MB).
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

PACKAGE_OF_COMMAND = {
    "createrepo_c": "createrepo-c",
    "gpg": "gpg",
    "podman": "podman",
    "runc": "runc",
    "mmdebstrap": "mmdebstrap",
    "rpm": "rpm",
    "rpmbuild": "rpm",
    "rpmsign": "rpm",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
}
"""Command -> Debian package. runc: podman's default runtime refuses hybrid control groups."""

WINDOWS_COMMANDS = {
    "setarch": "util-linux",
    "wine": "wine",
    "/usr/lib/wine/wine64": "wine64",
    "wixl": "wixl",
    "msibuild": "msitools",
    "makensis": "nsis",
    "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32",
    "/usr/sbin/locale-gen": "locales",
}
"""The same for the Windows-like hosts of ``tests.lab.windows``."""


def missing_packages(commands: Mapping[str, str] = PACKAGE_OF_COMMAND) -> tuple[str, ...]:
    """Debian packages whose command is not on this machine, in order of name."""
    missing = {package for command, package in commands.items() if shutil.which(command) is None}
    if importlib.util.find_spec("ensurepip") is None:
        missing.add("python3-venv")
    return tuple(sorted(missing))


def install(packages: tuple[str, ...]) -> int:
    """Install ``packages`` with apt-get; returns its exit code. Waits for another apt that is running."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    wait = ("-o", "DPkg::Lock::Timeout=300", "-qq")
    # The lists of a fresh machine or container are absent or name versions that are gone.
    subprocess.run(["apt-get", *wait, "update"], env=environment)
    command = ["apt-get", *wait, "install", "--yes", "--no-install-recommends", *packages]
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode


def main(arguments: list[str]) -> int:
    commands = WINDOWS_COMMANDS if arguments == ["windows"] else PACKAGE_OF_COMMAND
    missing = missing_packages(commands)
    if not missing:
        return 0
    by_hand = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if shutil.which("apt-get") is None:
        reason = "this is not an apt system; install what these Debian packages hold"
    elif os.geteuid() != 0:
        reason = "installing them needs root"
    else:
        print(f"Installing system packages: {' '.join(missing)}", file=sys.stderr)
        if install(missing) == 0 and not missing_packages(commands):
            return 0
        reason = "apt-get could not install them (its messages are above)"
    print(f"System packages are missing ({reason}):\n    {by_hand}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
