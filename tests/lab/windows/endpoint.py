# SPDX-License-Identifier: Apache-2.0
"""The WinRM service of one Wine prefix, on a free loopback port: the text shell of WS-Management over http or https.

``python -m tests.lab.windows.endpoint SETTINGS`` where the file holds ``prefix``, ``user``, ``password``,
``environment``, ``oem``, ``certificate`` (empty for http), ``log`` and ``port`` (the file that gets the port). It ends
when its standard input does, so it never outlives the process that started it.
"""

from __future__ import annotations

import base64
import hmac
import json
import ssl
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .command import Command
from .wsman import (
    TIMED_OUT,
    UNKNOWN_SHELL,
    Fault,
    Message,
    created_body,
    read_message,
    received_body,
    started_body,
    write_answer,
    write_fault,
)

_LONGEST_MESSAGE = 500 * 1024  # Windows' own default of MaxEnvelopeSizekb


class Service:
    """The shells of one host and the commands in them; a shell lives until it is deleted, whoever hung up."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self._drive = Path(settings["prefix"]) / "drive_c"
        self._shells: dict[str, dict[str, Command]] = {}
        self._code_pages: dict[str, str] = {}
        self._lock = threading.Lock()
        # The file outlives the service on purpose: it is how tests know what a host was asked.
        self._log = Path(settings["log"])

    def answer(self, message: Message) -> str:
        """The body of the answer.

        Raises:
            Fault: no such shell or command, or no news from it in time.
        """
        if message.verb == "Create":
            shell = str(uuid.uuid4()).upper()
            self._shells[shell] = {}
            self._code_pages[shell] = message.options.get("WINRS_CODEPAGE", "437")
            self._note(event="create", shell=shell, codepage=self._code_pages[shell])
            return created_body(shell)
        commands = self._shells.get(message.shell)
        if commands is None:
            raise Fault(UNKNOWN_SHELL, f"The shell {message.shell} was not found on the server.")
        if message.verb == "Command":
            return started_body(self._start(message, commands))
        if message.verb == "Delete":
            for command in self._shells.pop(message.shell).values():
                command.end()
            self._note(event="delete", shell=message.shell)
            return ""
        command = commands.get(message.command)
        if command is None:
            raise Fault(UNKNOWN_SHELL, f"The command {message.command} was not found in the shell.")
        if message.verb == "Receive":
            received = command.receive(message.wait_seconds)
            if received is None:
                raise Fault(TIMED_OUT, "The operation did not complete within OperationTimeout.")
            output, code = received
            return received_body(command.id, output, code)
        if message.verb == "Send":
            data, is_last = message.input
            command.feed(data, is_last=is_last)
            return "<rsp:SendResponse/>"
        # Signal: pywinrm sends it for a command that has ended, too.
        if command.code is None:
            command.end()
        del commands[command.id]
        return "<rsp:SignalResponse/>"

    def _start(self, message: Message, commands: dict[str, Command]) -> str:
        through_cmd = message.options.get("WINRS_SKIP_CMD_SHELL", "FALSE").upper() != "TRUE"
        code_page = self._code_pages[message.shell]
        self._note(event="command", line=message.command_line, through_cmd=through_cmd)
        command = Command(
            message.command_line,
            drive=self._drive,
            environment=self.settings["environment"],
            through_cmd=through_cmd,
            oem=self.settings["oem"],
            wanted="utf-8" if code_page == "65001" else f"cp{code_page}",
        )
        commands[command.id] = command
        return command.id

    def _note(self, **what: object) -> None:
        with self._lock, self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(what, ensure_ascii=False) + "\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: Service, certificate: str) -> None:
        self.service = service
        super().__init__(("127.0.0.1", 0), _Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # Each connection shakes hands in its own thread: one that does not would keep all others waiting.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up or does not trust the certificate is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments: object) -> None:
        pass

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        if not self._is_authorised():
            self._reply(401, b"", {"WWW-Authenticate": 'Basic realm="WSMAN"'})
        elif self.path != "/wsman":
            self._reply(404, b"")
        elif length > _LONGEST_MESSAGE:
            self._reply(413, b"")
        else:
            message_id = ""
            try:
                message = read_message(text)
                message_id = message.id
                self._reply(200, write_answer(message, self.server.service.answer(message)))
            except Fault as fault:
                self._reply(500, write_fault(fault, message_id))

    def _is_authorised(self) -> bool:
        settings = self.server.service.settings
        wanted = base64.b64encode(f"{settings['user']}:{settings['password']}".encode()).decode()
        return hmac.compare_digest(self.headers.get("Authorization", ""), f"Basic {wanted}")

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def main(path: str) -> None:
    settings = json.loads(Path(path).read_text(encoding="utf-8"))
    server = _Server(Service(settings), settings["certificate"])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    port = Path(settings["port"])
    partial = port.with_suffix(".partial")
    partial.write_text(str(server.server_port), encoding="ascii")
    partial.replace(port)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main(sys.argv[1])
