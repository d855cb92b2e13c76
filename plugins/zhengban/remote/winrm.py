# SPDX-License-Identifier: Apache-2.0
"""Commands over WinRM's text shell, by pywinrm: the connection may be Ansible's or one of our own.

Source: MS-WSMV 3.1.4; pywinrm's Protocol.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from zhengban.model.errors import ZhengbanError
from zhengban.windows.shell import NoSuchCommand, Ran

try:
    import requests
    from winrm.exceptions import WinRMError, WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError
except ImportError as err:
    _IMPORT_ERROR: ImportError | None = err
else:
    _IMPORT_ERROR = None

UTF_8 = 65001
_NOT_FOUND = 2150858843
_QUOTA = 0x803381A6
# A message of Windows holds 500 KB at most, and this becomes base64 in it.
_CHUNK = 200_000
_LONGEST_POLL = 20


class LostConnection(ZhengbanError):
    """The host stopped answering; what became of the last question is unknown."""


def require_pywinrm() -> None:
    """Say what to install where pywinrm is missing or too old.

    Raises:
        ZhengbanError: with the command that helps.
    """
    if _IMPORT_ERROR is not None:
        raise ZhengbanError(
            f"Windows hosts need pywinrm 0.5 or newer on the controller ({_IMPORT_ERROR}): "
            "pip install 'zhengban[windows]' for the Python that runs this"
        )


class WinRMShell:
    """The shell of one connection; see :class:`zhengban.windows.shell.Shell`.

    Args:
        protocol: pywinrm's ``Protocol``.
        shell_id: the shell it has opened, in UTF-8.
        reopened: told the id of another shell, opened because Windows lets one have only so many commands.
    """

    def __init__(self, protocol: Any, shell_id: str, *, reopened: Callable[[str], None]) -> None:
        require_pywinrm()
        self._protocol = protocol
        self._shell = shell_id
        self._reopened = reopened

    @property
    def place(self) -> str:
        return f"{self._shell}/"

    def start(self, line: str, *, through_cmd: bool = False, stdin: bytes = b"") -> str:
        with _reported():
            try:
                command = self._run(line, through_cmd, stdin)
            except WSManFaultError as err:
                if err.wmierror_code != _QUOTA and err.wsman_fault_code != _QUOTA:
                    raise
                self._shell = self._protocol.open_shell(codepage=UTF_8)
                self._reopened(self._shell)
                command = self._run(line, through_cmd, stdin)
            for place in range(0, len(stdin), _CHUNK):
                is_last = place + _CHUNK >= len(stdin)
                self._protocol.send_command_input(self._shell, command, stdin[place : place + _CHUNK], end=is_last)
        return f"{self._shell}/{command}"

    def wait(self, handle: str, seconds: float) -> Ran | None:
        shell, _slash, command = handle.partition("/")
        deadline = time.monotonic() + seconds
        output, errors = bytearray(), bytearray()
        while True:
            left = deadline - time.monotonic()
            with _reported(), self._polling(left):
                try:
                    out, err, code, is_done = self._protocol.get_command_output_raw(shell, command)
                except WinRMOperationTimeoutError:
                    out, err, code, is_done = b"", b"", 0, False
            output += out
            errors += err
            if is_done:
                # A signed number on the wire; Windows' own codes are not.
                return Ran(code=code & 0xFFFFFFFF, output=_text(output), errors=_text(errors))
            if time.monotonic() >= deadline:
                return None

    def end(self, handle: str) -> None:
        shell, _slash, command = handle.partition("/")
        with contextlib.suppress(NoSuchCommand), _reported():
            if command:
                self._protocol.cleanup_command(shell, command)
            else:
                self._protocol.close_shell(shell, close_session=False)

    def _run(self, line: str, through_cmd: bool, stdin: bytes) -> str:
        command: str = self._protocol.run_command(
            self._shell, line, (), console_mode_stdin=not stdin, skip_cmd_shell=not through_cmd
        )
        return command

    @contextlib.contextmanager
    def _polling(self, left: float) -> Iterator[None]:
        """One question is answered within what is left of the time, and well before the connection gives up."""
        usual = self._protocol.operation_timeout_sec
        self._protocol.operation_timeout_sec = max(1, min(int(left) + 1, usual, _LONGEST_POLL))
        try:
            yield
        finally:
            self._protocol.operation_timeout_sec = usual


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except WSManFaultError as err:
        if err.wsman_fault_code == _NOT_FOUND:
            raise NoSuchCommand(f"the host does not know the command any more: {err.reason}") from err
        raise LostConnection(f"WinRM failed: {err.reason or err}") from err
    except (WinRMTransportError, WinRMError, WinRMOperationTimeoutError) as err:
        raise LostConnection(f"WinRM failed: {err}") from err
    except requests.exceptions.RequestException as err:
        raise LostConnection(f"the host stopped answering over WinRM: {err}") from err


def _text(data: bytes | bytearray) -> str:
    return bytes(data).decode("utf-8", "backslashreplace")
