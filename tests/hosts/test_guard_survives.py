# SPDX-License-Identifier: Apache-2.0
"""What a host with the guard survives: a full disk, and a new Python, C library, dpkg and apt. Source: DESIGN 10."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.guarded import DEBS, STATE, Guarded, table_text
from tests.hosts.managed import pack_host_code
from tests.lab.hosts import Lab
from tests.lab.repository import build_repository

pytestmark = pytest.mark.slow

# Makes a package file of what is installed; $2 is added to its version. Source: deb(5).
REPACK = r"""
set -e
work=/tmp/repack/$1; rm -rf "$work"; mkdir -p "$work/DEBIAN"
dpkg-query -L "$1" | while IFS= read -r path; do
  # /lib and the like are links on the host, and folders in its packages.
  if [ -d "$path" ]; then mkdir -p "$work$path"; elif [ -e "$path" ] || [ -L "$path" ]; then
    mkdir -p "$work${path%/*}"; cp -a "$path" "$work$path"; fi
done
dpkg-query -s "$1" | sed -e '/^Status:/d' -e '/^Conffiles:/,/^[A-Z]/{/^Conffiles:/d;/^ /d}' \
  -e "s/^Version: .*/&$2/" > "$work/DEBIAN/control"
for part in preinst postinst prerm postrm conffiles triggers shlibs symbols; do
  file=$(dpkg-query --control-path "$1" $part || :)
  [ -z "$file" ] || cp -a "$file" "$work/DEBIAN/$part"
done
dpkg-deb -Znone --build "$work" "/tmp/repack/$1.deb" > /dev/null
"""


@pytest.fixture(scope="module")
def shared(lab: Lab, collection_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    repository = build_repository(tmp_path_factory.mktemp("repository"), DEBS)
    (host,) = lab.start(["guard-survives"], repository=repository)
    return Guarded(host, pack_host_code(collection_root))


@pytest.fixture
def guarded(shared: Guarded, tmp_path: Path) -> Iterator[Guarded]:
    answer = shared.install(table_text(tmp_path / "workspace"))
    assert answer["doors"]["apt"] == answer["doors"]["dpkg"] == "shut"
    shared.sh(f"rm -f {STATE}/attempts.jsonl")
    yield shared
    assert (shared.status()["apt"], shared.status()["dpkg"]) == ("shut", "shut")


def test_a_full_disk_changes_no_verdict_and_loses_no_table(guarded: Guarded, tmp_path: Path) -> None:
    guarded.sh(f"mv {STATE} /dev/shm/zhengban && ln -s /dev/shm/zhengban {STATE}", check=True)
    try:
        # The last bytes too: what is there stays readable, nothing more fits.
        guarded.sh("dd if=/dev/zero of=/dev/shm/fill bs=64k; dd if=/dev/zero of=/dev/shm/rest bs=1")
        blocked = guarded.sh("dpkg -i /srv/repo/follower_1.0_amd64.deb")
        assert (blocked.returncode, "已阻止" in blocked.stderr) == (2, True)
        assert "not recorded" in blocked.stderr and "No space left" in blocked.stderr
        guarded.sh("dpkg -i /srv/repo/many1_1.0_all.deb", check=True)
        opened = guarded.sh("zhengban-guard open --minutes 5 --reason x")
        assert (opened.returncode, "open_until" in guarded.status()) == (3, False)
        audit = guarded.install(table_text(tmp_path / "audit", mode="audit"))
        assert "No space left" in audit["error"]
        assert guarded.status()["mode"] == "enforce"
        assert guarded.sh("dpkg -i /srv/repo/follower_1.0_amd64.deb").returncode == 2
    finally:
        guarded.sh(f"rm -f /dev/shm/fill /dev/shm/rest {STATE}; mv /dev/shm/zhengban {STATE}", check=True)
        guarded.sh("dpkg --purge many1")


def test_python_the_c_library_dpkg_and_apt_are_replaced_under_the_guard(guarded: Guarded) -> None:
    """None of them is listed: that a host can be repaired does not depend on its policy."""
    before = guarded.host.packages()
    newer = ["apt", "dpkg"]
    again = ["libc6", "libpython3.11-minimal", "libpython3.11-stdlib", "python3.11", "python3.11-minimal"]
    for name in newer + again:
        guarded.host.run(["sh", "-c", REPACK, "sh", name, "+lab1" if name in newer else ""], check=True)
    apt = "apt-get -y -o DPkg::Use-Pty=0 -o Dpkg::Options::=--force-confold --reinstall install"
    done = guarded.sh(f"{apt} /tmp/repack/*.deb")
    assert done.returncode == 0, done.stdout + done.stderr
    after = guarded.host.packages()
    assert {name: after[name] for name in newer} == {name: before[name] + "+lab1" for name in newer}
    assert {name: after[name] for name in again} == {name: before[name] for name in again}
    assert guarded.attempts() == []
    assert guarded.sh("dpkg -i /srv/repo/follower_1.0_amd64.deb").returncode == 2
    # dpkg alone, too.
    guarded.sh("dpkg --force-confold -i /tmp/repack/dpkg.deb /tmp/repack/python3.11-minimal.deb", check=True)
    assert [attempt["verdict"] for attempt in guarded.attempts()] == ["blocked"]
