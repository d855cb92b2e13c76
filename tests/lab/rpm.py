# SPDX-License-Identifier: Apache-2.0
"""RPM hosts: real rpm and dnf with a database of their own, and tiny packages in a ``file://`` repository.

A Debian root file system whose dpkg has forgotten everything plays the RPM system: the programs are real, the packages
are ours. Source: rpmbuild(8), createrepo_c(8), rpmsign(8), dnf.conf(5).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from .hosts import Host
from .image import Recipe

RPM = Recipe(packages=("dnf", "rpm", "dnf-plugins-core"))
DNF5 = Recipe(packages=("dnf5", "rpm", "python3-libdnf5"), suite="forky")
"""Debian's testing has dnf 5; it moves, so nothing that has to work every day is built of it."""
OPENEULER = (
    'NAME="openEuler"\nVERSION="22.03 (LTS-SP4)"\nID="openEuler"\nVERSION_ID="22.03"\n'
    'PRETTY_NAME="openEuler 22.03 (LTS-SP4)"\nANSI_COLOR="0;31"\n'
)
_FILES = {
    # Debian's rpm keeps a database for each user unless it is told where the system's is.
    "/etc/rpm/macros": "%_dbpath /var/lib/rpm\n",
    "/etc/dnf/dnf.conf": "[main]\nreleasever=22.03\n",
    # It copies packages with a program that is not there.
    "/etc/dnf/plugins/local.conf": "[main]\nenabled=0\n",
    "/etc/dnf/libdnf5-plugins/local.conf": "[main]\nenabled=0\n",
    "/etc/yum.repos.d/lab.repo": "[lab]\nname=lab\nbaseurl=file:///srv/repo\ngpgcheck=0\nmetadata_expire=1\n",
}
_QUIET = (
    "__os_install_post %{nil}",
    "debug_package %{nil}",
    "_build_id_links none",
    "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
)


@dataclass(frozen=True, kw_only=True)
class Package:
    """One binary package. ``version`` is ``[epoch:]version-release``.

    ``relations`` are pairs of a spec file's tag and its text, such as Requires or Provides; ``scripts`` maps post,
    preun … to shell text. The package holds one document.
    """

    name: str
    version: str = "1.0-1"
    arch: str = "noarch"
    vendor: str = ""
    relations: tuple[tuple[str, str], ...] = ()
    scripts: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version.rpartition(':')[2]}.{self.arch}.rpm"

    def spec(self) -> str:
        epoch, _colon, rest = self.version.rpartition(":")
        version, release = rest.rsplit("-", 1)
        path = f"/usr/share/lab/{self.name}.txt"
        lines = [f"Name: {self.name}", f"Version: {version}", f"Release: {release}", "Summary: lab", "License: MIT"]
        lines += [f"Epoch: {epoch}"] if epoch else []
        lines += [f"Vendor: {self.vendor}"] if self.vendor else []
        lines += ["BuildArch: noarch"] if self.arch == "noarch" else []
        lines += ["AutoReqProv: no", *(f"{tag}: {text}" for tag, text in self.relations)]
        lines += ["%description", "A package of the lab.", "%install", "mkdir -p %{buildroot}/usr/share/lab"]
        lines += [f"echo {self.version} > %{{buildroot}}{path}", "%files", path]
        for name, text in self.scripts.items():
            lines += [f"%{name}", text]
        return "\n".join(lines) + "\n"


def build_packages(directory: Path, packages: Iterable[Package]) -> tuple[Path, ...]:
    """Build packages into ``directory``, in their order."""
    directory.mkdir(parents=True, exist_ok=True)
    wanted = tuple(packages)
    work = directory / ".build"
    work.mkdir()
    specs = []
    for package in wanted:
        spec = work / f"{package.file_name}.spec"
        spec.write_text(package.spec(), encoding="utf-8")
        specs.append(str(spec))
    defines = [f"_topdir {work}", f"_rpmdir {directory}", *_QUIET]
    command = ["rpmbuild", "-bb", "--quiet", "--nodeps"]
    for define in defines:
        command += ["--define", define]
    done = subprocess.run([*command, *specs], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    shutil.rmtree(work)
    return tuple(directory / package.file_name for package in wanted)


def build_repository(
    directory: Path, packages: Iterable[Package], *, signed: Iterable[Package] = (), key: Key | None = None
) -> Path:
    """Write packages, of which some carry a signature, and their index, beside what the directory holds."""
    signed = tuple(signed)
    files = build_packages(directory, (*signed, *packages))
    if key is not None:
        key.sign(files[: len(signed)])
    subprocess.run(["createrepo_c", "--quiet", str(directory)], check=True)
    directory.chmod(0o755)
    return directory


class Key:
    """A key that signs packages, while the context lasts; ``id`` is how rpm names it."""

    def __init__(self) -> None:
        # gpg's socket lies here: the path has to be short.
        self._home = tempfile.mkdtemp(prefix="lab-")
        self._environment = {**os.environ, "GNUPGHOME": self._home}
        self._gpg("--quick-gen-key", "lab@example.org", "rsa2048", "sign", "never")
        listing = self._gpg("--list-keys", "--with-colons")
        found = re.search(r"^pub:[^:]*:[^:]*:[^:]*:([0-9A-F]{16}):", listing, re.M)
        assert found
        self.id = found.group(1).lower()
        self.public = self._gpg("--armor", "--export", "lab@example.org")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=self._environment, check=True)
        shutil.rmtree(self._home, ignore_errors=True)

    def sign(self, files: Iterable[Path]) -> None:
        names = [str(file) for file in files]
        define = ["--define", "_gpg_name lab@example.org", "--define", f"__gpg {shutil.which('gpg')}"]
        command = ["rpmsign", "--addsign", *define, *names]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def _gpg(self, *arguments: str) -> str:
        command = ["gpg", "--batch", "--quiet", "--passphrase", "", *arguments]
        return subprocess.run(command, env=self._environment, check=True, capture_output=True, text=True).stdout


def fill_database(folder: Path, files: Iterable[Path]) -> None:
    """Make a database of packages without installing them."""
    folder.mkdir(parents=True, exist_ok=True)
    # Debian's rpm refuses to install beside dpkg unless it is told twice.
    force = ["--force-debian"] if Path("/etc/debian_version").exists() else []
    options = ["--install", "--justdb", "--nodeps", "--noscripts", "--nosignature", *force]
    command = ["rpm", "--dbpath", str(folder), *options, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def add_rpm(host: Host) -> Host:
    """Let rpm manage a host of :data:`RPM` too: it has two package managers then."""
    for path, text in _FILES.items():
        host.write_file(path, text)
    host.run(["rm", "-rf", "/root/.rpmdb"], check=True)
    return host


def make_rpm_host(host: Host, *, os_release: str = OPENEULER) -> Host:
    """Turn a host of :data:`RPM` into a system that only rpm manages."""
    add_rpm(host)
    host.run(
        ["sh", "-c", "rm -rf /etc/os-release /etc/debian_version /var/lib/dpkg/status* /var/lib/dpkg/info"], check=True
    )
    host.write_file("/etc/os-release", os_release)
    return host


def dnf(host: Host, *arguments: str) -> str:
    """Run dnf on a host as a user with root rights would."""
    return host.run(["dnf", "--quiet", "--assumeyes", *arguments], check=True).stdout


def rpms(host: Host) -> dict[str, str]:
    """Installed packages, name to ``[epoch:]version-release``, as rpm says."""
    layout = "%{NAME}\\t%{EPOCH}\\t%{VERSION}-%{RELEASE}\\n"
    rows = (line.split("\t") for line in host.run(["rpm", "-qa", "--qf", layout], check=True).stdout.splitlines())
    return {
        name: version if epoch in ("(none)", "0") else f"{epoch}:{version}"
        for name, epoch, version in rows
        if name != "gpg-pubkey"
    }
