# SPDX-License-Identifier: Apache-2.0
"""The file with user and password: who may read it, what it has to say, and that it stays out of every message."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zhengban.model.errors import InputError
from zhengban.model.register import Computer, Names
from zhengban.remote.access import Access, read_access

SECRET = "0123-geheim"
TEXT = f"""\
winrm:
  all: {{user: zhengban@EXAMPLE, password: {SECRET}, ca: /etc/ssl/ca.pem}}
  computers:
    PC-0002: {{address: 10.0.0.2, port: 5985, scheme: http, user: 管理员}}
    PC-0001: {{}}
"""
PC_1 = Computer(number="PC-0001", names=Names(ansible="pc-0001.office"), kind="desktop")
PC_2 = Computer(number="PC-0002", kind="desktop", vars={"ansible_host": "10.9.9.9"})


def written(folder: Path, text: str = TEXT, mode: int = 0o600) -> Path:
    path = folder / "winrm.yml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_single_computers_say_what_is_different(tmp_path: Path) -> None:
    access = read_access(written(tmp_path))
    assert access.numbers == ("PC-0001", "PC-0002")
    assert access.of(PC_1) == Access(
        address="pc-0001.office", user="zhengban@EXAMPLE", password=SECRET, port=5986, ca="/etc/ssl/ca.pem"
    )
    second = access.of(PC_2)
    assert (second.endpoint, second.user, second.transport) == ("http://10.0.0.2:5985/wsman", "管理员", "ntlm")


def test_no_password_is_printed(tmp_path: Path) -> None:
    access = read_access(written(tmp_path)).of(PC_1)
    assert SECRET not in f"{access} {access!r} {[access]}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(InputError, match=r"others may read the passwords in it; chmod 600"):
        read_access(written(tmp_path, mode=mode))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("winrm: {all: {user: u}}\n", "PC-0001 has no password"),
        ("winrm: {}\n", "PC-0001 has no user and no password"),
        ("winrm: {all: {user: u, password: p, scheme: http, transport: basic}}\n", "in clear; use https"),
    ],
)
def test_what_is_too_little_or_too_open(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_access(written(tmp_path, text)).of(PC_1)


def test_a_wrong_file_says_where(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"winrm.yml:1:\d+: winrm.all.port: expected a port"):
        read_access(written(tmp_path, "winrm: {all: {port: many}}\n"))
    with pytest.raises(InputError, match="cannot be read"):
        read_access(tmp_path / "nowhere.yml")


def test_a_vault_is_opened_by_ansible_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, key = written(tmp_path), tmp_path / "key"
    key.write_text("k1", encoding="utf-8")
    program = Path(sys.executable).with_name("ansible-vault")
    command = [str(program), "encrypt", "--vault-password-file", str(key), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.chmod(0o644)
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(key))
    assert read_access(path).of(PC_1).password == SECRET
    key.write_text("k2", encoding="utf-8")
    with pytest.raises(InputError, match="the vault cannot be opened"):
        read_access(path)
