# SPDX-License-Identifier: Apache-2.0
"""The facts document: its shape is the core's, its digest moves when and only when it should."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.host.systems import DPKG, Pkg, make_rpm_database, make_system, write
from zhengban.host import facts as host_facts
from zhengban.host import guard_spool, guard_table
from zhengban.host.facts import collect
from zhengban.host.guard_hooks import HOOK
from zhengban.host.guard_places import find_hooks
from zhengban.model import facts as model_facts


def test_the_core_reads_the_document(tmp_path: Path) -> None:
    make_system(tmp_path, Pkg(name="a", fields=("Depends: b",)), Pkg(name="b"), automatic=["b:amd64"])
    document = collect(str(tmp_path))
    read = model_facts.read_facts(json.dumps(document), source="test")
    assert document["columns"] == list(model_facts.COLUMNS)
    # two are the controller's notes, not the host's, and the third is there only where the policy asks for it
    assert set(document) == set(model_facts.Facts.__struct_fields__) - {"read_at", "imported_at", "outside"}
    assert host_facts.FORMAT == model_facts.FORMAT
    assert read.host == os.uname().nodename
    assert read.platform.id == "debian"
    assert read.platform.version == "12"
    assert read.platform.arch == "amd64"
    assert read.platform.kernel == os.uname().release
    assert read.identity.machine_id == "0123456789abcdef0123456789abcdef"
    assert [(p.ref, p.manual, p.needs) for p in read.packages] == [
        ("dpkg:a:all", True, (1,)),
        ("dpkg:b:all", False, ()),
        ("dpkg:dpkg:amd64", True, ()),
    ]
    assert read.managers["dpkg"].count == 3


def test_an_unchanged_host_answers_with_the_digest_alone(tmp_path: Path) -> None:
    make_system(tmp_path, Pkg(name="a"))
    full = collect(str(tmp_path), known_digest="something else")
    assert "unchanged" not in full
    short = collect(str(tmp_path), known_digest=full["digest"])
    assert short["unchanged"] is True
    assert {key: short[key] for key in ("digest", "managers", "identity")} == {
        key: full[key] for key in ("digest", "managers", "identity")
    }
    assert not {"packages", "columns"} & set(short)


@pytest.mark.parametrize(
    ("after", "automatic"),
    [
        (Pkg(name="b"), []),
        (Pkg(name="a", version="1.1"), []),
        (Pkg(name="a", arch="amd64"), []),
        (Pkg(name="a", status="hold ok installed"), []),
        (Pkg(name="a"), ["a:amd64"]),
    ],
)
def test_the_digest_moves_with_what_a_plan_rests_on(tmp_path: Path, after: Pkg, automatic: list[str]) -> None:
    before = collect(str(make_system(tmp_path, Pkg(name="a"))))["digest"]
    assert collect(str(make_system(tmp_path, after, automatic=automatic)))["digest"] != before


def test_the_digest_stays_when_nothing_of_it_moves(tmp_path: Path) -> None:
    a, b = Pkg(name="a"), Pkg(name="b")
    before = collect(str(make_system(tmp_path, a, b)))["digest"]
    later = Pkg(name="a", fields=("Priority: extra", "Recommends: b"))
    removed = Pkg(name="c", status="deinstall ok config-files")
    assert collect(str(make_system(tmp_path, b, removed, later)))["digest"] == before


def test_the_digest_is_the_documented_one(tmp_path: Path) -> None:
    """Computed here from the rows, as another implementation (the one-file collector, Salt) would."""

    def digest(value: object) -> str:
        return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    document = collect(str(make_system(tmp_path, Pkg(name="软件", status="hold ok installed"))))
    rows = [[row[0], row[1], row[2], row[3], row[6], row[9]] for row in document["packages"]]
    assert document["managers"]["dpkg"]["digest"] == digest(rows)
    assert document["digest"] == digest([["dpkg", True, digest(rows)]])


def test_a_broken_database_is_unread_and_gives_no_rows(tmp_path: Path) -> None:
    make_system(tmp_path, Pkg(name="a"))
    whole = collect(str(tmp_path))
    write(tmp_path / "var/lib/dpkg/status", "Package: a\nStatus: install ok inst")
    document = collect(str(tmp_path), known_digest=whole["digest"])
    assert document["packages"] == []
    assert document["managers"]["dpkg"]["read"] is False
    assert "cut off" in document["managers"]["dpkg"]["why"]
    assert document["digest"] != whole["digest"]
    assert "unchanged" not in document


def test_empty_databases_of_other_managers_are_no_managers(tmp_path: Path) -> None:
    """Installing the rpm tool on Debian makes an empty database; that must not turn the host unread."""
    make_system(tmp_path)
    write(tmp_path / "var/lib/rpm/rpmdb.sqlite", b"SQLite format 3\x00" + b"\x00" * 4096)
    write(tmp_path / "var/lib/rpm/Packages", b"")
    (tmp_path / "var/lib/snapd/snaps").mkdir(parents=True)
    (tmp_path / "var/lib/flatpak/app").mkdir(parents=True)
    assert list(collect(str(tmp_path))["managers"]) == ["dpkg"]


def test_a_machine_without_any_database_has_no_manager(tmp_path: Path) -> None:
    document = collect(str(tmp_path))
    assert (document["managers"], document["packages"]) == ({}, [])
    assert document["platform"]["arch"] == os.uname().machine
    assert document["identity"] == {"serial_number": "", "machine_id": ""}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("NAME='Kylin'", "Kylin"),
        ('NAME="银河麒麟 \\"V10\\""', '银河麒麟 "V10"'),
        ("NAME=plain", "plain"),
        ("#NAME=no", ""),
    ],
)
def test_os_release_is_read_as_a_shell_would(tmp_path: Path, line: str, name: str) -> None:
    write(tmp_path / "usr/lib/os-release", f"{line}\nID_LIKE='debian ubuntu'\n")
    platform = collect(str(tmp_path))["platform"]
    assert platform["name"] == name
    assert platform["id_like"] == ["debian", "ubuntu"]


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="dpkg is the oracle")
def test_this_machine_is_read_as_dpkg_reads_it() -> None:
    layout = "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\n"
    text = subprocess.run(["dpkg-query", "-W", "-f", layout], capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in text.splitlines()]
    absent = ("not-installed", "config-files")
    expected = sorted((name, arch, version) for state, name, version, arch in rows if state not in absent)
    # Of this process alone: what others do on the machine is not our slowness.
    started = time.process_time()
    document = collect("/")
    seconds = time.process_time() - started
    assert [(row[1], row[3], row[2]) for row in document["packages"]] == expected
    # some 30 ms for 700 packages on a quiet machine; the bound only catches what is an order of magnitude off
    assert seconds < 0.1 + 0.0005 * len(expected)
    assert DPKG.name in {row[1] for row in document["packages"] if row[7]}


def test_where_a_guard_may_have_left_something_is_known(tmp_path: Path) -> None:
    """Facts load nothing of the guard where none of these is."""
    make_system(tmp_path, Pkg(name="a"))
    make_rpm_database(tmp_path)
    write(tmp_path / "usr/bin/dnf5", "")
    ours = {hook.path for hook in find_hooks(str(tmp_path))} | {HOOK}
    ours |= {f"/{host_facts._STATE_DIR}/{file}" for file in (guard_spool.FILE, guard_table.FILE)}
    assert {f"/{place}" for place in host_facts.GUARD_PLACES} == ours


def test_reading_debians_facts_loads_nothing_of_other_systems_and_of_transactions(tmp_path: Path) -> None:
    """A module of Ansible is compiled anew each time, with all that it imports."""
    make_system(tmp_path, Pkg(name="a"))
    program = "import sys; from zhengban.host import facts; facts.collect(sys.argv[1])"
    program += "; print(*(name.rpartition('.')[2] for name in sys.modules if name.startswith('zhengban.host.')))"
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"facts", "dpkg", "edges"} <= loaded
    heavy = (
        "guard_",
        "apt",
        "dnf",
        "snap_",
        "snapd",
        "flatpak_simulation",
        "flatpak_transaction",
        "rpm_",
        "outside",
        "chang",
    )
    assert sorted(name for name in loaded if name.startswith(heavy)) == []
