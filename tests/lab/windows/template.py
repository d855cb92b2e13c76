# SPDX-License-Identifier: Apache-2.0
"""The Wine prefix every Windows-like host is cloned from, built once and cached by its recipe.

``.cache/lab/windows-<key>/prefix`` is the prefix, ``…/locales`` the mainland's locale (Wine takes its code page 936 and
its language from it). ``python -m tests.lab.windows.template`` builds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .. import LabUnavailable
from ..image import CACHE
from ..system import WINDOWS_COMMANDS
from .products import PROGRAMS

_COMPILER = "x86_64-w64-mingw32-gcc"
_LIBRARIES = {"winrshost": (), "certutil": ("-lcrypt32", "-ladvapi32")}
LOCALE = "zh_CN.UTF-8"
WINE = ("setarch", "--addr-no-randomize", "wine")
"""How a program of Wine is started. With randomised addresses the heap may lie, once in some thousand starts, where
Windows has its shared user data, and the program ends with 1 and without a word."""
OEM = "gbk"


def ensure_template() -> Path:
    """The folder that holds ``prefix`` and ``locales``; two callers at a time build it once.

    Raises:
        LabUnavailable: something it is made with is missing or failed.
    """
    missing = sorted(package for command, package in WINDOWS_COMMANDS.items() if shutil.which(command) is None)
    if missing:
        raise LabUnavailable(f"not installed: {', '.join(missing)}; run 'make setup' as root on an apt system")
    folder = CACHE / f"windows-{_key()}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not (folder / "prefix").exists():
            started = time.monotonic()
            print("Building the prefix of the Windows-like hosts, once ...", file=sys.stderr)
            _build(folder)
            print(f"... {time.monotonic() - started:.0f} s", file=sys.stderr)
    return folder


def wine_environment(prefix: Path, locales: Path) -> dict[str, str]:
    """What Wine runs in: nothing of this machine's own environment but the way to its programs."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(prefix.parent),
        "WINEPREFIX": str(prefix),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        # No .NET, no browser, no menus of the desktop; certutil is our stand-in, Wine's is an empty stub.
        "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=d;certutil.exe=n",
        "LOCPATH": str(locales),
        "LC_ALL": LOCALE,
    }


def run_quietly(command: list[str], environment: dict[str, str], *, timeout: float = 120) -> int:
    """Run a program of Wine with no stream of ours: what it leaves running would keep a pipe open for ever."""
    null = subprocess.DEVNULL
    return subprocess.run(command, env=environment, stdin=null, stdout=null, stderr=null, timeout=timeout).returncode


def _key() -> str:
    recipe = [Path(__file__).read_bytes(), *(path.read_bytes() for path in sorted(PROGRAMS.glob("*.c")))]
    return hashlib.sha256(b"\0".join(recipe)).hexdigest()[:12]


def _build(folder: Path) -> None:
    locales = folder / "locales"
    locales.mkdir(exist_ok=True)
    # localedef warns about every locale of Chinese and still writes it.
    subprocess.run(["localedef", "-f", "UTF-8", "-i", "zh_CN", str(locales / LOCALE)], capture_output=True)
    if not (locales / LOCALE).exists():
        raise LabUnavailable("localedef could not make the locale zh_CN.UTF-8")
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    environment = wine_environment(partial, locales)
    try:
        if run_quietly([*WINE, "wineboot", "-i"], environment):
            raise LabUnavailable("wineboot could not make a prefix")
        run_quietly([*WINE, "winecfg", "-v", "win10"], environment)
    finally:
        run_quietly(["wineserver", "-k"], environment)
        run_quietly(["wineserver", "-w"], environment)
    # A host that is asked to delete something must not reach this machine.
    (partial / "dosdevices" / "z:").unlink(missing_ok=True)
    (partial / "drive_c" / "lab").mkdir()
    for name, libraries in _LIBRARIES.items():
        home = partial / "drive_c" / ("windows/system32" if name == "certutil" else "lab")
        target = home / f"{name}.exe"
        target.unlink(missing_ok=True)
        source = str(PROGRAMS / f"{name}.c")
        command = [_COMPILER, "-municode", "-O2", "-s", "-o", str(target), source, *libraries]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise LabUnavailable(f"{_COMPILER} could not compile {name}: {done.stderr[-500:]}")
    partial.rename(folder / "prefix")


def main() -> int:
    """Build it; a machine that cannot is no error here."""
    try:
        ensure_template()
    except LabUnavailable as err:
        print(f"No Windows-like hosts on this machine: {err}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
