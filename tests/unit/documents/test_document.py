# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from pathlib import Path

import pytest

from zhengban.documents.document import load_document, show_path
from zhengban.documents.yamltext import MAX_PROBLEMS
from zhengban.model.policy import Place

PEOPLE = """\
people:
- {id: E0001, name: 张三, department: D01}
- {id: E0002, nam: 李四, department: D01}
-
  id: E0003
  name: 王五
  department: D01
"""


def test_a_bad_entry_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "people.yml").write_text(PEOPLE, encoding="utf-8")
    document, problems = load_document(tmp_path / "people.yml", shown_as="r/people.yml", schema="people")
    assert [str(problem) for problem in problems] == [
        "r/people.yml:3:3: people[1]: 'name' is missing; add it",
        "r/people.yml:3:15: people[1].nam: unknown key 'nam'; did you mean 'name'?",
    ]
    assert document is not None
    assert document.problems == problems
    assert [(index, row["id"]) for index, row in document.items("people")] == [(0, "E0001"), (2, "E0003")]


def test_places_are_those_of_values_or_keys(tmp_path: Path) -> None:
    (tmp_path / "people.yml").write_text(PEOPLE, encoding="utf-8")
    document, _ = load_document(tmp_path / "people.yml", shown_as="r/people.yml", schema="people")
    assert document is not None
    assert document.place(("people", 2)) == Place(file="r/people.yml", line=5)
    at_value = document.problem(("people", 2, "name"), "wrong")
    at_key = document.problem(("people", 2, "name"), "wrong", at_key=True)
    assert str(at_value) == "r/people.yml:6:9: people[2].name: wrong"
    assert str(at_key) == "r/people.yml:6:3: people[2].name: wrong"
    # What is not there is reported where it would be.
    assert document.problem(("people", 2, "phone"), "wrong").line == 5


def test_a_path_cannot_break_the_line() -> None:
    assert show_path(("software", 3, "versions")) == "software[3].versions"
    assert show_path(("a\nb", "c")) == "'a\\nb'.c"


@pytest.mark.parametrize("item", ["x{}", "[x{}]", "{{x: {}}}"])
def test_long_lists_take_linear_time(tmp_path: Path, item: str) -> None:
    # Comparing each of 30,000 items with all the others takes minutes.
    names = ", ".join(item.format(number % 29_999) for number in range(30_000))
    text = f"base: {{platform: debian-12, names: [{names}]}}\n"
    (tmp_path / "base.yml").write_text(text, encoding="utf-8")
    started = time.process_time()
    _, problems = load_document(tmp_path / "base.yml", shown_as="base.yml", schema="base")
    assert len(problems) == (1 if item == "x{}" else MAX_PROBLEMS + 1)
    assert time.process_time() - started < 30
