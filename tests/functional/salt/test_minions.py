# SPDX-License-Identifier: Apache-2.0
"""Answers of minions are data: whatever comes, it is an answer, a silence or a failure with a reason."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest

from saltext.zhengban.modules import zhengban as module
from saltext.zhengban.utils.minions import HostOverSalt, Minions, MinionSilent
from saltext.zhengban.utils.settings import read_settings
from zhengban.model.errors import FactsError, InputError

DIGEST = "12" * 32


def packed(text: bytes) -> str:
    return base64.b64encode(zlib.compress(text)).decode()


class Answering(Minions):
    """Gives one return for everybody and notes the questions."""

    def __init__(self, returned: object) -> None:
        super().__init__({}, timeout_seconds=1)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._returned = returned

    def _client(self) -> Any:
        return self

    def cmd(self, minions: list[str], function: str, kwarg: dict[str, Any], **_: object) -> Any:
        self.asked.append((function, kwarg))
        return dict.fromkeys(minions, self._returned)


@pytest.mark.parametrize(
    "returned",
    [
        {"ret": "'zhengban.software_info' is not available."},
        {"ret": "The minion function caused an exception: Traceback"},
        {"ret": "VALUE_TRIMMED"},
        {"ret": {"digest": DIGEST}},
        {"ret": None},
        {"ret": packed(b"[1]")},
        {"ret": packed(b"{")},
        {"ret": packed(b"[" * 200_000)},
        {"ret": packed(b"x")[:-6]},
        {"ret": packed(b" " * (65 * 1024 * 1024) + b"{}")},
    ],
    ids=["no module", "exception", "trimmed", "plain", "none", "list", "half", "deep", "cut", "bomb"],
)
def test_what_is_no_answer_is_a_failure_that_says_so(returned: object) -> None:
    with pytest.raises(FactsError, match=r"the minion pc failed at zhengban\.software_info: "):
        HostOverSalt(Answering(returned), "pc").software_info("")


@pytest.mark.parametrize("returned", [False, None, {}, {"retcode": 0}], ids=["false", "none", "empty", "no return"])
def test_no_answer_is_silence(returned: object) -> None:
    with pytest.raises(MinionSilent, match="the minion pc did not answer"):
        HostOverSalt(Answering(returned), "pc").settle("r/PC-1")


def test_a_minion_that_the_master_does_not_even_name_is_silent() -> None:
    minions = Answering(None)
    minions.cmd = lambda *_, **__: {}  # type: ignore[method-assign]
    assert isinstance(minions.ask(["pc"], "settle", {"intent": "r/PC-1"})["pc"], MinionSilent)


def test_arguments_go_by_keyword_where_salt_reads_no_yaml() -> None:
    minions = Answering({"ret": packed(b"{}")})
    HostOverSalt(minions, "pc").software_info("1e5")
    assert minions.asked == [("zhengban.software_info", {"known_digest": "1e5", "test": False, "packed": True})]


def test_a_header_saves_one_question_and_is_used_once() -> None:
    minions = Answering({"ret": packed(b'{"packages": []}')})
    host = HostOverSalt(minions, "pc", header={"digest": DIGEST})
    assert host.software_info(DIGEST) == {"digest": DIGEST, "unchanged": True}
    assert minions.asked == []
    assert host.software_info(DIGEST) == {"packages": []}

    changed = HostOverSalt(minions, "pc", header={"digest": DIGEST})
    assert changed.software_info("another") == {"packages": []}


def test_an_order_is_refused_by_a_minion_in_test_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "__opts__", {"test": True}, raising=False)
    assert module.apply({"intent": "r/PC-1"})["state"] == "refused"
    assert module.apply({"intent": "r/PC-1"}, test=True)["state"] == "refused"


@pytest.mark.parametrize(
    ("opts", "said"),
    [
        ({}, "zhengban: is not set"),
        ({"zhengban": {}}, "workspace"),
        ({"zhengban": {"workspace": "/srv", "batches": 3}}, "batches"),
        ({"zhengban": {"workspace": "/srv", "batch": 0}}, "batch"),
        ({"zhengban": "/srv"}, "object"),
    ],
    ids=["nothing", "no workspace", "unknown key", "zero", "text"],
)
def test_settings_that_are_wrong_say_where(opts: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_settings(opts)
    assert "the master's configuration" in str(caught.value)
    assert said in str(caught.value)
