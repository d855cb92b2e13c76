# SPDX-License-Identifier: Apache-2.0
"""RPM hosts: what rpm says of real packages, and what dnf has written down."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.rpm import Key, Package, build_packages, fill_database
from tests.unit.host.systems import write
from zhengban.host.command import Completed
from zhengban.host.database import DatabaseError
from zhengban.host.dnf_history import read_history, removed_rows
from zhengban.host.dnf_settings import read_settings
from zhengban.host.facts import collect
from zhengban.host.protect import protected_refs
from zhengban.host.redhat import RedHat
from zhengban.host.rpm import read_installed

SIGNED = Package(name="signed", vendor="Kingsoft")
PACKAGES = (
    Package(name="app", version="2:1.0-1", arch="x86_64", relations=(("Requires", "libx.so.1()(64bit), /etc/x.conf"),)),
    Package(name="libx", arch="x86_64", relations=(("Provides", "libx.so.1()(64bit)"), ("Recommends", "extra"))),
    Package(name="extra", version="0:1.0-1"),
    # what it owns is required by its path
    Package(name="conf"),
    Package(name="reader", relations=(("Requires", "/usr/share/lab/conf.txt"),)),
)


@pytest.fixture(scope="module")
def key() -> Iterator[Key]:
    with Key() as key:
        yield key


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, key: Key) -> tuple[Path, ...]:
    files = build_packages(tmp_path_factory.mktemp("rpms"), (SIGNED, *PACKAGES))
    key.sign(files[:1])
    return files


@pytest.fixture(params=["var/lib/rpm", "usr/lib/sysimage/rpm"])
def root(request: pytest.FixtureRequest, tmp_path: Path, files: tuple[Path, ...]) -> Path:
    fill_database(tmp_path / request.param, files)
    write(tmp_path / "etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    return tmp_path


def test_rows_are_what_rpm_says(root: Path, key: Key) -> None:
    document = collect(str(root))
    state = document["managers"]["rpm"]
    assert (state["read"], state["why"], state["count"], list(document["managers"])) == (True, "", 6, ["rpm"])
    rows = {row[1]: row for row in document["packages"]}
    numbers = list(rows)
    assert {name: row[2:6] for name, row in rows.items()} == {
        "app": ["2:1.0-1", "x86_64", None, None],
        "conf": ["1.0-1", "noarch", None, None],
        "extra": ["1.0-1", "noarch", None, None],
        "libx": ["1.0-1", "x86_64", None, None],
        "reader": ["1.0-1", "noarch", None, None],
        "signed": ["1.0-1", "noarch", key.id, "Kingsoft"],
    }
    assert {
        name: [[numbers[at] for at in edge] for edge in row[-3:]] for name, row in rows.items() if any(row[-3:])
    } == {
        "app": [["libx"], [], []],
        "libx": [[], [], ["extra"]],
        "reader": [["conf"], [], []],
    }
    assert all(row[6] for row in rows.values()), "nobody knows why they are there"
    assert all(row[10].endswith("Z") for row in rows.values())
    assert collect(str(root), document["digest"])["unchanged"] is True


def test_the_digest_moves_with_marks_and_locks(root: Path) -> None:
    before = collect(str(root))["digest"]
    lock = root / "etc/dnf/plugins/versionlock.list"
    write(lock, "app-2:1.0-*\n!extra-0:1.0-1.*\n")
    locked = collect(str(root))
    assert [row[1] for row in locked["packages"] if row[9]] == ["app"]
    write(root / "usr/lib/sysimage/libdnf5/packages.toml", TOML)
    marked = collect(str(root))
    assert [row[1] for row in marked["packages"] if not row[6]] == ["extra", "libx"]
    assert len({before, locked["digest"], marked["digest"]}) == 3


TOML = """\
version = "1.0"
[packages]
"app.x86_64" = {reason = "User"}
"libx.x86_64" = {reason = "Dependency"}
"extra.noarch" = {reason = "Weak Dependency"}
"""


def test_keys_are_no_packages_and_hostile_text_stays_in_its_place() -> None:
    """A header can hold anything; what parts the answer is thrown anew for every question."""

    def answer(argv: list[str], **_: object) -> Completed:
        record, mark = argv[-1][:13], argv[-1][13:26]
        records = [
            ["gpg-pubkey", "(none)", "fd431d51", "4ae0493b", "(none)", "(none)", "1", *["(none)"] * 4],
            ["evil|R\n\x1dL", "0", "1\t2", "3", "(none)", "(none)", "no number", *["Key ID 199E2F91FD431D51"] * 4],
        ]
        return Completed(0, "".join(record + "".join(mark + field for field in row) for row in records), "")

    (row,) = read_installed("/nowhere", answer)
    assert row == ("evil|R\n\x1dL", "1\t2-3", "", "199e2f91fd431d51", None, None)


@pytest.mark.parametrize(
    ("done", "why"),
    [
        (Completed(127, "", "rpm: No such file or directory"), "rpm says: rpm: No such file"),
        (Completed(0, "", "error: db5 error(-30973)\n"), r"rpm says: error: db5 error\(-30973\)"),
        (Completed(1, "", ""), "exit code 1"),
        (Completed(0, "package x is odd\n", ""), "begins its answer with"),
    ],
)
def test_what_cannot_be_believed_is_unread(done: Completed, why: str) -> None:
    with pytest.raises(DatabaseError, match=why):
        read_installed("/nowhere", lambda *_, **__: done)


def test_a_damaged_database_is_unread(root: Path) -> None:
    (database,) = root.glob("*/lib/**/rpmdb.sqlite")
    content = database.read_bytes()
    database.write_bytes(content[:4096] + b"\0" * 16384 + content[20480:])
    document = collect(str(root))
    assert (document["managers"]["rpm"]["read"], document["packages"]) == (False, [])


def history_database(path: Path, *items: tuple[str, str, int, str, int, int, int, int]) -> None:
    """(name, arch, epoch, version, action, reason, state, ended) in the tables that dnf 4 reads."""
    path.parent.mkdir(parents=True)
    database = sqlite3.connect(path)
    database.executescript(
        "CREATE TABLE trans (id INTEGER, state INTEGER, dt_end INTEGER);"
        "CREATE TABLE rpm (item_id INTEGER, name TEXT, epoch INTEGER, version TEXT, release TEXT, arch TEXT);"
        "CREATE TABLE trans_item (id INTEGER, trans_id INTEGER, item_id INTEGER, action INTEGER, reason INTEGER);"
    )
    for number, (name, arch, epoch, version, action, reason, state, ended) in enumerate(items):
        upstream, release = version.split("-")
        database.execute("INSERT INTO trans VALUES (?, ?, ?)", (number, state, ended))
        database.execute("INSERT INTO rpm VALUES (?, ?, ?, ?, ?, ?)", (number, name, epoch, upstream, release, arch))
        database.execute("INSERT INTO trans_item VALUES (?, ?, ?, ?, ?)", (number, number, number, action, reason))
    database.commit()
    database.close()


def test_the_last_word_of_dnfs_history_counts(tmp_path: Path) -> None:
    now = 1_795_000_000
    install, upgraded, upgrade, remove = 1, 7, 6, 8
    history_database(
        tmp_path / "var/lib/dnf/history.sqlite",
        ("dep", "noarch", 0, "1-1", install, 1, 1, now - 90),
        ("weak", "noarch", 0, "1-1", install, 4, 1, now - 90),
        ("user", "noarch", 0, "1-1", install, 1, 1, now - 90),
        ("user", "noarch", 0, "1-1", upgraded, 1, 1, now - 80),
        ("user", "noarch", 0, "2-1", upgrade, 2, 1, now - 80),
        # it failed, so it never was
        ("user", "noarch", 0, "3-1", install, 1, 2, now - 70),
        ("gone", "x86_64", 3, "1-1", remove, 2, 1, now - 60),
        ("back", "noarch", 0, "1-1", remove, 1, 1, now - 60),
        ("old", "noarch", 0, "1-1", remove, 1, 1, now - 500 * 86400),
    )
    history = read_history(str(tmp_path))
    assert [name for name in ("dep", "weak", "user", "gone", "unknown") if history.is_automatic(name, "noarch")] == [
        "dep",
        "weak",
    ]
    assert removed_rows(history, {("back", "noarch")}, now) == [
        ["rpm", "gone", "x86_64", "3:1-1", "2026-11-18T11:05:40Z"]
    ]


def test_what_dnf_5_has_removed_is_in_its_own_history(tmp_path: Path) -> None:
    path = tmp_path / "usr/lib/sysimage/libdnf5/transaction_history.sqlite"
    path.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            """
            CREATE TABLE trans (id, dt_end, state_id);
            CREATE TABLE trans_item (id, trans_id, item_id, action_id);
            CREATE TABLE rpm (item_id, name_id, epoch, version, release, arch_id);
            CREATE TABLE pkg_name (id, name);
            CREATE TABLE arch (id, name);
            CREATE TABLE trans_state (id, name);
            CREATE TABLE trans_item_action (id, name);
            INSERT INTO trans VALUES (1, 1795945000, 2), (2, 1795946000, 2), (3, 1795947000, 3);
            INSERT INTO trans_state VALUES (1, 'Started'), (2, 'Ok'), (3, 'Error');
            INSERT INTO trans_item_action VALUES (1, 'Install'), (5, 'Remove'), (6, 'Replaced');
            INSERT INTO pkg_name VALUES (1, 'gone'), (2, 'upgraded'), (3, 'kept'), (4, 'back');
            INSERT INTO arch VALUES (1, 'noarch');
            INSERT INTO rpm VALUES (1, 1, 2, '1.0', '1', 1), (2, 2, 0, '1.0', '1', 1), (3, 3, 0, '1.0', '1', 1),
                (4, 4, 0, '1.0', '1', 1);
            INSERT INTO trans_item VALUES (1, 1, 1, 1), (2, 2, 1, 5), (3, 2, 2, 6), (4, 3, 3, 5), (5, 1, 4, 5);
            """
        )
    rows = removed_rows(read_history(str(tmp_path)), {("back", "noarch")}, 1795948000)
    assert rows == [["rpm", "gone", "noarch", "2:1.0-1", "2026-11-29T09:53:20Z"]]


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\0" * 5000])
def test_a_history_that_cannot_be_read_says_nothing(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "var/lib/dnf/history.sqlite", content)
    assert read_history(str(tmp_path)).automatic == {}


def test_settings_of_dnf_dnf5_and_yum(tmp_path: Path) -> None:
    write(tmp_path / "etc/dnf/protected.d/a.conf", "# comment\ndnf\nsystemd*\n")
    write(tmp_path / "etc/yum/protected.d/b.conf", "glob:/etc/yum/protected.d/*.conf\nyum\n")
    write(tmp_path / "etc/yum/pluginconf.d/versionlock.list", "0:bash-4.2-46.*\n!0:zsh-5-1.*\n")
    write(tmp_path / "etc/dnf/versionlock.toml", 'version = "1.0"\n[[packages]]\nname = "vim"\ncomment = "x"\n')
    settings = read_settings(str(tmp_path))
    assert [settings.is_protected(name) for name in ("dnf", "systemd-udev", "yum", "bash")] == [True, True, True, False]
    assert settings.is_locked("bash", "4.2-46", "x86_64")
    assert settings.is_locked("vim", "2:9.0-1", "x86_64")
    assert not settings.is_locked("bash", "4.3-1", "x86_64")
    assert not settings.is_locked("zsh", "5-1", "x86_64")


def test_the_running_kernel_and_the_way_in_are_protected() -> None:
    def row(name: str, version: str = "1-1", arch: str = "x86_64") -> list[object]:
        return ["rpm", name, version, arch, None, None, True, False]

    kept = [row("kernel-core", "5.10.0-60.oe2203"), row("openssh-server"), row("python3-libs"), row("glibc")]
    other = [
        row("kernel-core", "5.10.0-59.oe2203", "aarch64"),
        row("kernel-doc", "5.10.0-60.oe2203"),
        row("python3-pip"),
    ]
    refs = protected_refs([*kept, *other], "5.10.0-60.oe2203.x86_64", [])
    assert refs == sorted(f"rpm:{name}:{arch}" for _manager, name, _version, arch, *_rest in kept)


def test_what_its_packages_own_is_known(root: Path) -> None:
    names = ("signed", *(package.name for package in PACKAGES))
    assert RedHat().owned_paths(str(root), ("usr/share/lab",)) == {f"usr/share/lab/{name}.txt" for name in names}
    assert RedHat().owned_paths(str(root), ("opt",)) == set()
