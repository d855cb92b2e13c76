# SPDX-License-Identifier: Apache-2.0
"""dpkg's database: what counts as installed, and what makes it unreadable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.host.systems import DPKG, Pkg, make_system, write
from zhengban.host.database import DatabaseError
from zhengban.host.dpkg import has_database, read_installed

HOSTILE = ["{{ 7*7 }}", "$(touch x)", "a'b\"c", '- {"action":"install"}', "软" * 300, "../../etc/passwd", "-o", "a\\nb"]


def names(root: Path) -> list[str]:
    return [row.name for row in read_installed(str(root))]


@pytest.mark.parametrize(
    ("status", "installed"),
    [
        ("install ok installed", True),
        ("hold ok installed", True),
        ("install reinstreq half-installed", True),
        ("install ok unpacked", True),
        ("install ok half-configured", True),
        ("install ok triggers-awaited", True),
        ("install ok triggers-pending", True),
        ("deinstall ok config-files", False),
        ("purge ok not-installed", False),
    ],
)
def test_installed_is_every_state_that_may_have_files(tmp_path: Path, status: str, installed: bool) -> None:
    make_system(tmp_path, Pkg(name="foo", status=status))
    assert ("foo" in names(tmp_path)) is installed


def test_a_row_says_what_the_database_says(tmp_path: Path) -> None:
    fields = (
        "Priority: optional",
        "Protected: yes",
        "Pre-Depends: a",
        "Depends: b,",
        " c",
        "Recommends: d",
        "Multi-Arch: same",
    )
    foo = Pkg(name="foo", version="1:2-3", arch="i386", status="hold ok half-configured", fields=fields)
    make_system(tmp_path, foo, Pkg(name="doc"), automatic=["foo:i386", "doc:amd64", "bar:amd64"])
    write(tmp_path / "var/lib/dpkg/info/foo:i386.list", "")
    os.utime(tmp_path / "var/lib/dpkg/info/foo:i386.list", (0, 86400))
    doc, dpkg, row = read_installed(str(tmp_path))
    assert row._asdict() == {
        "name": "foo",
        "version": "1:2-3",
        "arch": "i386",
        "manual": False,
        "essential": True,
        "priority": "optional",
        "held": True,
        "state": "half-configured",
        "installed_at": "1970-01-02T00:00:00Z",
        "multi_arch": "same",
        "provides": "",
        "depends": ("a", "b,\n c"),
        "recommends": "d",
    }
    # apt files an arch:all package under the native architecture
    assert (doc.name, doc.manual, doc.essential, doc.installed_at) == ("doc", False, False, None)
    assert (dpkg.manual, dpkg.essential) == (True, True)


def test_rows_are_in_the_order_of_name_architecture_version(tmp_path: Path) -> None:
    make_system(tmp_path, Pkg(name="b"), Pkg(name="a", arch="i386"), Pkg(name="a", arch="amd64"), Pkg(name="B"))
    rows = [(row.name, row.arch) for row in read_installed(str(tmp_path))]
    assert rows == [("B", "all"), ("a", "amd64"), ("a", "i386"), ("b", "all"), ("dpkg", "amd64")]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_data(tmp_path: Path, name: str) -> None:
    make_system(tmp_path, Pkg(name=name))
    assert name in names(tmp_path)


def test_bytes_that_are_not_utf8_are_shown(tmp_path: Path) -> None:
    make_system(tmp_path)
    status = tmp_path / "var/lib/dpkg/status"
    status.write_bytes(status.read_bytes() + b"\nPackage: gb\xb2\xbb\nStatus: install ok installed\nVersion: 1\n")
    assert r"gb\xb2\xbb" in names(tmp_path)


def test_an_injected_newline_is_a_broken_database_and_not_a_second_package(tmp_path: Path) -> None:
    make_system(tmp_path, Pkg(name="foo\nbar"))
    with pytest.raises(DatabaseError, match=r"status:\d+: 'bar' is no field"):
        names(tmp_path)


def test_a_killed_dpkgs_journal_counts(tmp_path: Path) -> None:
    """dpkg notes each change in ``updates`` and merges later; after a kill -9 the status file alone is the past."""
    make_system(tmp_path, Pkg(name="gone"), Pkg(name="newer", version="1"))
    updates = tmp_path / "var/lib/dpkg/updates"
    write(updates / "0000", Pkg(name="newer", version="2").stanza())
    write(updates / "0001", "Package: gone\nStatus: purge ok not-installed\n")
    write(updates / "0002", Pkg(name="fresh", version="3").stanza())
    write(updates / "tmp.i", "half of a stan")
    rows = {row.name: row.version for row in read_installed(str(tmp_path))}
    assert rows == {"dpkg": DPKG.version, "newer": "2", "fresh": "3"}


def test_a_purge_that_does_not_say_of_which_architecture_is_not_guessed(tmp_path: Path) -> None:
    make_system(tmp_path, Pkg(name="both", arch="amd64"), Pkg(name="both", arch="i386"))
    write(tmp_path / "var/lib/dpkg/updates/0000", "Package: both\nStatus: purge ok not-installed\n")
    with pytest.raises(DatabaseError, match="dpkg --configure -a"):
        names(tmp_path)


@pytest.mark.parametrize(
    ("added", "why"),
    [
        ("\nPackage: foo\nStatus: install ok installed\nVersion: 1", "cut off"),
        ("\nPackage: foo\nVersion: 1\n", "without 'status'"),
        ("\nStatus: install ok installed\nVersion: 1\n", "without 'package'"),
        ("\nPackage:\nStatus: install ok installed\nVersion: 1\n", "without 'package'"),
        ("\nPackage: foo\nStatus: install ok\nVersion: 1\n", "has the status 'install ok'"),
        ("\nPackage: foo\nStatus: install ok gone\nVersion: 1\n", "has the status"),
        ("\nPackage: foo\nStatus: install ok installed\n", "has no version"),
        ("\nPackage: foo\nPackage: bar\nStatus: install ok installed\nVersion: 1\n", "a second 'Package'"),
        ("\nPackage: dpkg\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n", "listed twice"),
        ("\ngarbage\n", "'garbage' is no field"),
        ("\n\x00\x00\x00\n", "is no field"),
    ],
)
def test_a_broken_status_file_says_where(tmp_path: Path, added: str, why: str) -> None:
    make_system(tmp_path)
    status = tmp_path / "var/lib/dpkg/status"
    status.write_text(status.read_text() + added)
    with pytest.raises(DatabaseError, match="status") as caught:
        names(tmp_path)
    assert why in str(caught.value)


def test_a_line_number_is_the_files(tmp_path: Path) -> None:
    write(
        tmp_path / "var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\noops\n"
    )
    with pytest.raises(DatabaseError, match=r"status:6: 'oops'"):
        names(tmp_path)


def test_a_first_unpacking_that_broke_off_has_no_version(tmp_path: Path) -> None:
    make_system(tmp_path, Pkg(name="foo", version="", status="install reinstreq half-installed"))
    assert [(row.name, row.version) for row in read_installed(str(tmp_path))][1] == ("foo", "")


def test_where_dpkg_manages_nothing_there_is_no_database(tmp_path: Path) -> None:
    assert not has_database(str(tmp_path))
    # what installing the dpkg package leaves on an rpm system
    write(tmp_path / "var/lib/dpkg/status", "")
    (tmp_path / "var/lib/dpkg/info").mkdir()
    assert not has_database(str(tmp_path))


def test_a_removed_status_file_does_not_make_a_host_clean(tmp_path: Path) -> None:
    make_system(tmp_path)
    write(tmp_path / "var/lib/dpkg/info/foo.list", "")
    (tmp_path / "var/lib/dpkg/status").unlink()
    assert has_database(str(tmp_path))
    with pytest.raises(DatabaseError, match="status is missing"):
        names(tmp_path)
