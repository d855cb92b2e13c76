# SPDX-License-Identifier: Apache-2.0
"""Questions to snapd over its socket; it keeps its database to itself. Source: snapd's REST API."""

import http.client
import json
import os
import socket
from typing import Any, Dict, Optional
from urllib.parse import urlencode

from .database import DatabaseError
from .snap import SOCKET

# Its answers about this machine come at once; a question to the store takes as long as the network.
_SECONDS = 60
_MOST_BYTES = 32 * 1024 * 1024
# The length of a socket's address, which the kernel cuts off.
_MOST_PATH = 107


class NotFound(Exception):
    """The store has no snap of that name."""


def ask(root: str, path: str, query: Optional[Dict[str, str]] = None) -> Any:
    """The ``result`` of a ``GET``.

    Raises:
        NotFound: it is about a snap that is not there.
        DatabaseError: snapd does not answer, or answers with something else; the text says what.
    """
    connection = _Connection(os.path.join(root, SOCKET))
    try:
        connection.request("GET", path + ("?" + urlencode(query) if query else ""), headers={"Host": "localhost"})
        response = connection.getresponse()
        content = response.read(_MOST_BYTES + 1)
    except (OSError, http.client.HTTPException) as err:
        reason = err.strerror if isinstance(err, OSError) and err.strerror else str(err) or type(err).__name__
        raise DatabaseError("snapd does not answer at {}: {}".format(connection.path, reason)) from err
    finally:
        connection.close()
    if len(content) > _MOST_BYTES:
        raise DatabaseError("snapd answers {} with more than anybody can use".format(path))
    try:
        answer = json.loads(content.decode("utf-8", "backslashreplace"))
        kind, result = answer["type"], answer["result"]
    except (ValueError, RecursionError, KeyError, TypeError) as err:
        raise DatabaseError("snapd answers {} with what is no answer: {}".format(path, err)) from err
    if kind == "sync":
        return result
    error = result if isinstance(result, dict) else {}
    if error.get("kind") in ("snap-not-found", "snap-not-installed"):
        raise NotFound(str(error.get("message", "")))
    raise DatabaseError("snapd answers {}: {}".format(path, error.get("message", kind)))


class _Connection(http.client.HTTPConnection):
    """One over a socket of this machine."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self.path = path

    def connect(self) -> None:
        if len(os.fsencode(self.path)) > _MOST_PATH:
            raise OSError(None, "the path of the socket is too long")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
