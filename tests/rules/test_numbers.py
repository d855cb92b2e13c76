# SPDX-License-Identifier: Apache-2.0
"""The rules of software numbers, each by its name. Source: DOMAIN N1-N8.

``test_removed`` takes each rule out of the program and sees its test here fail.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from zhengban.model.errors import InputError

COMMERCIAL = "name: WPS, version: '2019', type: commercial, category: office"
LOT = {
    "acquired": "purchase",
    "purchased_on": "2024-03-11",
    "amount": "128000.00",
    "licence_type": "volume",
    "quantity": "200",
    "usable_versions": "['2019']",
    "term": "perpetual",
    "serials": "[vault:wps]",
}


def problems(root: Path, *entries: str) -> list[str]:
    """What is wrong with a policy of these entries; each is what stands between the braces."""
    text = "software:\n" + "".join(f"- {{{entry}}}\n" for entry in entries)
    try:
        _ = make_workspace(root / "workspace", text).policy
    except InputError as err:
        return [problem.message for problem in err.problems]
    return []


def lot(number: str, **changed: str) -> str:
    return f"{{number: {number}, " + ", ".join(f"{key}: {value}" for key, value in {**LOT, **changed}.items()) + "}"


def test_n1_another_version_of_commercial_software_has_another_number(tmp_path: Path) -> None:
    older, newer = f"{COMMERCIAL}, lots: [{lot('COM-1')}]", COMMERCIAL.replace("2019", "2023")
    (message,) = problems(tmp_path / "same", older, f"{newer}, lots: [{lot('COM-1')}]")
    assert "'COM-1' belongs to 'WPS 2019' already" in message
    assert "(N1)" in message
    assert problems(tmp_path / "other", older, f"{newer}, lots: [{lot('COM-2')}]") == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("purchased_on", "2025-03-11"),
        ("amount", "128000.01"),
        ("licence_type", "seat"),
        ("quantity", "201"),
        ("usable_versions", "['2016', '2019']"),
        ("term", "{from: 2024-03-11, until: 2027-03-10}"),
        ("serials", "[vault:other]"),
    ],
)
def test_n2_what_differs_makes_another_number(tmp_path: Path, key: str, value: str) -> None:
    """Two purchases that differ in one thing are two lots, and two lots have two numbers."""
    two = (lot("COM-1"), lot("COM-2", **{key: value}))
    assert problems(tmp_path / "two", f"{COMMERCIAL}, lots: [{', '.join(two)}]") == []
    one = (lot("COM-1"), lot("COM-1", **{key: value}))
    (message,) = problems(tmp_path / "one", f"{COMMERCIAL}, lots: [{', '.join(one)}]")
    assert message == "2 lots have the number 'COM-1' (N2)"


def test_n2_what_is_equal_in_everything_has_one_number(tmp_path: Path) -> None:
    equal = (lot("COM-1"), lot("COM-2"))
    (message,) = problems(tmp_path, f"{COMMERCIAL}, lots: [{', '.join(equal)}]")
    assert message == "the lots 'COM-1' and 'COM-2' are equal in everything else (N2)"


@pytest.mark.parametrize("acquired", ["gift", "transfer"])
@pytest.mark.parametrize("key", ["purchased_on", "amount"])
def test_n3_what_was_given_has_no_purchase(tmp_path: Path, acquired: str, key: str) -> None:
    given = {"acquired": acquired, "licence_type": "seat", "quantity": "5"}
    row = ", ".join(f"{name}: {value}" for name, value in {**given, key: LOT[key]}.items())
    (message,) = problems(tmp_path / "with", f"{COMMERCIAL}, lots: [{{number: COM-1, {row}}}]")
    assert message == f"software acquired by {acquired} has no {key} (N3)"
    without = ", ".join(f"{name}: {value}" for name, value in given.items())
    assert problems(tmp_path / "without", f"{COMMERCIAL}, lots: [{{number: COM-1, {without}}}]") == []


def test_n4_another_version_of_oem_software_has_another_number(tmp_path: Path) -> None:
    v10 = "name: Kylin, version: V10, type: oem, category: os, number: OEM-1"
    (message,) = problems(tmp_path / "same", v10, v10.replace("V10", "V11"))
    assert "(N4)" in message
    assert problems(tmp_path / "other", v10, v10.replace("V10", "V11").replace("OEM-1", "OEM-2")) == []


@pytest.mark.parametrize("key", ["purchased_on", "amount", "licence_type", "quantity", "usable_versions", "term"])
def test_n5_oem_software_has_no_purchase(tmp_path: Path, key: str) -> None:
    entry = f"name: Kylin, version: V10, type: oem, category: os, number: OEM-1, {key}: {LOT[key]}"
    (message,) = problems(tmp_path, entry)
    assert message == f"unknown key '{key}'"


def test_n5_oem_software_has_no_lots(tmp_path: Path) -> None:
    entry = f"name: Kylin, version: V10, type: oem, category: os, number: OEM-1, lots: [{lot('COM-1')}]"
    (message,) = problems(tmp_path, entry)
    assert message == "oem software has no purchase, quantity or term (N5)"


def test_n6_another_name_of_free_software_has_another_number(tmp_path: Path) -> None:
    zip7 = "name: 7-Zip, type: free, category: other, number: FREE-9"
    (message,) = problems(tmp_path / "same", zip7, zip7.replace("7-Zip", "Vim"))
    assert "(N6)" in message
    assert problems(tmp_path / "other", zip7, zip7.replace("7-Zip", "Vim").replace("FREE-9", "FREE-8")) == []


def test_n7_one_name_of_free_software_is_one_number(tmp_path: Path) -> None:
    zip7 = "name: 7-Zip, type: free, category: other, number: FREE-9"
    (message,) = problems(tmp_path, zip7, zip7.replace("FREE-9", "FREE-8"))
    assert "one name is one number (N6, N7)" in message


def test_n8_free_software_has_no_version(tmp_path: Path) -> None:
    (message,) = problems(tmp_path, "name: 7-Zip, version: '22', type: free, category: other, number: FREE-9")
    assert message.endswith("it has no version here (N7, N8)")


@pytest.mark.parametrize("key", ["purchased_on", "amount", "licence_type", "quantity", "usable_versions", "term"])
def test_n8_free_software_has_no_purchase(tmp_path: Path, key: str) -> None:
    (message,) = problems(tmp_path, f"name: 7-Zip, type: free, category: other, number: FREE-9, {key}: {LOT[key]}")
    assert message == f"unknown key '{key}'"
