# SPDX-License-Identifier: Apache-2.0
"""Making rpm package files that hold no file, for tests of the guard on its host: rpmbuild is seldom there.

Source: rpm's package format (lead, signature, header, payload) and its list of tags.
"""

import gzip
import hashlib
import os
import struct
from typing import Any, Iterable, List, Sequence, Tuple

_INT32, _STRING, _BIN, _STRINGS, _TEXTS = 4, 6, 7, 8, 9
_LEAD = ">4sBBhh66shh16x"
_MAGIC = b"\x8e\xad\xe8\x01\x00\x00\x00\x00"
# The tag that begins a header of each kind, and every entry's place in its index.
_SIGNATURES, _IMMUTABLE = 62, 63
_ENTRY = ">IIiI"
_EQUAL = 8
# A cpio archive that is at its end.
_PAYLOAD = b"07070100000000" + b"0" * 24 + b"00000001" + b"0" * 48 + b"0000000b00000000TRAILER!!!\0\0\0\0"

Value = Tuple[int, int, Any]
"""Tag, type, value: a text, bytes, or a list of texts or numbers."""


def build_rpm(
    folder: str, name: str, version: str, arch: str, obsoletes: Sequence[str] = (), is_refusing: bool = False
) -> str:
    """Write a package file in a folder; returns its path.

    Args:
        version: ``[epoch:]version-release``.
        obsoletes: names of packages whose place it takes.
        is_refusing: it stops every rpm that begins to install it.

    Raises:
        OSError.
    """
    epoch, _colon, rest = version.rpartition(":")
    number, _dash, release = rest.partition("-")
    payload = gzip.compress(_PAYLOAD)
    values: List[Value] = [
        (1000, _STRING, name),
        (1001, _STRING, number),
        (1002, _STRING, release),
        (1004, _TEXTS, ["a throw-away package"]),
        (1005, _TEXTS, ["a throw-away package"]),
        (1009, _INT32, [0]),
        (1014, _STRING, "none"),
        (1016, _TEXTS, ["zhengban"]),
        (1021, _STRING, "linux"),
        (1022, _STRING, arch),
        # Without it libsolv takes the package for a source.
        (1044, _STRING, "{}-{}-{}.src.rpm".format(name, number, release)),
        (1047, _STRINGS, [name]),
        (1112, _INT32, [_EQUAL]),
        (1113, _STRINGS, ["{}-{}".format(epoch + ":" + number if epoch else number, release)]),
        (1124, _STRING, "cpio"),
        (1125, _STRING, "gzip"),
        (1126, _STRING, "9"),
        (5092, _STRINGS, [hashlib.sha256(payload).hexdigest()]),
        (5093, _INT32, [8]),
    ]
    if is_refusing:
        values += [(1023, _STRING, 'error("never installed")'), (1085, _STRING, "<lua>")]
    if epoch:
        values.append((1003, _INT32, [int(epoch)]))
    if obsoletes:
        values += [(1090, _STRINGS, list(obsoletes)), (1114, _INT32, [0] * len(obsoletes))]
        values.append((1115, _STRINGS, [""] * len(obsoletes)))
    header = _header(_IMMUTABLE, values)
    signature = _header(
        _SIGNATURES,
        [
            (269, _STRING, hashlib.sha1(header).hexdigest()),
            (273, _STRING, hashlib.sha256(header).hexdigest()),
            (1000, _INT32, [len(header) + len(payload)]),
            (1004, _BIN, hashlib.md5(header + payload).digest()),
        ],
    )
    title = "{}-{}-{}".format(name, number, release)
    lead = struct.pack(_LEAD, b"\xed\xab\xee\xdb", 3, 0, 0, 1, title.encode("utf-8")[:65], 1, 5)
    path = os.path.join(folder, "{}.{}.rpm".format(title, arch))
    with open(path, "wb") as file:
        file.write(lead + signature + b"\0" * (-len(signature) % 8) + header + payload)
    return path


def _header(region: int, values: Iterable[Value]) -> bytes:
    """A header: index and store, with the region that spans both. What it spans is hashed and signed as one."""
    index, store = b"", b""
    ordered = sorted(values)
    for tag, kind, value in ordered:
        if kind == _INT32:
            store += b"\0" * (-len(store) % 4)
        index += struct.pack(_ENTRY, tag, kind, len(store), 1 if kind == _STRING else len(value))
        store += _encode(kind, value)
    size = struct.calcsize(_ENTRY)
    here = struct.pack(_ENTRY, region, _BIN, len(store), size)
    store += struct.pack(_ENTRY, region, _BIN, -size * (len(ordered) + 1), size)
    return _MAGIC + struct.pack(">II", len(ordered) + 1, len(store)) + here + index + store


def _encode(kind: int, value: Any) -> bytes:
    if kind == _STRING:
        return bytes(value.encode("utf-8") + b"\0")
    if kind in (_STRINGS, _TEXTS):
        return b"".join(text.encode("utf-8") + b"\0" for text in value)
    if kind == _BIN:
        return bytes(value)
    return struct.pack(">{}i".format(len(value)), *value)
