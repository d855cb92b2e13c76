# SPDX-License-Identifier: Apache-2.0
"""Which of the packages that would come, comes because of which. Source: deb-control(5); DESIGN 6."""

import re
from typing import Dict, Iterable, List, Set, Tuple

_RELATIONS = ("Pre-Depends", "Depends", "Recommends")
_NAME = re.compile(r"\s*([a-z0-9][a-z0-9+.-]*)")


def brings(stanzas: str, arriving: Iterable[str]) -> List[List[str]]:
    """Read who needs whom among the packages of one transaction.

    Args:
        stanzas: control stanzas of the arriving packages, as ``apt-cache show`` prints them.
        arriving: the names that would be installed or upgraded.

    Returns:
        Sorted ``[package, needed]`` pairs of arriving names. A need is an alternative of Pre-Depends, Depends or
        Recommends, met by name or through Provides; versions are not compared, for apt has chosen already.
    """
    names = set(arriving)
    packages = [_fields(stanza) for stanza in stanzas.split("\n\n") if stanza.strip()]
    provided: Dict[str, Set[str]] = {}
    for fields in packages:
        for virtual in _names(fields.get("Provides", "")):
            provided.setdefault(virtual, set()).add(fields.get("Package", ""))
    pairs: Set[Tuple[str, str]] = set()
    for fields in packages:
        package = fields.get("Package", "")
        for relation in _RELATIONS:
            for wanted in _names(fields.get(relation, "")):
                for needed in {wanted} | provided.get(wanted, set()):
                    if package in names and needed in names and needed != package:
                        pairs.add((package, needed))
    return [list(pair) for pair in sorted(pairs)]


def _fields(stanza: str) -> Dict[str, str]:
    fields: Dict[str, str] = {}
    key = ""
    for line in stanza.split("\n"):
        if line[:1] in (" ", "\t"):
            # A relation may go on in the next lines.
            fields[key] = fields.get(key, "") + line
        else:
            key, _colon, value = line.partition(":")
            fields[key] = value.strip()
    return fields


def _names(relation: str) -> List[str]:
    found = [_NAME.match(part) for part in re.split("[,|]", relation)]
    return [match.group(1) for match in found if match]
