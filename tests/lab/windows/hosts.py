# SPDX-License-Identifier: Apache-2.0
"""Windows-like hosts: clones of the template, each with its own registry, wineserver and WinRM endpoint.

A host is some megabytes: its files are hard links to the template's, only the registry is copied. The endpoint ends
when the process that started it does; what outlives even that (Wine's own processes) the next lab sweeps by its folder.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from ..image import CACHE
from ..process import process_identity, process_is
from .products import Entry, Msi, Product, build
from .registry import Registry, serial_number_table
from .template import OEM, WINE, ensure_template, run_quietly, wine_environment

USER, PASSWORD = "Administrator", "S3cret!pw"
UNINSTALL = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall"
_HOSTS = CACHE / "windows-hosts"
_ROOT = Path(__file__).parents[3]


class WindowsHost:
    """One running host. ``name`` is what the inventory calls it; it listens on ``127.0.0.1:port``."""

    def __init__(self, name: str, folder: Path, template: Path, *, certificate: Path | None) -> None:
        self.name = name
        self.machine_guid = str(_uuid())
        self.serial_number = f"SN-{secrets.token_hex(4).upper()}"
        self.prefix = folder / name
        self.installers = folder / "installers"
        self.log = folder / f"{name}.jsonl"
        self.certificate = certificate
        self._port = folder / f"{name}.port"
        self._environment = wine_environment(self.prefix, template / "locales")
        self._clone(template / "prefix")
        self.registry = Registry(self.wine, self.drive)
        self.endpoint: subprocess.Popen[bytes] | None = None
        self._set_up()
        self.forget()
        self.start_endpoint()

    @property
    def drive(self) -> Path:
        return self.prefix / "drive_c"

    @property
    def port(self) -> int:
        return int(self._port.read_text(encoding="ascii"))

    @property
    def variables(self) -> dict[str, Any]:
        """The inventory's variables of this host: its own, not those of its group."""
        secure = {"ansible_winrm_scheme": "https", "ansible_winrm_ca_trust_path": str(self.certificate)}
        return {
            "ansible_host": "127.0.0.1",
            "ansible_port": self.port,
            **(secure if self.certificate else {"ansible_winrm_scheme": "http"}),
        }

    def wine(self, *command: str, check: bool = True) -> int:
        """Run a program of the host directly, as somebody who sits before it would; its output is lost."""
        code = run_quietly([*WINE, *command], self._environment)
        if check and code:
            raise RuntimeError(f"{self.name}: {command} ended with {code}")
        return code

    def install(self, *products: Product) -> None:
        """Install products as an administrator would, one after the other."""
        build(products, self.installers)
        for product in products:
            target = self.drive / "lab" / product.file_name
            shutil.copy(self.installers / product.file_name, target)
            path = f"C:\\lab\\{product.file_name}"
            self.wine(*(("msiexec", "/i", path, "/qn") if isinstance(product, Msi) else (path, "/S")))
            target.unlink()

    def add_entry(self, entry: Entry) -> None:
        """Write an entry below Uninstall that no installer made."""
        self.registry.write({f"{UNINSTALL}\\{entry.key}": entry.values})

    def entries(self, *, bits: int = 64) -> set[str]:
        """The keys of the machine's Uninstall, as reg.exe lists them."""
        return set(self.registry.subkeys(UNINSTALL, f"/reg:{bits}"))

    def asked(self) -> list[dict[str, Any]]:
        """Every event the endpoint has seen since :meth:`forget`, oldest first."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def forget(self) -> None:
        """Forget every event so far."""
        self.log.write_text("", encoding="utf-8")

    def start_endpoint(self) -> None:
        """Start the endpoint; after a kill it is another one, which knows no shell of the old."""
        self._port.unlink(missing_ok=True)
        settings = self.prefix.parent / f"{self.name}.json"
        content = {
            "prefix": str(self.prefix),
            "user": USER,
            "password": PASSWORD,
            "environment": self._environment,
            "oem": OEM,
            "certificate": str(self.certificate or ""),
            "log": str(self.log),
            "port": str(self._port),
        }
        settings.write_text(json.dumps(content), encoding="utf-8")
        null = subprocess.DEVNULL
        command = [sys.executable, "-m", "tests.lab.windows.endpoint", str(settings)]
        self.endpoint = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=null, start_new_session=True)
        deadline = time.monotonic() + 30
        while not self._port.exists():
            if self.endpoint.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name}: the endpoint did not start")
            time.sleep(0.02)

    def kill_endpoint(self) -> None:
        """End the endpoint as a power cut of the service would; what it started goes on."""
        assert self.endpoint is not None
        assert self.endpoint.stdin is not None
        self.endpoint.send_signal(signal.SIGKILL)
        self.endpoint.wait()
        self.endpoint.stdin.close()

    def stop(self) -> None:
        """End every process of the host. Stopping twice is fine."""
        if self.endpoint is not None and self.endpoint.stdin is not None:
            self.endpoint.stdin.close()
            self.endpoint.wait(timeout=30)
        _end_wine(self._environment)

    def _clone(self, template: Path) -> None:
        shutil.copytree(template, self.prefix, copy_function=os.link, symlinks=True)
        for registry in self.prefix.glob("*.reg"):
            original = template / registry.name
            registry.unlink()
            shutil.copy(original, registry)

    def _set_up(self) -> None:
        # It lives as long as the host; its streams are nobody's, or a caller's pipe would never end.
        run_quietly(["wineserver", "-p"], self._environment)
        self.registry.write(
            {
                r"HKLM\Software\Microsoft\Cryptography": {"MachineGuid": self.machine_guid},
                r"HKLM\System\CurrentControlSet\Services\mssmbios\Data": {
                    "SMBiosData": serial_number_table(self.serial_number)
                },
            }
        )


class WindowsLab:
    """A group of Windows-like hosts; use it as a context manager."""

    def __init__(self) -> None:
        self._template = ensure_template()
        sweep()
        self._folder = _HOSTS / secrets.token_hex(4)
        self._folder.mkdir(parents=True)
        owner = {"pid": os.getpid(), "identity": process_identity(os.getpid())}
        (self._folder / "owner.json").write_text(json.dumps(owner), encoding="utf-8")
        self.hosts: dict[str, WindowsHost] = {}

    def start(self, names: Iterable[str], *, secure: Iterable[str] = ()) -> tuple[WindowsHost, ...]:
        """Start a host for each name, side by side; those named ``secure`` speak https."""
        names, wanted = tuple(names), frozenset(secure)
        certificate = self.certificate() if wanted else None

        def begin(name: str) -> WindowsHost:
            return WindowsHost(name, self._folder, self._template, certificate=certificate if name in wanted else None)

        with ThreadPoolExecutor(max_workers=4) as pool:
            started = tuple(pool.map(begin, names))
        self.hosts.update({host.name: host for host in started})
        return started

    def build(self, products: Sequence[Product]) -> Path:
        """Have the installers of products in one folder; returns it."""
        build(products, self._folder / "installers")
        return self._folder / "installers"

    def certificate(self, name: str = "lab") -> Path:
        """A certificate of its own making for 127.0.0.1, with its key in one file."""
        path = self._folder / f"{name}.pem"
        if not path.exists():
            key = path.with_suffix(".key")
            subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
            command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
            subprocess.run([*command, "-keyout", str(key), "-out", str(path)], check=True, capture_output=True)
            path.write_bytes(path.read_bytes() + key.read_bytes())
        return path

    @staticmethod
    def variables() -> dict[str, str]:
        """The variables of the group: how its hosts are reached, without a host's own address."""
        return {
            "ansible_connection": "ansible.builtin.winrm",
            "ansible_winrm_transport": "basic",
            "ansible_user": USER,
            "ansible_password": PASSWORD,
        }

    def stop(self) -> None:
        """End and remove every host. Stopping twice is fine."""
        for host in self.hosts.values():
            host.stop()
        self.hosts = {}
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def sweep() -> None:
    """End and remove the hosts of labs whose owner is gone."""
    for owner in sorted(_HOSTS.glob("*/owner.json")):
        try:
            content = json.loads(owner.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            continue
        if not process_is(content["pid"], content["identity"]):
            for prefix in owner.parent.glob("*/drive_c"):
                _end_wine(wine_environment(prefix.parent, owner.parent))
            shutil.rmtree(owner.parent, ignore_errors=True)


def _end_wine(environment: dict[str, str]) -> None:
    # -k asks it to end all its processes, -w waits until it is gone.
    run_quietly(["wineserver", "-k"], environment)
    run_quietly(["wineserver", "-w"], environment)


def _uuid() -> str:
    number = secrets.token_hex(16)
    return "-".join((number[:8], number[8:12], number[12:16], number[16:20], number[20:]))


if __name__ == "__main__":
    sweep()
