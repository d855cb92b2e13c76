# SPDX-License-Identifier: Apache-2.0
"""Which program uninstalls a product, and which is never run as the administrator."""

from __future__ import annotations

import msgspec
import pytest

from zhengban.model.plan import Means
from zhengban.windows.entry import Entry
from zhengban.windows.reading import Programs
from zhengban.windows.removal import Job, NoWay, job_of_source, removal_of

PROGRAMS = Programs(
    {"systemroot": r"C:\Windows", "programfiles": r"C:\Program Files", "processor_architecture": "AMD64"}
)
MSIEXEC = r"C:\Windows\System32\msiexec.exe"
CODE = "{11111111-2222-3333-4444-555555555555}"
PLAIN = Entry(
    path=r"HKLM\U\A",
    name="A",
    version="1",
    arch="x64",
    publisher="",
    part="",
    installed_at=None,
    product_code="",
    uninstall="",
    quiet_uninstall="",
)


def way(means: Means | None = None, **fields: str) -> tuple[str, ...] | str:
    entry = msgspec.structs.replace(PLAIN, **fields)
    found = removal_of(entry, means, PROGRAMS, profiles_folder=r"%SystemDrive%\Users")
    return found.words if isinstance(found, Job) else found.reason


def test_windows_installer_by_product_code() -> None:
    assert way(product_code=CODE, quiet_uninstall="x") == (MSIEXEC, "/x", CODE, "/qn", "/norestart")
    given = Means(package="A:x64", arguments=("/quiet", "KEEP=1"))
    assert way(given, product_code=CODE) == (MSIEXEC, "/x", CODE, "/quiet", "KEEP=1", "/norestart")


def test_its_own_quiet_way_and_the_policys_arguments() -> None:
    assert way(quiet_uninstall=r'"C:\A\u.exe" /S') == (r"C:\A\u.exe", "/S")
    given = Means(package="A:x64", arguments=("/S", r"%TEMP%\x y"))
    assert way(given, uninstall=r"C:\A B\u.exe /old") == (r"C:\A B\u.exe", "/S", r"%TEMP%\x y")
    assert way(quiet_uninstall="MsiExec.exe /X{1} /qn") == (MSIEXEC, "/X{1}", "/qn")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"uninstall": r"C:\A\u.exe"}, "no way without a window"),
        ({"quiet_uninstall": "u.exe /S"}, "no full path"),
        ({"quiet_uninstall": r"C:\A\..\Users\li\u.exe"}, "no full path"),
        ({"quiet_uninstall": r"\\server\share\u.exe"}, "no full path"),
        ({"quiet_uninstall": "C:\\A\\u.exe /S\nother"}, "nobody sees"),
        ({"arch": "S-1-5-21-1-2-3-1001", "quiet_uninstall": r"C:\A\u.exe"}, "installed for one user"),
    ],
)
def test_what_is_not_run(fields: dict[str, str], why: str) -> None:
    assert why in str(way(**fields))


def test_nothing_below_a_users_folder_is_run() -> None:
    """Whoever can write that file would be the administrator."""
    entry = msgspec.structs.replace(PLAIN, quiet_uninstall=r"c:\users\li\u.exe /S")
    found = removal_of(entry, None, PROGRAMS, profiles_folder=r"C:\Users")
    assert isinstance(found, NoWay) and "a user's folder" in found.reason


def test_the_policys_own_program_removes_for_every_user() -> None:
    means = Means(package="A:S-1-5-21-1", source="files/clean.exe", sha256="ab", arguments=("/all",))
    assert way(means, arch="S-1-5-21-1") == (r"C:\Program Files\zhengban\ab.exe", "/all")
    package = Means(package="A", source="files/A.MSI", sha256="cd")
    assert job_of_source(package, PROGRAMS, verb="/i").line == (
        rf'{MSIEXEC} /i "C:\Program Files\zhengban\cd.msi" /qn /norestart'
    )
