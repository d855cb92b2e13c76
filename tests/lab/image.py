# SPDX-License-Identifier: Apache-2.0
"""The hosts' root file systems, each built once by mmdebstrap and cached by its recipe.

``.cache/lab/<key>/root.tar`` is the archive, ``.cache/lab/<key>/root/`` the unpacked tree (chroot hosts only) and
``localhost/zhengban-lab:<key>`` the podman image. ``ZHENGBAN_LAB_CACHE`` names another cache directory.
Source: mmdebstrap(1), podman-import(1).
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import LabUnavailable

CACHE = Path(os.environ.get("ZHENGBAN_LAB_CACHE") or Path(__file__).parents[2] / ".cache" / "lab")
IMAGE_NAME = "localhost/zhengban-lab"
SUITE = "bookworm"

# Each hook gets the root as $1. A host writes its own machine-id; without a network it has no other sources.
HOOKS = (
    'rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap',
    'rm -f "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$1"/etc/resolv.conf "$1"/var/log/*.log "$1"/var/log/apt/*',
    ': > "$1"/etc/machine-id; rm -f "$1"/var/lib/dbus/machine-id; mkdir -p "$1"/srv/repo "$1"/root/.ssh',
    'echo LANG=C.UTF-8 > "$1"/etc/default/locale; chmod 700 "$1"/root/.ssh',
)
PACKAGES = ("python3", "openssh-server", "ca-certificates")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a kind of host is made of: Debian packages beside the common ones, and hooks after the common ones."""

    packages: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    suite: str = SUITE

    @property
    def options(self) -> tuple[str, ...]:
        """What mmdebstrap is given."""
        return (
            "--variant=apt",
            f"--include={','.join((*PACKAGES, *self.packages))}",
            "--dpkgopt=path-exclude=/usr/share/doc/*",
            "--dpkgopt=path-exclude=/usr/share/man/*",
            "--dpkgopt=path-exclude=/usr/share/locale/*",
            *(f"--customize-hook={hook}" for hook in (*HOOKS, *self.hooks)),
        )

    @property
    def key(self) -> str:
        """Its digest: another recipe is another image, the same one is never built twice."""
        return hashlib.sha256(json.dumps([self.suite, *self.options]).encode()).hexdigest()[:12]


DEBIAN = Recipe()


def ensure_archive(recipe: Recipe) -> Path:
    """Build ``root.tar`` unless it is cached; two callers at a time build it once.

    Raises:
        LabUnavailable: mmdebstrap is missing or failed; the text holds its last lines.
    """
    archive = CACHE / recipe.key / "root.tar"
    if archive.exists():
        return archive
    if shutil.which("mmdebstrap") is None:
        raise LabUnavailable("mmdebstrap is not installed: run 'make setup' as root on an apt system")
    with _locked(archive.parent):
        if not archive.exists():
            print(f"Building the hosts' root file system ({recipe.suite}), once ...", file=sys.stderr)
            _build(recipe, archive)
    return archive


def ensure_podman_image(recipe: Recipe) -> str:
    """Import the archive into podman unless it is there; returns the image's full name."""
    name = f"{IMAGE_NAME}:{recipe.key}"
    if _podman_has(name):
        return name
    archive = ensure_archive(recipe)
    with _locked(archive.parent):
        if not _podman_has(name):
            command = ["podman", "import", "--quiet", "--change", "ENV LANG=C.UTF-8", str(archive), name]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode:
                raise LabUnavailable(f"podman cannot import the root file system: {result.stderr.strip()}")
    return name


def ensure_root(recipe: Recipe) -> Path:
    """Unpack the archive unless it is unpacked; returns the tree, which is only ever a lower layer."""
    archive = ensure_archive(recipe)
    root = archive.parent / "root"
    with _locked(archive.parent):
        if not root.exists():
            fresh = Path(tempfile.mkdtemp(prefix="root-", dir=archive.parent))
            fresh.chmod(0o755)
            command = [
                "tar",
                "--extract",
                "--file",
                str(archive),
                "--directory",
                str(fresh),
                "--numeric-owner",
            ]
            # Device nodes are the only entries that may fail; a host mounts its own /dev.
            subprocess.run([*command, "--exclude=./dev/*"], check=True)
            fresh.rename(root)
    return root


def remove_images() -> None:
    """Remove every image of ours from podman (``make clean``)."""
    if shutil.which("podman") is None:
        return
    listing = ["podman", "images", "--format", "{{.ID}}", "--filter", f"reference={IMAGE_NAME}"]
    found = subprocess.run(listing, capture_output=True, text=True).stdout.split()
    if found:
        # Without --force: an image that runs in another checkout's hosts stays.
        subprocess.run(["podman", "rmi", *sorted(set(found))], stdout=subprocess.DEVNULL)


def _build(recipe: Recipe, archive: Path) -> None:
    partial = archive.with_name("partial.tar")
    sources = _machine_sources(recipe.suite)
    with tempfile.NamedTemporaryFile("w", prefix="zhengban-apt-", suffix=".conf") as settings:
        settings.write(_machine_settings())
        settings.flush()
        command = ["mmdebstrap", *recipe.options, f"--aptopt={settings.name}", recipe.suite, str(partial)]
        if sources:
            command.append("-")
        result = subprocess.run(command, input=sources, stderr=subprocess.PIPE, text=True)
    if result.returncode:
        partial.unlink(missing_ok=True)
        tail = "\n".join(result.stderr.splitlines()[-8:])
        raise LabUnavailable(f"mmdebstrap could not build the hosts' root file system:\n{tail}")
    partial.rename(archive)


def _machine_sources(suite: str) -> str:
    """The machine's own apt sources as one-line sources, for another suite without updates; empty elsewhere."""
    fields = ("REPO_URI", "RELEASE", "COMPONENT", "CODENAME", "ORIGIN")
    layout = "|".join(f"$({field})" for field in fields)
    command = ["apt-get", "indextargets", "--format", layout, "Created-By: Packages"]
    listing = subprocess.run(command, capture_output=True, text=True).stdout
    lines: set[str] = set()
    for row in listing.splitlines():
        uri, release, component, codename, origin = row.split("|")
        if origin == "Debian" and suite != SUITE and codename == SUITE:
            lines.add(f"deb {uri} {suite} {component}\n")
        elif origin == "Debian" and codename in (suite, f"{suite}-updates", f"{suite}-security"):
            lines.add(f"deb {uri} {release} {component}\n")
    ours = any(line.split()[2] == suite for line in lines)
    return "".join(sorted(lines)) if ours else ""


def _machine_settings() -> str:
    """How the machine's apt reaches its sources (proxies, certificates): mmdebstrap reads none of it."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True).stdout
    wanted = ("Acquire::http", "Acquire::Retries", "Acquire::Check-", "Acquire::AllowReleaseInfoChange")
    return "".join(f"{line}\n" for line in dump.splitlines() if line.startswith(wanted) and not line.endswith('"";'))


def _podman_has(name: str) -> bool:
    return subprocess.run(["podman", "image", "exists", name], capture_output=True).returncode == 0


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Build whatever this machine's hosts will need; a machine that can run none is no error here."""
    from .hosts import choose_runtime
    from .rpm import RPM

    try:
        runtime = choose_runtime()
        runtime.prepare(RPM)
    except LabUnavailable as err:
        print(f"No throw-away hosts on this machine: {err}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
