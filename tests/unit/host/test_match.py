# SPDX-License-Identifier: Apache-2.0
"""What a policy line means on a host."""

from __future__ import annotations

import fnmatch
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhengban.host.match import misfit, name_matches
from zhengban.host.version import VersionError


@pytest.mark.parametrize(
    ("pattern", "name", "answer"),
    [
        ("wps-office", "wps-office", True),
        ("wps-office", "wps-office-fonts", False),
        ("wps*", "wps-office", True),
        ("*office", "wps-office", True),
        ("wps*office", "wpsoffice", True),
        ("aa*aa", "aaa", False),
        ("lib?", "lib", False),
        ("lib?", "lib6", True),
        ("linux-image-*-amd64", "linux-image-6.1.0-amd64", True),
        ("[ab]*", "a", False),
        ("[ab]*", "[ab]c", True),
        ("lib{a,b}", "liba", False),
        ("a.c", "abc", False),
        ("*", "", True),
        ("?*", "", False),
        ("金山*", "金山办公", True),
        ("a*", "a\nb", True),
        ("a", "a\n", False),
        ("WPS*", "wps-office", False),
    ],
)
def test_name_matches(pattern: str, name: str, answer: bool) -> None:
    assert name_matches(pattern, name) is answer


def test_windows_names_ignore_case() -> None:
    assert name_matches("wps office*", "WPS Office 2019", ignore_case=True)


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="ab*?", max_size=8), st.text(alphabet="ab", max_size=8))
def test_patterns_agree_with_the_shells(pattern: str, name: str) -> None:
    assert name_matches(pattern, name) is fnmatch.fnmatchcase(name, pattern)


def test_a_hostile_name_cannot_make_matching_slow() -> None:
    started = time.monotonic()
    assert not name_matches("*a" * 20 + "b", "a" * 5000)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("line", "row", "answer"),
    [
        (("dpkg", "", "", ""), ("whatever this is", None), ""),
        (("dpkg", ">=11.1, <12", "", ""), ("11.1.0", None), ""),
        (("dpkg", ">=11.1, <12", "", ""), ("12", None), "version"),
        (("dpkg", ">=11.1", "", ""), ("no version", None), "version"),
        (("windows", ">=11", "Kingsoft*", ""), ("11.1", "KINGSOFT Corp."), ""),
        (("windows", ">=11", "Kingsoft*", ""), ("11.1", "Kingsoftware? No"), ""),
        (("windows", ">=11", "Kingsoft*", ""), ("11.1", "Other"), "publisher"),
        (("windows", ">=11", "Kingsoft*", ""), ("11.1", None), "publisher"),
        (("windows", ">=12", "Kingsoft*", ""), ("11.1", None), "version"),
        (("rpm", "", "", "*"), ("1-1", "RSA/SHA256 0123"), ""),
        (("rpm", "", "", "*"), ("1-1", None), "signer"),
        (("rpm", "", "", "RSA*"), ("1-1", "rsa/sha256"), "signer"),
    ],
)
def test_misfit(line: tuple[str, str, str, str], row: tuple[str, str | None], answer: str) -> None:
    assert misfit(*line, *row) == answer


def test_a_bad_range_is_the_policys_fault_and_not_a_misfit() -> None:
    with pytest.raises(VersionError):
        misfit("dpkg", ">=", "", "", "1", None)
