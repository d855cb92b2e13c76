# SPDX-License-Identifier: Apache-2.0
"""The simulation: which versions are asked for, and how apt's recorded answers are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.host.systems import Call, Pkg, Script, make_system
from zhengban.host.apt import OPTIONS, read_system, simulate, transaction_arguments
from zhengban.host.changer import ManagerError
from zhengban.model.plan import Simulation, SimulationRequest, Want

# Recorded from apt 2.6.1 on Debian 12, file:// repository.
MADISON = """\
      evil |        9.0 | file:/srv/repo ./ Packages
      evil |        3.0 | file:/srv/repo ./ Packages
      tool |      2.0-1 | file:/srv/repo ./ Packages
      tool |      1.0-1 | file:/srv/repo ./ Packages
      tool |      3.0-1 | file:/srv/repo ./ Sources
"""
SIMULATED = """\
Reading package lists...
Building dependency tree...
Reading state information...
The following packages will be REMOVED:
  gone follower
The following NEW packages will be installed:
  evil newdep
The following packages will be upgraded:
  tool
1 upgraded, 2 newly installed, 2 to remove and 0 not upgraded.
Remv gone [1.0]
Remv follower [1.0]
Inst newdep (1.0 localhost [amd64])
Inst tool [1.0-1] (2.0-1 Debian:12.5/stable, Debian-Security:12/stable-security [amd64]) []
Inst evil (3.0  [all])
Inst wine32:i386 [8.0] (9.0 Debian:12/stable [i386])
Conf newdep (1.0 localhost [amd64])
Conf tool (2.0-1 localhost [amd64])
Conf halfconfigured (1 localhost [all])
"""


SHOWN = """\
Package: evil
Version: 3.0

Package: newdep
Version: 1.0
Depends: libc6

Package: tool
Version: 2.0-1
Depends: newdep (>= 1) | other
"""


def ask(
    *, install: tuple[Want, ...] = (), upgrade: tuple[Want, ...] = (), remove: tuple[str, ...] = ()
) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(
        SimulationRequest(manager="dpkg", install=install, upgrade=upgrade, remove=remove)
    )
    return plain


def want(name: str, versions: str = "") -> Want:
    return Want(name=name, versions=versions)


def apt_get(*arguments: str, stdout: str = "", returncode: int = 0) -> Call:
    return Call(argv=("apt-get", "-s", *OPTIONS, "install", *arguments), stdout=stdout, returncode=returncode)


def madison(*targets: str, stdout: str = MADISON) -> Call:
    return Call(argv=("apt-cache", "madison", *targets), stdout=stdout)


def show(*targets: str, stdout: str = "") -> Call:
    return Call(argv=("apt-cache", "show", *targets), stdout=stdout)


INSTALLED = (
    Pkg(name="tool", version="1.0-1", arch="amd64"),
    Pkg(name="gone"),
    Pkg(name="follower", arch="amd64"),
    Pkg(name="wine32", version="8.0", arch="i386"),
    Pkg(name="halfconfigured", version="1", status="install ok half-configured"),
)


def test_a_transaction_is_read_in_full(tmp_path: Path) -> None:
    request = ask(install=(want("evil", "<9"),), upgrade=(want("tool", ">=2"),), remove=("follower:amd64", "gone:all"))
    script = Script(
        madison("evil", "tool:amd64"),
        apt_get("evil=3.0", "tool:amd64=2.0-1", "follower:amd64-", "gone:amd64-", stdout=SIMULATED),
        show("evil:amd64=3.0", "newdep:amd64=1.0", "tool:amd64=2.0-1", "wine32:i386=9.0", stdout=SHOWN),
    )
    answer = simulate(request, str(make_system(tmp_path, *INSTALLED)), script)
    script.finish()
    assert answer["error"] == ""
    assert [tuple(step.values()) for step in answer["steps"]] == [
        ("install", "evil", "all", "", "3.0"),
        ("install", "newdep", "amd64", "", "1.0"),
        ("remove", "follower", "amd64", "1.0", ""),
        ("remove", "gone", "all", "1.0", ""),
        ("upgrade", "tool", "amd64", "1.0-1", "2.0-1"),
        ("upgrade", "wine32", "i386", "8.0", "9.0"),
    ]
    assert answer["brings"] == [["tool", "newdep"]]
    # the core reads it, and its order is the core's
    read = msgspec.convert(answer, Simulation)
    assert read.steps == tuple(sorted(read.steps))
    assert msgspec.to_builtins(read.request) == request


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (ask(install=(want("evil", ">=4, <9"),)), "no version in range: 9.0, 3.0"),
        (ask(install=(want("unknown"),)), "no repository of this host offers it"),
        (ask(install=(want("tool", ">=1"),)), "already installed in version 1.0-1"),
        (ask(install=(want("tool", "<1"),)), "no version in range: 2.0-1, 1.0-1"),
        (ask(upgrade=(want("evil"),)), "not installed"),
        (ask(upgrade=(want("tool", "<2"),)), "only lower versions than the installed 1.0-1: 2.0-1, 1.0-1"),
        (ask(upgrade=(want("tool", ">=3"),)), "no version in range: 2.0-1, 1.0-1"),
        (ask(upgrade=(want("kept", ">=2"),)), "held in version 1"),
        (ask(remove=("kept:all",)), "held in version 1"),
        (ask(remove=("evil:all",)), "not installed"),
    ],
)
def test_what_cannot_be_had_says_why_and_apt_is_not_asked(
    tmp_path: Path, request_: dict[str, Any], reason: str
) -> None:
    kept = Pkg(name="kept", version="1", status="hold ok installed")
    calls = []

    def run(argv: Any, **_options: Any) -> Any:
        calls.append(argv[:2])
        return Script(Call(argv=("apt-cache", "madison"), prefix=True, stdout=MADISON))(argv)

    answer = simulate(request_, str(make_system(tmp_path, *INSTALLED, kept)), run)
    assert [one["reason"] for one in answer["unavailable"]] == [reason]
    assert (answer["steps"], answer["error"]) == ([], "")
    assert calls in ([], [["apt-cache", "madison"]])


def test_the_highest_version_in_range_is_chosen_by_dpkgs_order(tmp_path: Path) -> None:
    offered = "a | 1.9 | r Packages\na | 1.10~rc1 | r Packages\na | 1:0.1 | r Packages\na | 2.0 | r Packages\n"
    script = Script(
        madison("a", stdout=offered),
        apt_get("a=1.10~rc1", stdout="Inst a (1.10~rc1 r [all])\n"),
        show("a:amd64=1.10~rc1"),
    )
    answer = simulate(ask(install=(want("a", ">=1, <2"),)), str(make_system(tmp_path)), script)
    script.finish()
    assert [step["new"] for step in answer["steps"]] == ["1.10~rc1"]


def test_every_installed_architecture_is_upgraded(tmp_path: Path) -> None:
    root = make_system(tmp_path, Pkg(name="lib", arch="i386"), Pkg(name="lib", arch="amd64"))
    offered = "lib | 2 | r Packages\nlib:i386 | 2 | r Packages\n"
    script = Script(madison("lib:amd64", "lib:i386", stdout=offered), apt_get("lib:amd64=2", "lib:i386=2"))
    simulate(ask(upgrade=(want("lib"),)), str(root), script)
    script.finish()


@pytest.mark.parametrize(
    ("stdout", "why"),
    [
        ("Inst kept [1] (2 r [all])", "kept:all is held in version 1 and would change"),
        ("Remv kept [1]", "kept:all is held in version 1 and would change"),
        ("Inst tool [1.0-1] (0.9 r [amd64])", "tool would go back from 1.0-1 to 0.9"),
        ("Inst tool [1.0-2] (2.0 r [amd64])", "dpkg's database says '1.0-1'"),
        ("Remv unknown [1]", "dpkg's database says 'absent'"),
        ("Inst something apt never wrote", "'Inst something apt never wrote' is not understood"),
    ],
)
def test_an_answer_nobody_may_act_on_is_an_error(tmp_path: Path, stdout: str, why: str) -> None:
    root = make_system(tmp_path, *INSTALLED, Pkg(name="kept", version="1", status="hold ok installed"))
    script = Script(apt_get("gone:amd64-", stdout=stdout + "\n"))
    answer = simulate(ask(remove=("gone:all",)), str(root), script)
    assert why in answer["error"]
    assert answer["steps"] == []


def test_apts_refusal_is_its_last_lines(tmp_path: Path) -> None:
    stdout = "Reading package lists...\n" + "\n".join(f"line {n}" for n in range(30)) + "\nE: Unmet dependencies.\n\n"
    answer = simulate(
        ask(remove=("gone:all",)),
        str(make_system(tmp_path, *INSTALLED)),
        Script(apt_get("gone:amd64-", stdout=stdout, returncode=100)),
    )
    assert answer["error"].endswith("line 29\nE: Unmet dependencies.")
    assert len(answer["error"].split("\n")) == 12


@pytest.mark.parametrize(
    "name", ["-o", "--allow-unauthenticated", "{{ 7*7 }}", "$(touch x)", "a'b\"c", "a\nb", "软件", "a/b"]
)
def test_a_hostile_name_never_becomes_an_argument(tmp_path: Path, name: str) -> None:
    root = make_system(tmp_path, *([Pkg(name=name)] if "\n" not in name else []))
    for request in (ask(install=(want(name),)), ask(upgrade=(want(name),)), ask(remove=(f"{name}:all",))):
        answer = simulate(request, str(root), Script())
        assert answer["error"] == ""
        (one,) = answer["unavailable"]
        assert one["name"] in (name, f"{name}:all")
        assert "cannot be passed to apt" in one["reason"]
    steps = [{"kind": "remove", "name": name, "arch": "all", "old": "1.0", "new": ""}]
    with pytest.raises(ManagerError):
        transaction_arguments(steps, read_system(str(root)))


def test_a_hostile_version_is_not_offered(tmp_path: Path) -> None:
    offered = "a | 1 -o x | r Packages\n"
    answer = simulate(ask(install=(want("a"),)), str(make_system(tmp_path)), Script(madison("a", stdout=offered)))
    assert answer["unavailable"][0]["reason"] == "no repository of this host offers it"


def test_a_range_that_is_none_and_a_host_that_cannot_be_read_are_errors(tmp_path: Path) -> None:
    root = make_system(tmp_path, *INSTALLED)
    assert "'=>1'" in simulate(ask(install=(want("tool", "=>1"),)), str(root), Script())["error"]
    (root / "var/lib/dpkg/status").write_text("Package: dpkg\n")
    assert "without 'status'" in simulate(ask(remove=("gone:all",)), str(root), Script())["error"]
    (root / "var/lib/dpkg/status").write_text(Pkg(name="a").stanza())
    assert "no system apt manages" in simulate(ask(remove=("gone:all",)), str(root), Script())["error"]
