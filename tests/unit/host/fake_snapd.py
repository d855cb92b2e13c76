# SPDX-License-Identifier: Apache-2.0
"""A snapd that answers on a socket as its documentation says, with a store and a client; no snap of it can run.

snapd itself needs systemd, which neither this machine nor the lab's hosts have. Source: snapd's REST API.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from zhengban.host.command import Completed

Entry = dict[str, Any]
CANONICAL = {"id": "canonical", "username": "canonical", "display-name": "Canonical", "validation": "verified"}


def snap(name: str, version: str = "1.0", **more: Any) -> Entry:
    """An entry as ``/v2/snaps`` and ``/v2/find`` give it; a key that is None is absent, as with an unasserted snap."""
    entry = {
        "id": f"id-{name}",
        "name": name,
        "version": version,
        "revision": "7",
        "type": "app",
        "base": "core22",
        "status": "active",
        "confinement": "strict",
        "publisher": {"id": "x1", "username": "maker", "display-name": "The Maker", "validation": "unproven"},
        "tracking-channel": "latest/stable",
        "install-date": "2026-11-20T08:00:00.123456789+08:00",
        **more,
    }
    return {key: value for key, value in entry.items() if value is not None}


def base(name: str, kind: str = "base") -> Entry:
    """A snap that others need."""
    return snap(name, "2026.1", type=kind, base=None, publisher=CANONICAL)


class FakeSnapd:
    """``installed``, ``store`` and ``refreshes`` are entries by name; ``content`` pairs of a snap and whose it uses.

    ``answer`` replaces every answer, as (status, body). As a ``run`` it is the client, whose commands it remembers;
    ``refuses`` makes it fail.
    """

    def __init__(self, root: Path, *installed: Entry) -> None:
        self.installed = {entry["name"]: entry for entry in installed}
        self.store: dict[str, Entry] = {}
        self.refreshes: dict[str, Entry] = {}
        self.content: list[tuple[str, str, bool]] = []
        self.answer: tuple[int, bytes] | None = None
        self.refuses = ""
        self.commands: list[list[str]] = []
        path = root / "run" / "snapd.socket"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._server = socketserver.ThreadingUnixStreamServer(str(path), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, target: str) -> tuple[int, bytes]:
        if self.answer is not None:
            return self.answer
        url = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path == "/v2/snaps":
            return _sync(list(self.installed.values()))
        if (url.path, query) == ("/v2/connections", {"interface": "content"}):
            return _sync({"established": [_connection(*pair) for pair in self.content], "plugs": [], "slots": []})
        if (url.path, query) == ("/v2/find", {"select": "refresh"}):
            return _sync(list(self.refreshes.values()))
        if url.path == "/v2/find" and list(query) == ["name"]:
            found = self.store.get(query["name"])
            return _sync([found]) if found else _error(404, "snap not found", "snap-not-found")
        return _error(404, "not found", "")

    def __call__(self, argv: Sequence[str], output_path: str = "", inherited: Sequence[int] = ()) -> Completed:
        """The client ``snap``: what comes brings what it needs, as snapd does."""
        self.commands.append(list(argv))
        names = [word for word in argv[2:] if not word.startswith("--")]
        Path(output_path).write_text(self.refuses or f"{argv[1]}ed\n", encoding="utf-8")
        if self.refuses:
            return Completed(1, "", "")
        for name in names:
            if argv[1] == "install":
                entry = self.store[name]
                for needed in (entry.get("base", ""), "snapd"):
                    if needed in self.store:
                        self.installed.setdefault(needed, self.store[needed])
                self.installed[name] = entry
            elif argv[1] == "refresh":
                self.installed[name] = self.refreshes.pop(name)
            else:
                del self.installed[name]
        return Completed(0, "", "")


def _handler(snapd: FakeSnapd) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = snapd.reply(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a socket of this kind has no address to log."""

    return Handler


def _sync(result: Any) -> tuple[int, bytes]:
    return 200, json.dumps({"type": "sync", "status-code": 200, "status": "OK", "result": result}).encode()


def _error(status: int, message: str, kind: str) -> tuple[int, bytes]:
    result = {"message": message, **({"kind": kind} if kind else {})}
    return status, json.dumps({"type": "error", "status-code": status, "status": "Bad", "result": result}).encode()


def _connection(user: str, provider: str, is_manual: bool) -> Entry:
    ends = {"plug": {"snap": user, "plug": "themes"}, "slot": {"snap": provider, "slot": "themes"}}
    return {**ends, "interface": "content", **({"manual": True} if is_manual else {})}
