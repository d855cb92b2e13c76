# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from zhengban.model.errors import InputError
from zhengban.model.facts import Identity
from zhengban.model.register import Computer, Department, LeadershipMember, Names, Person
from zhengban.register.load import load_register, read_register


@pytest.fixture
def golden(repo_root: Path) -> Path:
    return repo_root / "tests" / "golden" / "policies"


def test_the_register_carries_everything_that_was_written(golden: Path, tmp_path: Path) -> None:
    for part in ("base", "positive/design-example"):
        shutil.copytree(golden / part, tmp_path, dirs_exist_ok=True)
    register = load_register(tmp_path)
    organisation = register.organisation
    assert (organisation.name, organisation.refresh_days, organisation.filled_by) == ("某省某厅", 183, "E0002")
    assert organisation.leadership == (LeadershipMember(role="leader", person="E0001", title="厅长"),)
    assert organisation.deadlines == {"unit": "11-30", "yunnan": "12-10", "region": "12-31"}
    assert organisation.approvers["it"] == ("E0002",)
    assert register.departments == (
        Department(id="D01", name="办公室", head="E0001"),
        Department(id="D02", name="财务处", formerly=("计财处",)),
    )
    # Sorted by id and number, however they are written.
    assert register.people == (
        Person(id="E0001", name="李四", department="D01", left_on=dt.date(2026, 3, 1)),
        Person(id="E0002", name="张三", department="D02", title="科员", pledge=dt.date(2026, 1, 5)),
    )
    assert register.computers == (
        Computer(number="PC-0001", kind="server"),
        Computer(
            number="PC-0002",
            names=Names(ansible="pc-0007", minion="pc-0007.office.local"),
            brand="Lenovo",
            kind="desktop",
            user="E0002",
            identity=Identity(),
            oem=("OEM-0001",),
            vars={"ansible_host": "10.0.0.7"},
        ),
    )


def test_host_variables_are_ansible_values(golden: Path, tmp_path: Path) -> None:
    for part in ("base", "positive/host-variables"):
        shutil.copytree(golden / part, tmp_path, dirs_exist_ok=True)
    first, second = load_register(tmp_path).computers
    assert first.vars == {
        "ansible_host": "10.0.0.7",
        "ansible_port": 2222,
        "ansible_user": "ops",
        "ansible_connection": "ssh",
    }
    assert second.vars == {"ansible_host": "fe80::1%eth0", "ansible_port": 22, "ansible_user": "OFFICE\\ops"}


def test_every_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_register(tmp_path)
    assert [problem.file for problem in caught.value.problems] == [
        f"inventories/register/{name}.yml" for name in ("computers", "departments", "organisation", "people")
    ]


def test_a_broken_file_raises_no_false_alarm_in_others(golden: Path, tmp_path: Path) -> None:
    shutil.copytree(golden / "base", tmp_path, dirs_exist_ok=True)
    people = tmp_path / "inventories" / "register" / "people.yml"
    people.write_text("people:\n- {id: E0001, name: 张三, department: D01, age: 30}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_register(tmp_path)
    assert [(problem.file, problem.path) for problem in caught.value.problems] == [
        ("inventories/register/people.yml", "people[0].age")
    ]


def test_an_edited_text_is_read_instead_of_its_file(golden: Path, tmp_path: Path) -> None:
    for part in ("base", "positive/design-example"):
        shutil.copytree(golden / part, tmp_path, dirs_exist_ok=True)
    before = load_register(tmp_path)
    register, problems = read_register(
        tmp_path, edited={"departments": "\ufeffdepartments: [{id: D01, name: 综合处}]\r\n"}
    )
    # References from the other files are checked against it.
    assert register is None
    assert {problem.file for problem in problems} <= {
        "inventories/register/organisation.yml",
        "inventories/register/people.yml",
    }
    assert "there is no department 'D02'" in str(problems[-1])
    text = (tmp_path / "inventories" / "register" / "departments.yml").read_text(encoding="utf-8")
    register, problems = read_register(tmp_path, edited={"departments": text.replace("财务处", "财务与资产处")})
    assert (register is not None, problems) == (True, ())
    assert register is not None
    assert [department.name for department in register.departments] == ["办公室", "财务与资产处"]
    assert load_register(tmp_path) == before
    _register, problems = read_register(tmp_path, edited={"computers": "computers: [{number: 1, kind: x}]"})
    assert [str(problem) for problem in problems] == [
        "inventories/register/computers.yml:1:31: computers[0].kind: 'x' is not one of server, desktop, laptop"
    ]


@pytest.mark.parametrize("zone", ["America", "../zoneinfo/UTC", "/etc/localtime", "tzdata.zi", "亚洲"])
def test_what_is_no_time_zone_is_a_problem_of_its_line(golden: Path, tmp_path: Path, zone: str) -> None:
    shutil.copytree(golden / "base", tmp_path, dirs_exist_ok=True)
    path = tmp_path / "inventories/register/organisation.yml"
    path.write_text(
        f'organisation: {{name: 某局, responsible_department: D01, timezone: "{zone}"}}\n', encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        load_register(tmp_path)
    (problem,) = caught.value.problems
    assert str(problem).startswith("inventories/register/organisation.yml:1:"), problem
    assert "organisation.timezone: there is no time zone" in str(problem)


def test_a_hundred_unknown_people_get_a_suggestion_and_all_are_named(golden: Path, tmp_path: Path) -> None:
    """With people.yml renumbered, a search among all ids for each of 10,000 computers took ten minutes."""
    shutil.copytree(golden / "base", tmp_path, dirs_exist_ok=True)
    rows = "".join(f"- {{number: PC-{at:04}, kind: desktop, user: F{at:04}}}\n" for at in range(150))
    _register, problems = read_register(tmp_path, edited={"computers": f"computers:\n{rows}"})
    assert [problem.message for problem in problems] == [f"there is no person 'F{at:04}'" for at in range(150)]
    assert [bool(problem.hint) for problem in problems] == [True] * 100 + [False] * 50
