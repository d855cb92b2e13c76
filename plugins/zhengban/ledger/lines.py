# SPDX-License-Identifier: Apache-2.0
"""One line of a ledger file and the value it stands for.

A line is ``- `` and a JSON object. What JSON allows and YAML readers do not agree on is escaped, so that
PyYAML, libyaml, ruamel and any JSON reader see the same value. Source: DESIGN 6.
"""

from __future__ import annotations

import hashlib
import re
from typing import TypeVar

import msgspec
import yaml

T = TypeVar("T")

MARK = b"- "

# Raw, these stop a YAML reader (controls, non-characters) or count as a line break or byte order mark
# (U+0085, U+2028, U+2029, U+FEFF).
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SAFE_LOADER: type[yaml.BaseLoader] | type[yaml.CBaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def plain_text(text: str) -> str:
    r"""Write lone surrogates out as text: ``\xNN`` for an undecoded byte, as facts do, ``\uNNNN`` for any
    other.

    No escape for them is read alike by PyYAML, libyaml and JSON readers; every other text comes back
    unchanged.
    """
    return text if text.isascii() else _SURROGATE.sub(_spell_surrogate, text)


def _spell_surrogate(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def _plain_value(value: object) -> object:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, dict):
        return {_plain_value(key): _plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    return value


def encode_json(value: object) -> bytes:
    """Encode a value as one line of JSON that is also YAML, keys in the order of the type, a space after
    ``:`` and ``,``.
    """
    try:
        raw = msgspec.json.encode(value)
    except UnicodeEncodeError:
        raw = msgspec.json.encode(_plain_value(msgspec.to_builtins(value)))
    text = msgspec.json.format(raw, indent=0).decode()
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode()


def encode_line(value: object) -> bytes:
    """Encode a value as a line of a ledger file, without its newline."""
    return MARK + encode_json(value)


def decode_line(line: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Read a line of a ledger file, without its newline.

    What the ledger wrote is JSON; a line a hand rewrote as other YAML is read too, its scalars as text.

    Raises:
        ValueError: neither, or not what the type of ``decoder`` asks for; the text says why.
    """
    if not line.startswith(MARK):
        raise ValueError("a line of a ledger file begins with '- '")
    try:
        return decoder.decode(line[len(MARK) :])
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return _decode_yaml(line, decoder.type)


def _decode_yaml(line: bytes, kind: type[T]) -> T:
    try:
        items = yaml.load(line.decode(), Loader=_SAFE_LOADER)
    except yaml.YAMLError as err:
        raise ValueError(f"neither JSON nor YAML: {getattr(err, 'problem', None) or 'unreadable'}") from err
    if not (isinstance(items, list) and len(items) == 1):
        raise ValueError("a line of a ledger file holds exactly one entry")
    return msgspec.convert(items[0], kind, strict=False)


def hash_line(line: bytes) -> str:
    """SHA-256 in hex of a line's bytes without its newline: what commit lines and chains hold."""
    return hashlib.sha256(line).hexdigest()
