# SPDX-License-Identifier: Apache-2.0
"""How Windows computers are reached over WinRM: one file, of which only its owner or a vault knows the passwords.

Ansible's variables do not reach a connection of our own. A file in a vault is opened by ``ansible-vault``, which asks
for its password or takes it from where Ansible is told to. Source: DESIGN 9, 11.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Literal

import msgspec

from zhengban.documents.document import load_document
from zhengban.model.errors import InputError, Problem
from zhengban.model.register import Computer

_VAULT = b"$ANSIBLE_VAULT;"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PORTS = {"https": 5986, "http": 5985}

Transport = Literal["ntlm", "kerberos", "credssp", "basic"]


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How one computer is reached; ``ca`` is a file of certificates, empty for those of the system."""

    address: str
    user: str
    password: str
    transport: Transport = "ntlm"
    scheme: Literal["https", "http"] = "https"
    port: int
    ca: str = ""

    @property
    def endpoint(self) -> str:
        return f"{self.scheme}://{self.address}:{self.port}/wsman"

    def __repr__(self) -> str:
        """Without the password, whoever prints it."""
        return f"Access({self.user!r} at {self.endpoint})"


class AccessFile:
    """What the file says, for all computers and for single ones."""

    def __init__(self, shown_as: str, common: dict[str, object], single: dict[str, dict[str, object]]) -> None:
        self._shown_as = shown_as
        self._common = common
        self._single = single

    @property
    def numbers(self) -> tuple[str, ...]:
        """The computers it names, sorted."""
        return tuple(sorted(self._single))

    def of(self, computer: Computer) -> Access:
        """How a computer is reached.

        Raises:
            InputError: that takes a user and a password, and no password goes over the network in clear.
        """
        told = self._common | self._single.get(computer.number, {})
        scheme = str(told.get("scheme", "https"))
        address = str(computer.vars.get("ansible_host", "")) or computer.names.ansible or computer.number.lower()
        told = {"address": address, "port": _PORTS[scheme], **told}
        missing = [key for key in ("user", "password") if not told.get(key)]
        if missing:
            raise self._problem(f"{computer.number} has no {' and no '.join(missing)}", "write it below all, or for it")
        if scheme == "http" and told.get("transport") == "basic":
            raise self._problem(f"{computer.number}: basic over http would send the password in clear", "use https")
        return msgspec.convert(told, Access)

    def _problem(self, message: str, hint: str) -> InputError:
        return InputError([Problem(file=self._shown_as, message=message, hint=hint)])


def read_access(path: Path) -> AccessFile:
    """Read the file.

    Raises:
        InputError: it is not there, others may read it, its vault cannot be opened, or it is not what it should be.
    """
    shown_as = str(path)

    def failed(message: str, hint: str) -> InputError:
        return InputError([Problem(file=shown_as, message=message, hint=hint)])

    try:
        mode = path.stat().st_mode
        with path.open("rb") as file:
            is_vault = file.read(len(_VAULT)) == _VAULT
    except OSError as err:
        raise failed(f"cannot be read ({err.strerror})", "name the file with user and password") from err
    if not is_vault and mode & _OTHERS:
        raise failed("others may read the passwords in it", f"chmod 600 {path}, or ansible-vault encrypt {path}")
    text: str | None = None
    if is_vault:
        text, said = _opened(path)
        if said:
            raise failed(f"the vault cannot be opened ({said})", "say its password, or set ANSIBLE_VAULT_PASSWORD_FILE")
    document, problems = load_document(path, shown_as=shown_as, schema="winrm", edited=text)
    if document is None or problems:
        raise InputError(problems)
    told = document.plain["winrm"]
    return AccessFile(shown_as, told.get("all", {}), told.get("computers", {}))


def _opened(path: Path) -> tuple[str, str]:
    """The text in a vault, and why not; ansible-vault asks on the terminal where it has no password."""
    program = shutil.which("ansible-vault", path=Path(sys.executable).parent) or shutil.which("ansible-vault")
    if program is None:
        return "", "ansible-vault is not installed: pip install 'zhengban[ansible]'"
    environment = {**os.environ, "ANSIBLE_DEPRECATION_WARNINGS": "false", "ANSIBLE_NOCOLOR": "true"}
    done = subprocess.run([program, "view", str(path)], env=environment, capture_output=True, check=False)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode:
        return "", said[-1] if said else f"exit code {done.returncode}"
    return done.stdout.decode("utf-8", "replace"), ""
