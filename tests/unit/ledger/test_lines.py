# SPDX-License-Identifier: Apache-2.0
"""A line of the ledger says the same to every reader, whatever a host put into it."""

from __future__ import annotations

import json

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.unit.ledger.examples import RUN, make_record
from zhengban.ledger.lines import decode_line, encode_line, hash_line, plain_text
from zhengban.model.record import Record

DECODER = msgspec.json.Decoder(Record)

HOSTILE = {
    "template": "{{ 7*7 }}",
    "shell": "$(touch x)",
    "quotes": "a'b\"c\\",
    "a line of its own": '- {"action":"install"}',
    "300 characters": "正" * 300,
    "longer than a YAML key may be": "x" * 5000,
    "NUL": "a\0b",
    "line breaks": "a\nb\r\nc",
    "U+0085": "a\x85b",
    "U+2028 and U+2029": "a\u2028b\u2029c",
    "byte order mark": "\ufeffa\ufeff",
    "non-characters": "\ufffe\uffff",
    "DEL and C1": "\x7f\x80\x9f",
    "emoji": "🧧👩🏽‍💻",
    "looks like a number": "0012345",
    "looks like a boolean": "no",
    "looks like a date": "2026-11-23",
    "looks like sexagesimal": "22:30",
    "comment": "a # b",
    "document end": "...",
    "formula": "=cmd|' /C calc'!A0",
    "path": "../../etc/passwd",
    "empty": "",
}


def read_everywhere(line: bytes) -> list[dict[str, object]]:
    """The mapping in a line as PyYAML, libyaml, ruamel and a JSON reader see it."""
    text = line.decode()
    return [
        yaml.load(line, Loader=yaml.SafeLoader)[0],
        yaml.load(line, Loader=yaml.CSafeLoader)[0],
        YAML(typ="safe", pure=True).load(text)[0],
        json.loads(text.removeprefix("- ")),
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_stays_data(text: str) -> None:
    record = make_record(f"{RUN}/PC-0007/0", "install", text, text, user=text)
    line = encode_line(record)
    assert b"\n" not in line
    assert decode_line(line, DECODER) == record
    for mapping in read_everywhere(line):
        assert (mapping["package"], mapping["version"], mapping["user"]) == (text, text, text)


@given(st.text(st.characters(exclude_categories=[])))
@settings(max_examples=150, deadline=None)
def test_any_text_reads_alike_everywhere(text: str) -> None:
    line = encode_line(make_record(f"{RUN}/PC-0007/0", "install", text, "1"))
    seen = {str(mapping["package"]) for mapping in read_everywhere(line)}
    assert seen == {plain_text(text)} == {decode_line(line, DECODER).package}


@pytest.mark.parametrize(
    ("text", "written"),
    [("a\udc80b", "a\\x80b"), ("\udcff", "\\xff"), ("\ud800", "\\ud800"), ("\udc00", "\\udc00"), ("财务", "财务")],
)
def test_lone_surrogates_become_text(text: str, written: str) -> None:
    """libyaml refuses them in any escape, so a book with one would be closed to most YAML tools."""
    assert plain_text(text) == written
    line = encode_line(make_record(f"{RUN}/PC-0007/0", "install", text, "1", user=text))
    assert [mapping["user"] for mapping in read_everywhere(line)] == [written] * 4


def test_line_is_one_flow_mapping_with_the_keys_in_order() -> None:
    line = encode_line(make_record(f"{RUN}/PC-0007/0", "install", "dpkg:a:amd64", "1"))
    assert line.startswith(b'- {"id": "20261123T093000Z-a3f0c1/PC-0007/0", "action": "install", "computer": ')
    assert '"user": "张三"'.encode() in line


def test_line_a_hand_rewrote_as_yaml_is_read_as_text() -> None:
    record = make_record(f"{RUN}/PC-0007/0", "install", "dpkg:a:amd64", "2.10")
    line = (
        f"- {{id: {RUN}/PC-0007/0, action: install, computer: PC-0007, package: 'dpkg:a:amd64', brand: Lenovo, "
        "user: 张三, user_id: E0007, department: 财务处, version: 2.10, date: 2026-11-23, quantity: 1, "
        f"cause: enforcement, evidence: verified, run: {RUN}, by: ops@ctl}}"
    ).encode()
    assert decode_line(line, DECODER) == record


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"id": "x"}', "begins with '- '"),
        (b'- {"id": "x"}', "missing required field `action`"),
        (b'- {"id": "x", "act', "neither JSON nor YAML"),
        (b"- a\n- b", "exactly one entry"),
        (b"- \xd6\xd0", "utf-8"),
    ],
)
def test_bad_line_says_why(line: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decode_line(line, DECODER)


def test_hash_is_of_the_bytes_without_the_newline() -> None:
    assert hash_line(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
