# SPDX-License-Identifier: Apache-2.0
"""Minions as hosts of the core: its four questions as jobs of the master. Source: DESIGN 9, 11."""

from __future__ import annotations

import base64
import binascii
import json
import threading
import zlib
from collections.abc import Collection, Mapping
from typing import Any

import salt.client

from zhengban.model.errors import FactsError, ZhengbanError

# A document of ten thousand packages is a few megabytes; more than this is no document.
_MAX_BYTES = 64 * 1024 * 1024


class MinionSilent(ZhengbanError):
    """A minion did not answer; what became of the question is unknown."""


class Minions:
    """Asks minions, each thread with a client of its own.

    Args:
        opts: the master's configuration.
        timeout_seconds: after so long without an answer the minion is asked whether it is still at work; one that is
            may go on, one that does not say is silent.
    """

    def __init__(self, opts: Mapping[str, Any], *, timeout_seconds: int) -> None:
        self._opts = dict(opts)
        self._timeout_seconds = timeout_seconds
        self._own = threading.local()

    def ask(
        self, minions: Collection[str], function: str, arguments: Mapping[str, Any]
    ) -> dict[str, Mapping[str, Any] | ZhengbanError]:
        """The answer of each minion, or why there is none. Which minion answered is what the connection says.

        ``arguments`` go by keyword: Salt reads positional texts as YAML, and a digest may look like a number.
        """
        if not minions:
            return {}
        returned = self._client().cmd(
            sorted(minions),
            f"zhengban.{function}",
            kwarg={**arguments, "packed": True},
            tgt_type="list",
            timeout=self._timeout_seconds,
            full_return=True,
        )
        return {minion: _read(minion, function, (returned or {}).get(minion)) for minion in sorted(minions)}

    def _client(self) -> Any:
        if not hasattr(self._own, "client"):
            self._own.client = salt.client.LocalClient(mopts=self._opts)
        return self._own.client


class HostOverSalt:
    """One minion as :class:`zhengban.run.host.Host`.

    Args:
        header: its facts without packages when it was just asked; good for one question.
        test: the minion writes nothing when it is asked for its facts, and changes nothing of its guard.

    Every question raises :class:`MinionSilent` when no answer came, and :class:`FactsError` for one that is none.
    """

    def __init__(
        self, minions: Minions, minion: str, *, header: Mapping[str, Any] | None = None, test: bool = False
    ) -> None:
        self._minions = minions
        self._minion = minion
        self._header = header
        self._test = test

    def software_info(self, known_digest: str, outside: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        header, self._header = self._header, None
        if header is not None and known_digest and header.get("digest") == known_digest:
            return {**header, "unchanged": True}
        # One that gave a header has just looked outside its packages, if it was to.
        question = {"outside": dict(outside)} if outside and header is None else {}
        answer = self._ask("software_info", {"known_digest": known_digest, "test": self._test, **question})
        return {**answer, "outside": header["outside"]} if header is not None and "outside" in header else answer

    def simulate(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._ask("simulate", {"request": dict(request)})

    def apply(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._ask("apply", {"order": dict(order)})

    def settle(self, intent: str) -> Mapping[str, Any]:
        return self._ask("settle", {"intent": intent})

    def guard(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Order the minion's guard; one that runs with test=True by itself only says what would change."""
        return self._ask("guard", {"order": dict(order), **({"test": True} if self._test else {})})

    def _ask(self, function: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = self._minions.ask([self._minion], function, arguments)[self._minion]
        if isinstance(answer, ZhengbanError):
            raise answer
        return answer


def _read(minion: str, function: str, returned: object) -> Mapping[str, Any] | ZhengbanError:
    if not isinstance(returned, Mapping) or "ret" not in returned:
        return MinionSilent(
            f"the minion {minion} did not answer zhengban.{function}: see whether it runs, and try again"
        )
    packed = returned["ret"]
    try:
        return _unpack(packed)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        # Salt reports a missing function or an exception as text in the answer's place.
        said = packed if isinstance(packed, str) else repr(packed)
        hint = "has it been given the extension? (pip, or zhengban salt install and saltutil.sync_all)"
        return FactsError(f"the minion {minion} failed at zhengban.{function}: {said.strip()[-500:]}; {hint}")


def _unpack(packed: object) -> Mapping[str, Any]:
    if not isinstance(packed, str):
        raise ValueError("not a packed document")
    stream = zlib.decompressobj()
    text = stream.decompress(base64.b64decode(packed.encode("ascii"), validate=True), _MAX_BYTES)
    if not stream.eof:
        raise ValueError("too long or cut off")
    document = json.loads(text)
    if not isinstance(document, Mapping):
        raise ValueError("not a document")
    return document
