# SPDX-License-Identifier: Apache-2.0
"""The guard on a real Debian host with real apt and dpkg: what it stops, what it lets pass, what it survives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hosts.guarded import DEBS, STATE, Guarded, check_way, table_text
from tests.hosts.managed import pack_host_code
from tests.lab.hosts import Lab
from tests.lab.repository import build_repository
from zhengban.host.guard_way import Way
from zhengban.host.guard_ways import WAYS

APT = "apt-get -y -o DPkg::Use-Pty=0 "


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("workspaces")
    return {mode: table_text(folder / mode, mode=mode) for mode in ("enforce", "audit")}


@pytest.fixture(scope="module")
def new_host(lab: Lab, collection_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Guarded]:
    repository = build_repository(tmp_path_factory.mktemp("repository"), DEBS)
    code = pack_host_code(collection_root)

    def make(name: str) -> Guarded:
        (host,) = lab.start([name], repository=repository)
        return Guarded(host, code)

    return make


@pytest.fixture(scope="module")
def shared(new_host: Callable[[str], Guarded]) -> Guarded:
    return new_host("guarded")


@pytest.fixture
def guarded(shared: Guarded, tables: dict[str, str]) -> Iterator[Guarded]:
    """The host under the enforcing table; what a test installed goes away again."""
    shared.shut(tables["enforce"])
    yield shared
    shared.restore()


@pytest.fixture(scope="module")
def doors(shared: Guarded, tables: dict[str, str]) -> dict[str, dict[str, str]]:
    """Every known way, tried once on a host with the guard; nothing of it is left."""
    assert "error" not in shared.install(tables["enforce"])
    find = "find / -xdev -newer /root/before -type f -not -path '/proc/*' -not -path '/var/log/*' | sort"
    before, selections = shared.before, shared.sh("dpkg --get-selections").stdout
    shared.sh("touch /root/before; sleep 0.01", check=True)
    test = shared.try_doors()
    assert (test["left"], shared.host.packages()) == ([], before)
    assert shared.sh("dpkg --get-selections").stdout == selections
    # But for what dpkg rewrites whenever it runs, tickets that die with a reboot, and Python's own cache.
    usual = re.compile("/var/lib/dpkg/|/run/zhengban/|/usr/lib/zhengban/.*/__pycache__/")
    left = [path for path in shared.sh(find).stdout.split() if not usual.match(path)]
    assert left == [f"{STATE}/attempts.jsonl"]
    ways = [row["way"] for row in test["ways"]]
    assert ways == [way.name for way in WAYS if way.manager != "rpm"]
    return {row["way"]: row for row in test["ways"]}


# What the lab's hosts do not have; the door test tells so.
ELSEWHERE = {
    *("aptitude", "PackageKit", "gdebi", "dpkg where its configuration is hidden", "ar and tar"),
    *("busybox dpkg", "pip", "npm", "snap", "flatpak", "containers"),
}


@pytest.mark.parametrize("way", [way for way in WAYS if way.manager != "rpm"], ids=lambda way: way.name)
def test_each_known_way_is_shut_seen_or_honestly_open(doors: dict[str, dict[str, str]], way: Way) -> None:
    check_way(doors[way.name], way, ELSEWHERE)


def test_at_least_25_ways_were_tried_and_shut(doors: dict[str, dict[str, str]]) -> None:
    assert sum(row["result"] == "shut" for row in doors.values()) >= 25


def test_doors_without_a_guard_are_tried_only_when_asked(guarded: Guarded) -> None:
    guarded.remove()
    assert "there is no guard on this host" in guarded.try_doors()["error"]
    test = guarded.try_doors(unguarded=True, outside={"kinds": ["programs"], "seconds": 60})
    assert (test["left"], guarded.host.packages()) == ([], guarded.before)
    results = {row["way"]: row["result"] for row in test["ways"]}
    assert (results["apt"], results["dpkg -i"], results["dpkg --admindir"]) == (
        "detected-only",
        "detected-only",
        "open",
    )
    assert "shut" not in results.values()
    # Where the policy has programs outside packages looked for, they do not go unseen.
    rows = {row["way"]: (row["result"], row["expected"]) for row in test["ways"]}
    for way in ("an AppImage in /opt", "a tarball in /opt", "make install"):
        assert rows[way] == ("detected-only", "detected-only")
    assert rows["a program in a folder of one's own"] == ("open", "open")


SAID = {
    "apt": ("apt install -y unlisted", "unlisted"),
    "dpkg": ("dpkg -i /srv/repo/follower_1.0_amd64.deb", "unlisted"),
    "a removal": (APT + "remove required", "required"),
    "a removal by selection": (
        "echo recorded deinstall | dpkg --set-selections; dpkg -r --pending;"
        " code=$?; echo recorded install | dpkg --set-selections; exit $code",
        "recorded",
    ),
    "no package at all": ("echo > /tmp/no.deb; dpkg -i /tmp/no.deb", "unreadable"),
    "Python": ("dpkg --force-all -r python3-minimal", "protected"),
}


@pytest.mark.parametrize(("script", "code"), SAID.values(), ids=SAID.keys())
def test_a_blocked_person_reads_why_and_whom_to_ask(guarded: Guarded, script: str, code: str) -> None:
    seen = guarded.watch(script)
    assert seen.code != 0, seen.said
    assert seen.packages == guarded.before
    assert "已阻止" in seen.said
    assert "请联系信息中心 0871-0000000" in seen.said
    assert "zhengban request new --computer PC-0001" in seen.said
    attempt = seen.attempts[-1]
    assert (attempt["verdict"], attempt["reasons"].split()[0]) == ("blocked", code)
    assert attempt["door"] in ("apt", "dpkg")
    assert attempt["door"] in attempt["command"]


WAYS_THROUGH = {
    "approved with dependencies": (APT + "install approved=1.0", {"approved", "dep", "deeper"}),
    "a Pre-Depends chain": (APT + "install approved=1.5", {"approved", "dep", "deeper", "first", "zeroth"}),
    "an upgrade in range": (
        f"{APT} install approved=1.0 && {APT} install approved=1.5",
        {"approved", "dep", "deeper", "first", "zeroth"},
    ),
    "an upgrade of required software": (APT + "install required=1.1", set()),
    "many files at once": (APT + "install " + " ".join(f"many{n}" for n in range(12)), {f"many{n}" for n in range(12)}),
    "dpkg -i of approved software": ("dpkg -i /srv/repo/many1_1.0_all.deb", {"many1"}),
    "dependencies in one dpkg": (
        "cd /srv/repo && dpkg -i approved_1.0_all.deb dep_1.0_amd64.deb deeper_1.0_all.deb",
        {"approved", "dep", "deeper"},
    ),
    "a repair with apt": (
        f"dpkg -i /srv/repo/approved_1.0_all.deb; {APT} -f install",
        {"approved", "dep", "deeper"},
    ),
    "a reinstallation": (f"{APT} install many1 && {APT} install --reinstall many1", {"many1"}),
    "removing what nobody needs": (f"{APT} install many1 && {APT} purge many1", set()),
    "autoremove": (f"{APT} install approved=1.0 && {APT} remove approved && {APT} autoremove --purge", set()),
    "dpkg --configure": ("dpkg --unpack /srv/repo/many1_1.0_all.deb && dpkg --configure -a", {"many1"}),
    "triggers": ("dpkg --triggers-only -a", set()),
    "a real alternative root": (
        "mkdir -p /tmp/other/var/lib; cp -r /var/lib/dpkg /tmp/other/var/lib/;"
        " dpkg --root=/tmp/other --unpack /srv/repo/follower_1.0_amd64.deb",
        set(),
    ),
    "looking only": (APT + "-s install unlisted", set()),
}


@pytest.mark.parametrize(("script", "comes"), WAYS_THROUGH.values(), ids=WAYS_THROUGH.keys())
def test_legitimate_transactions_pass(guarded: Guarded, script: str, comes: set[str]) -> None:
    seen = guarded.watch(script)
    assert seen.code == 0, seen.said
    assert seen.packages.keys() - guarded.before.keys() == comes
    assert seen.attempts == []


def test_audit_records_what_would_have_been_blocked(guarded: Guarded, tables: dict[str, str]) -> None:
    assert guarded.install(tables["audit"])["changes"] == [f"{STATE}/guard.json"]
    assert guarded.status()["apt"] == "recorded"
    done = guarded.sh("env SUDO_USER='$(id)\x1b[1m' dpkg -i /srv/repo/follower_1.0_amd64.deb", check=True)
    assert "已记录" in done.stderr
    (attempt,) = guarded.attempts()
    assert (attempt["verdict"], attempt["reasons"]) == ("audit", "unlisted follower:amd64 1.0")
    assert attempt["sudo_user"] == "$(id)\\x1b[1m"
    modes = guarded.sh(f"stat -c %a {STATE} {STATE}/attempts.jsonl {STATE}/guard.json /run/zhengban").stdout.split()
    assert modes[:3] == ["700", "600", "600"]


def test_break_glass_is_time_boxed_and_recorded(guarded: Guarded) -> None:
    assert guarded.sh("zhengban-guard open --minutes 5").returncode == 2
    assert guarded.sh("zhengban-guard open --minutes 9999 --reason x").returncode == 2
    not_root = "setpriv --reuid=nobody --clear-groups zhengban-guard open --minutes 5 --reason x"
    assert guarded.sh(not_root).returncode == 2
    guarded.sh("zhengban-guard open --minutes 5 --reason '打印机 fault'", check=True)
    status = guarded.status()
    assert (status["apt"], status["dpkg"], status["open_reason"]) == ("open", "open", "打印机 fault")
    guarded.sh(APT + "install unlisted", check=True)
    guarded.sh("zhengban-guard close", check=True)
    assert guarded.status()["dpkg"] == "shut"
    assert guarded.sh("dpkg -i /srv/repo/forbidden_1.0_all.deb").returncode == 2
    verdicts = [(one["door"], one["verdict"]) for one in guarded.attempts()]
    assert verdicts == [
        ("break-glass", "opened"),
        ("apt", "open"),
        ("break-glass", "closed"),
        ("dpkg", "blocked"),
    ]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("rm guard.json", "防护策略缺失"),
        ("echo '{' > guard.json", "防护策略损坏"),
        ("mkdir -p x; rm guard.json; mv x guard.json", "防护策略损坏"),
    ],
    ids=["missing", "corrupt", "unreadable"],
)
def test_without_a_table_only_repairs_pass(guarded: Guarded, tables: dict[str, str], damage: str, said: str) -> None:
    guarded.sh(f"cd {STATE} && {damage}", check=True)
    try:
        done = guarded.sh(APT + "install many1")
        assert done.returncode == 100
        assert said in done.stderr
        assert guarded.sh("dpkg -r recorded").returncode == 2
        guarded.sh("dpkg --configure -a", check=True)
    finally:
        guarded.sh(f"rmdir {STATE}/guard.json 2>/dev/null")
    assert guarded.install(tables["enforce"])["changed"] is True
    guarded.sh(APT + "install many1", check=True)


def test_without_room_for_a_ticket_nothing_is_begun(guarded: Guarded, tables: dict[str, str]) -> None:
    guarded.sh("rm -rf /run/zhengban; touch /run/zhengban", check=True)
    try:
        done = guarded.sh(APT + "install approved=1.0")
        assert (done.returncode, "make room" in done.stderr) == (100, True)
        guarded.sh("dpkg -i /srv/repo/many1_1.0_all.deb", check=True)
        guarded.install(tables["audit"])
        guarded.sh(APT + "install approved=1.0", check=True)
    finally:
        guarded.sh("rm -f /run/zhengban", check=True)


def test_an_approved_run_passes_no_other_database(guarded: Guarded) -> None:
    guarded.sh("rm -rf /tmp/adm; cp -r /var/lib/dpkg /tmp/adm", check=True)
    assert guarded.sh("DPKG_ADMINDIR=/tmp/adm " + APT + "install many5").returncode == 100
    assert guarded.attempts()[-1]["reasons"].startswith("foreign_database")


def test_a_spool_that_cannot_be_written_changes_no_verdict(guarded: Guarded) -> None:
    guarded.sh(f"mkdir {STATE}/attempts.jsonl", check=True)
    try:
        blocked = guarded.sh("dpkg -i /srv/repo/follower_1.0_amd64.deb")
        assert (blocked.returncode, "not recorded" in blocked.stderr) == (2, True)
        guarded.sh("dpkg -i /srv/repo/many1_1.0_all.deb", check=True)
        assert guarded.sh("zhengban-guard open --minutes 5 --reason x").returncode == 3
        assert "open_until" not in guarded.status()
    finally:
        guarded.sh(f"rmdir {STATE}/attempts.jsonl", check=True)


def test_putting_it_there_twice_changes_nothing_and_removal_is_clean(guarded: Guarded, tables: dict[str, str]) -> None:
    find = "find / -xdev -name '*zhengban*' -not -path '/opt/*' | sort"
    again = guarded.install(tables["enforce"])
    assert (again["changed"], again["doors"]["apt"], again["doors"]["dpkg"]) == (False, "shut", "shut")
    guarded.sh("echo >> /etc/dpkg/dpkg.cfg.d/zhengban-guard", check=True)
    assert guarded.status()["dpkg"] == "broken"
    asked = guarded.install(tables["enforce"], check=True)
    assert (asked["changes"], guarded.status()["dpkg"]) == (["/etc/dpkg/dpkg.cfg.d/zhengban-guard"], "broken")
    assert guarded.install(tables["enforce"])["doors"]["dpkg"] == "shut"
    there = guarded.sh(find).stdout
    assert guarded.remove(check=True)["changed"] is True
    assert guarded.sh(find).stdout == there
    removed = guarded.remove()
    assert (removed["changed"], removed["doors"]) == (True, {})
    assert guarded.sh(find).stdout == f"{STATE}\n"
    assert guarded.sh(f"ls {STATE}").stdout == "lock\n"
    assert guarded.remove()["changed"] is False
    guarded.sh("dpkg -i /srv/repo/follower_1.0_amd64.deb", check=True)


def test_a_guard_that_does_not_work_is_taken_away_again(guarded: Guarded, tables: dict[str, str]) -> None:
    guarded.sh("echo '#clear DPkg::Pre-Install-Pkgs;' > /etc/apt/apt.conf.d/99zz", check=True)
    try:
        answer = guarded.install(tables["enforce"])
        assert "apt does not read its hook" in answer["error"]
        assert guarded.sh("ls /etc/dpkg/dpkg.cfg.d/zhengban-guard").returncode != 0
    finally:
        guarded.sh("rm /etc/apt/apt.conf.d/99zz", check=True)
    assert "error" in guarded.install("{}")


def test_without_the_program_dpkg_says_what_is_missing(guarded: Guarded, tables: dict[str, str]) -> None:
    guarded.sh("rm -r /usr/lib/zhengban", check=True)
    done = guarded.sh("dpkg -i /srv/repo/many1_1.0_all.deb")
    assert (done.returncode, "/usr/lib/zhengban/guard" in done.stderr) == (2, True)
    assert guarded.install(tables["enforce"])["changed"] is True
    guarded.sh("dpkg -i /srv/repo/many1_1.0_all.deb", check=True)


def test_a_run_of_ours_passes_and_nobody_else_under_its_name(guarded: Guarded) -> None:
    order = guarded.order(remove=["recorded:all"], install=[{"name": "many1", "versions": ""}])
    script = f"apt-get -y -o Zhengban::Ticket={'0' * 32} -o Zhengban::Ticket=../guard.json remove recorded"
    assert guarded.sh(script).returncode == 100
    result = guarded.call("apply", order)
    assert (result["state"], result["reason"]) == ("done", "")
    assert guarded.sh("ls /run/zhengban | grep run-").stdout == ""
    assert [one["verdict"] for one in guarded.attempts()] == ["blocked"]
    guarded.sh("apt-get -qq -y install recorded", check=True)


def test_a_host_without_python_is_repaired_and_nothing_else_is_done_to_it(
    new_host: Callable[[str], Guarded], tables: dict[str, str]
) -> None:
    guarded = new_host("guarded-repair")
    guarded.install(tables["enforce"])
    guarded.sh("rm /usr/bin/python3", check=True)
    for script in (
        APT + "install many1",
        "dpkg -i /srv/repo/python3-tool_1.0_all.deb",
        "cp /srv/repo/many1_1.0_all.deb /tmp/python3-minimal.deb; dpkg -i /tmp/python3-minimal.deb",
        "dpkg --force-all -r recorded",
        "dpkg --admindir=/tmp -i /srv/repo/python3-minimal_*.deb",
    ):
        done = guarded.sh(script)
        assert (done.returncode != 0, "只放行系统修复" in done.stderr) == (True, True), script
    # The name and the version are right, and no repository has this file.
    forged = (
        "dpkg-deb -R /srv/repo/python3-minimal_*.deb /tmp/t && echo >> /tmp/t/DEBIAN/postinst"
        " && dpkg-deb -b /tmp/t /tmp/python3-minimal.deb >/dev/null"
    )
    guarded.sh(forged, check=True)
    assert guarded.sh("dpkg -i /tmp/python3-minimal.deb").returncode == 2
    guarded.sh(APT + "install --reinstall python3-minimal", check=True)
    assert guarded.sh("python3 -c ''").returncode == 0
    guarded.sh("rm /usr/bin/python3 && dpkg -i /srv/repo/python3-minimal_*.deb && python3 -c ''", check=True)
    assert guarded.host.packages() == guarded.before
    assert guarded.sh("dpkg -i /srv/repo/follower_1.0_amd64.deb").returncode == 2
    # Recording needs Python; so audit mode only says so.
    guarded.install(tables["audit"])
    guarded.sh("rm /usr/bin/python3 && dpkg -i /srv/repo/follower_1.0_amd64.deb", check=True)
