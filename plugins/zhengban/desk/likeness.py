# SPDX-License-Identifier: Apache-2.0
"""How much the name of a product on a form is like the name of a package on a computer. Pure."""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache

# Latin words and numbers, and runs of Chinese characters: the two stand beside each other without a space.
_WORDS = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]+")
# What packagers add that is no part of a product's name.
_NOISE = frozenset(
    ("x64", "x86", "amd64", "arm64", "bit", "64bit", "32bit", "zh", "cn", "zhcn", "edition", "the", "for")
)
_YEAR = re.compile(r"(19|20)\d\d|v?\d{1,2}")
_LEAST_RATIO = 0.7


def name_likeness(product: str, label: str, package: str, version: str) -> float:
    """From 0, nothing in common, to 1, the same but for spelling.

    Args:
        product, label: name and version label of an entry, such as ``Microsoft Office`` and ``2016``.
        package, version: of a package; a version that is part of the package's name says nothing about the name.

    All words of the product among those of the package, or the other way round, count for much; for the rest it is
    how much the letters are alike. A package that names another edition is less like it.
    """
    wanted = [word for word in _words(product) if word not in _words(label)]
    found = [word for word in _words(package) if word not in _words(version)]
    if not wanted or not found:
        return 0.0
    likeness = _likeness(tuple(wanted), tuple(word for word in found if word not in _words(label)))
    editions = {word for word in found if _YEAR.fullmatch(word)}
    if label and editions and not editions & set(_words(label)) and set(_words(label)) - set(wanted):
        likeness *= 0.6
    return likeness


def vendor_likeness(vendor: str, publisher: str) -> bool:
    """Whether a publisher names the vendor of an entry."""
    wanted = set(_words(vendor)) - {"inc", "ltd", "corp", "co", "llc", "gmbh", "corporation"}
    return bool(wanted) and not wanted.isdisjoint(_words(publisher))


@lru_cache(maxsize=65_536)
def _words(text: str) -> tuple[str, ...]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return tuple(word for word in _WORDS.findall(folded) if word not in _NOISE)


@lru_cache(maxsize=65_536)
def _likeness(wanted: tuple[str, ...], found: tuple[str, ...]) -> float:
    one, other = "".join(wanted), "".join(found)
    if one == other:
        return 1.0
    more, less = set(found) - set(wanted), set(wanted) - set(found)
    if not less:
        return 0.9 - 0.02 * min(len(more), 5) if len(wanted) > 1 else 0.7
    if not more:
        return 0.85 if len(found) > 1 else 0.65
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < _LEAST_RATIO or matcher.quick_ratio() < _LEAST_RATIO:
        return 0.0
    ratio = matcher.ratio()
    return min(ratio, 0.9) if ratio >= _LEAST_RATIO else 0.0
