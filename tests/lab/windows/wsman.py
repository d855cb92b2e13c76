# SPDX-License-Identifier: Apache-2.0
"""The messages of WS-Management's text shell, read and written; no socket and no process here.

Source: MS-WSMV (Web Services Management Protocol Extensions for Windows Vista), 3.1.4.
"""

from __future__ import annotations

import base64
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
_TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
_NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "rsp": _SHELL,
}
_VERBS = {f"{_TRANSFER}/{verb}": verb for verb in ("Create", "Delete")} | {
    f"{_SHELL}/{verb}": verb for verb in ("Command", "Send", "Receive", "Signal")
}
_SECONDS = re.compile(r"PT(\d+(?:\.\d+)?)S")

UNKNOWN_SHELL = 2150858843
TIMED_OUT = 2150858793
NOT_UNDERSTOOD = 2150858817


class Fault(Exception):
    """What the service answers instead; ``code`` is the WSManFault's."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Message:
    """One request. ``verb`` is Create, Command, Send, Receive, Signal or Delete; ``shell`` is empty for Create."""

    id: str
    verb: str
    action: str
    shell: str
    options: Mapping[str, str]
    wait_seconds: float
    body: ET.Element

    @property
    def command_line(self) -> str:
        """The command and its arguments as the client wrote them."""
        line = self._one("CommandLine")
        arguments = (part.text or "" for part in line.iterfind("rsp:Arguments", _NAMES))
        return " ".join([line.findtext("rsp:Command", "", _NAMES), *arguments])

    @property
    def command(self) -> str:
        """The id of the command a Receive, Send or Signal is about."""
        paths = ("rsp:Receive/rsp:DesiredStream", "rsp:Send/rsp:Stream", "rsp:Signal")
        found = (self.body.find(path, _NAMES) for path in paths)
        return next(element.get("CommandId", "") for element in found if element is not None)

    @property
    def input(self) -> tuple[bytes, bool]:
        """What a Send carries, and whether nothing comes after it."""
        streams = self.body.findall("rsp:Send/rsp:Stream", _NAMES)
        data = b"".join(base64.b64decode(stream.text or "") for stream in streams)
        return data, any(stream.get("End", "").lower() in ("true", "1") for stream in streams)

    def _one(self, name: str) -> ET.Element:
        found = self.body.find(f"rsp:{name}", _NAMES)
        if found is None:
            raise Fault(NOT_UNDERSTOOD, f"the message has no {name}")
        return found


def read_message(text: bytes) -> Message:
    """Read one request.

    Raises:
        Fault: not a message of the text shell.
    """
    try:
        root = ET.fromstring(text)
    except ET.ParseError as err:
        raise Fault(NOT_UNDERSTOOD, f"not XML: {err}") from err
    header, body = root.find("s:Header", _NAMES), root.find("s:Body", _NAMES)
    if header is None or body is None:
        raise Fault(NOT_UNDERSTOOD, "not a SOAP envelope")
    action = header.findtext("a:Action", "", _NAMES)
    resource = header.findtext("w:ResourceURI", "", _NAMES)
    if action not in _VERBS or resource != f"{_SHELL}/cmd":
        raise Fault(NOT_UNDERSTOOD, f"only the text shell is served here, not {action} of {resource}")
    seconds = _SECONDS.fullmatch(header.findtext("w:OperationTimeout", "", _NAMES))
    return Message(
        id=header.findtext("a:MessageID", "", _NAMES),
        verb=_VERBS[action],
        action=action,
        shell=header.findtext("w:SelectorSet/w:Selector", "", _NAMES),
        options={
            option.get("Name", ""): option.text or "" for option in header.iterfind("w:OptionSet/w:Option", _NAMES)
        },
        wait_seconds=float(seconds.group(1)) if seconds else 60.0,
        body=body,
    )


def write_answer(message: Message, body: str) -> bytes:
    """The envelope of a good answer."""
    return _envelope(f"{message.action}Response", message.id, body)


def write_fault(fault: Fault, relates_to: str) -> bytes:
    """The envelope of a fault, with the code where clients look for it."""
    body = (
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:InternalError</s:Value></s:Subcode></s:Code>"
        f"<s:Reason><s:Text xml:lang='en-US'>{escape(str(fault))}</s:Text></s:Reason><s:Detail>"
        f"<f:WSManFault xmlns:f='http://schemas.microsoft.com/wbem/wsman/1/wsmanfault' Code='{fault.code}'>"
        f"<f:Message>{escape(str(fault))}</f:Message></f:WSManFault></s:Detail></s:Fault>"
    )
    return _envelope("http://schemas.dmtf.org/wbem/wsman/1/wsman/fault", relates_to, body)


def created_body(shell: str) -> str:
    return f"<rsp:Shell><w:Selector Name='ShellId'>{shell}</w:Selector><rsp:ShellId>{shell}</rsp:ShellId></rsp:Shell>"


def started_body(command: str) -> str:
    return f"<rsp:CommandResponse><rsp:CommandId>{command}</rsp:CommandId></rsp:CommandResponse>"


def received_body(command: str, output: Mapping[str, bytes], code: int | None) -> str:
    """Output so far; ``code`` None while the command runs."""
    about = f"CommandId={quoteattr(command)}"
    parts = [
        f"<rsp:Stream Name='{name}' {about}>{base64.b64encode(data).decode()}</rsp:Stream>"
        for name, data in output.items()
        if data
    ]
    if code is None:
        parts.append(f"<rsp:CommandState {about} State='{_SHELL}/CommandState/Running'/>")
    else:
        parts += [f"<rsp:Stream Name='{name}' {about} End='true'/>" for name in output]
        parts.append(
            f"<rsp:CommandState {about} State='{_SHELL}/CommandState/Done'><rsp:ExitCode>{code}</rsp:ExitCode>"
            "</rsp:CommandState>"
        )
    return f"<rsp:ReceiveResponse>{''.join(parts)}</rsp:ReceiveResponse>"


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    names = " ".join(f"xmlns:{prefix}='{name}'" for prefix, name in _NAMES.items())
    head = (
        f"<a:Action>{escape(action)}</a:Action><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>"
    )
    return (
        f"<s:Envelope xml:lang='en-US' {names}><s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>".encode()
    )
