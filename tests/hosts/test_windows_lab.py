# SPDX-License-Identifier: Apache-2.0
"""The Windows-like hosts themselves: what they are made of, what they refuse, and that nothing of them stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from winrm.exceptions import InvalidCredentialsError, WSManFaultError
from winrm.protocol import Protocol

from tests.lab.windows.hosts import PASSWORD, UNINSTALL, USER, WindowsHost, WindowsLab
from tests.lab.windows.products import Msi, Setup

REG = r"C:\windows\system32\reg.exe"
MSI = Msi(short="wps", name="金山办公 WPS Office", version="11.1.9000", maker="珠海金山办公软件有限公司")
NEWER = Msi(short="wps", name="金山办公 WPS Office", version="11.1.11719", maker="珠海金山办公软件有限公司")
OLD_32 = Msi(short="print", name="打印助手", version="2.0.1", maker="联想", bits=32)
LATE = Setup(short="Wukong", name="悟空工具箱", version="3.2.1", maker="悟空科技", late=True)


@pytest.fixture(scope="module")
def host(windows_lab: WindowsLab) -> WindowsHost:
    (started,) = windows_lab.start(["lab-https"], secure=["lab-https"])
    return started


@pytest.fixture(scope="module")
def client(host: WindowsHost) -> Iterator[Client]:
    opened = Client(host)
    yield opened
    opened.protocol.close_shell(opened.shell)


class Client:
    """pywinrm with a shell in UTF-8."""

    def __init__(self, host: WindowsHost, password: str = PASSWORD) -> None:
        self.protocol = Protocol(
            f"https://127.0.0.1:{host.port}/wsman",
            transport="basic",
            username=USER,
            password=password,
            ca_trust_path=str(host.certificate),
        )
        self.shell = self.protocol.open_shell(codepage=65001)

    def run(self, line: str, *, through_cmd: bool = False) -> tuple[int, str, str]:
        command = self.protocol.run_command(self.shell, line, skip_cmd_shell=not through_cmd)
        output, errors, code = self.protocol.get_command_output(self.shell, command)
        self.protocol.cleanup_command(self.shell, command)
        return code, output.decode(), errors.decode()


def test_products_are_real(host: WindowsHost, client: Client) -> None:
    host.install(MSI, OLD_32, LATE)
    assert host.entries() == {MSI.key, LATE.key}
    assert host.entries(bits=32) == {OLD_32.key}
    code, text, _ = client.run(rf"{REG} query {UNINSTALL}\{MSI.key} /reg:64")
    assert code == 0
    assert "    DisplayName    REG_SZ    金山办公 WPS Office\r\n" in text
    host.install(NEWER)
    assert host.entries() == {NEWER.key, LATE.key}, "a newer version takes the place of the old one"


def test_exit_codes_and_messages_are_those_of_a_chinese_windows(client: Client) -> None:
    missing = "{00000000-0000-0000-0000-000000000001}"
    assert client.run(rf"C:\windows\system32\msiexec.exe /x {missing} /qn")[0] == 1605
    code, output, errors = client.run(rf"{REG} query HKLM\Nope")
    # Wine's reg.exe complains on standard output, Microsoft's on standard error.
    assert (code, output + errors) == (1, "reg: 找不到所指定的注册表项\r\n")


@pytest.mark.parametrize("line", ["tasklist.exe", r'"C:\windows\system32\schtasks.exe" /query', "powershell -c exit"])
def test_what_wine_pretends_to_have_is_refused(client: Client, line: str) -> None:
    code, output, errors = client.run(line)
    assert (code, output) == (9009, "")
    assert "only pretends" in errors


def test_cmd_expands_and_a_direct_start_does_not(client: Client) -> None:
    assert client.run("echo %SystemRoot%", through_cmd=True)[1] == "C:\\windows\r\n"
    assert client.run(rf"{REG} add HKLM\Software\lab /v Raw /d %SystemRoot% /f")[0] == 0
    assert "%SystemRoot%" in client.run(rf"{REG} query HKLM\Software\lab /v Raw")[1]


def test_the_machines_own_files_are_out_of_reach(client: Client) -> None:
    assert client.run(r"dir Z:\etc", through_cmd=True)[0] != 0


def test_wrong_password_and_closed_shell(host: WindowsHost) -> None:
    with pytest.raises(InvalidCredentialsError):
        Client(host, password="wrong")
    other = Client(host)
    other.protocol.close_shell(other.shell, close_session=False)
    with pytest.raises(WSManFaultError, match="was not found"):
        other.run("ver", through_cmd=True)


def test_nothing_stays() -> None:
    lab = WindowsLab()
    (host,) = lab.start(["lab-gone"])
    prefix = str(host.prefix)
    assert processes_of(prefix)
    lab.stop()
    assert processes_of(prefix) == []
    assert not host.prefix.exists()


def processes_of(prefix: str) -> list[str]:
    """Every process that runs in a prefix, by its environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"WINEPREFIX={prefix}\0".encode() in environment:
            found.append(process.name)
    return found
