# SPDX-License-Identifier: Apache-2.0
"""Installers that leave real products: MSI by wixl and msibuild, setup programs by NSIS."""

from __future__ import annotations

import shutil
import string
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

PROGRAMS = Path(__file__).parent / "programs"
_NAMES = uuid.UUID("2d0f63b0-3a1c-4f57-9d5c-3c4a5b0f1f00")


@dataclass(frozen=True, kw_only=True)
class Msi:
    """A Windows Installer package. ``short`` names its file and folder; versions of one product replace each other."""

    short: str
    name: str
    version: str
    maker: str
    bits: Literal[64, 32] = 64

    @property
    def file_name(self) -> str:
        return f"{self.short}-{self.version}.msi"

    @property
    def code(self) -> str:
        """The product code, without braces, in capitals as Windows writes it."""
        return _guid(f"{self.short} {self.version}")

    @property
    def key(self) -> str:
        return f"{{{self.code}}}"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A product with a setup program of its own.

    ``quiet``: its entry says how to uninstall without a window; ``late``: it is gone some seconds after its uninstaller
    has returned. ``hive`` HKCU installs for the user who runs it.
    """

    short: str
    name: str
    version: str
    maker: str
    hive: Literal["HKLM", "HKCU"] = "HKLM"
    quiet: bool = True
    late: bool = False

    @property
    def file_name(self) -> str:
        return f"{self.short}-{self.version}.exe"

    @property
    def key(self) -> str:
        return self.short


Product = Msi | Setup


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry below Uninstall that no installer made: updates and components. Values are text or numbers."""

    key: str
    values: dict[str, str | int] = field(default_factory=dict)


def build(products: Sequence[Product], directory: Path) -> None:
    """Write the installers into ``directory``; what is there already is kept."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "product.txt").write_text("A product of the lab.\n", encoding="ascii")
    for product in products:
        if not (directory / product.file_name).exists():
            _build_msi(product, directory) if isinstance(product, Msi) else _build_setup(product, directory)


def _build_msi(product: Msi, directory: Path) -> None:
    source = directory / f"{product.file_name}.wxs"
    text = string.Template((PROGRAMS / "product.wxs").read_text(encoding="utf-8")).substitute(
        code=product.code,
        upgrade_code=_guid(product.short),
        component=_guid(f"{product.short} {product.version} files"),
        version=product.version,
        folder="ProgramFiles64Folder" if product.bits == 64 else "ProgramFilesFolder",
        short=product.short,
        is_64="yes" if product.bits == 64 else "no",
    )
    source.write_text(text, encoding="utf-8")
    target = directory / f"partial-{product.file_name}"
    architecture = ("-a", "x64") if product.bits == 64 else ()
    _run("wixl", *architecture, "-o", target.name, source.name, cwd=directory)
    # The code page of the mainland, then the texts that wixl loses.
    (directory / "codepage.idt").write_text("\r\n\r\n936\t_ForceCodepage\r\n", encoding="ascii")
    _run("msibuild", target.name, "-i", "codepage.idt", cwd=directory)
    for name, value in (("ProductName", product.name), ("Manufacturer", product.maker)):
        query = f"UPDATE `Property` SET `Value`='{value}' WHERE `Property`='{name}'"
        _run("msibuild", target.name, "-q", query, cwd=directory)
    target.rename(directory / product.file_name)


def _build_setup(product: Setup, directory: Path) -> None:
    texts = {
        "NAME": product.name,
        "VERSION": product.version,
        "MAKER": product.maker,
        "KEY": product.key,
        "HIVE": product.hive,
    }
    flags = {"QUIET": product.quiet, "LATE": product.late}
    defined = [f"-D{name}={value}" for name, value in texts.items()]
    defined += [f"-D{name}" for name, is_set in flags.items() if is_set]
    target = directory / f"partial-{product.file_name}"
    shutil.copy(PROGRAMS / "product.nsi", directory)
    _run("makensis", "-V1", *defined, f"-XOutFile {target}", "product.nsi", cwd=directory)
    target.rename(directory / product.file_name)


def _guid(name: str) -> str:
    return str(uuid.uuid5(_NAMES, name)).upper()


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {(done.stdout + done.stderr).strip()[-500:]}")
