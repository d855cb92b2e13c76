# SPDX-License-Identifier: Apache-2.0
"""Policy files larger or more cunning than any that people write: an answer in bounded time and memory.

Each is read in a process of its own, so that its memory is nobody else's. Source: DESIGN 2 "YAML rules".
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

BASE = Path(__file__).parents[1] / "golden" / "policies" / "base"

SECONDS = 60
MEGABYTES = 1000
TEN_MEGABYTES = 10_000_000

# Prints what loading says, and what it cost; the limit on processor time ends what would never end.
READ = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2])))
from zhengban.policy.load import read_policy
from zhengban.register.load import load_register
workspace = Path(sys.argv[1])
policy, problems = read_policy(workspace, load_register(workspace))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([len(policy.products) if policy else 0, len(problems), [str(item) for item in problems[:3]],
    usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


class Answer(NamedTuple):
    products: int
    problems: int
    first: list[str]
    seconds: float
    megabytes: float


def read_big(root: Path, text: str, name: str = "big.yml") -> Answer:
    """Load a workspace that has ``text`` as one more policy file; asserts the bounds on time and memory."""
    shutil.copytree(BASE, root, dirs_exist_ok=True)
    file = root / "policies" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", READ, str(root), str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    answer = Answer(*json.loads(done.stdout))
    assert answer.seconds < SECONDS
    assert answer.megabytes < MEGABYTES
    return answer


def repeat(piece: str) -> str:
    """Ten megabytes of it."""
    return piece * (TEN_MEGABYTES // len(piece.encode()))


def entries(count: int, package: str = "p{}", more: str = "") -> str:
    """A software file of one-line entries; ``{}`` in ``package`` and ``more`` is the entry's index."""
    line = (
        "- {{name: S{at}, number: FREE-{at}, type: free, category: other, packages: [{{manager: dpkg, name: {name}}}]"
    )
    return "software:\n" + "".join(
        line.format(at=at, name=package.format(at)) + more.format(at) + "}\n" for at in range(count)
    )


def test_a_hundred_thousand_entries_are_loaded(tmp_path: Path) -> None:
    answer = read_big(tmp_path, entries(100_000))
    # Two more are the base workspace's own.
    assert (answer.products, answer.problems) == (100_002, 0)


def test_a_hundred_thousand_names_of_a_base_are_loaded(tmp_path: Path) -> None:
    names = "".join(f"  - package-{at}\n" for at in range(100_000))
    answer = read_big(tmp_path, f"base:\n  platform: debian-12\n  names:\n{names}", "bases/big.yml")
    assert answer.problems == 0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("software: [" + repeat("a, ") + "]\n", id="list of texts"),
        pytest.param("software: [" + repeat("{}, ") + "]\n", id="list of mappings"),
        pytest.param("software:\n" + repeat("- {nmae: S, number: [1]}\n"), id="misspelt entries"),
        pytest.param("software:\n" + repeat("  k: 1\n"), id="one key again and again"),
        pytest.param("software:\n" + repeat("- !!int 1\n"), id="tags"),
    ],
)
def test_ten_megabytes_of_mistakes_are_described_to_an_end(tmp_path: Path, text: str) -> None:
    answer = read_big(tmp_path, text)
    assert (answer.products, answer.problems) == (0, 1001)
    assert (
        answer.first[0]
        == "policies/big.yml: has more than 1000 problems; the rest is not listed; is it the right file?"
    )
    assert answer.first[1].startswith("policies/big.yml:")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "software:\n- name: " + repeat("a") + "\n",
            "policies/big.yml:2:3: software[0]: 'type', 'category' are missing",
        ),
        ("software: " + repeat("x"), "policies/big.yml:1:11: software: expected a list"),
        (repeat("# nothing\n"), "policies/big.yml: the file is empty"),
        (repeat(" "), "policies/big.yml: the file is empty"),
        ("software: " + repeat("["), "policies/big.yml:1:60: nested more than 50 deep"),
        (repeat("- "), "policies/big.yml:1:101: nested more than 50 deep"),
        (repeat("{a: "), "policies/big.yml:1:201: nested more than 50 deep"),
        ("software: " + "[" * 10_000 + "]" * 10_000, "policies/big.yml:1:60: nested more than 50 deep"),
        ("a: &a [x, x]\n" + "b: [" + repeat("*a, ") + "]", "policies/big.yml:2:133337: aliases unfold to more than"),
        ('software: "' + repeat("a"), "policies/big.yml:1:11: not valid YAML: this quote is not closed"),
    ],
    ids=lambda value: value[:12].strip() if len(value) > 1000 else "",
)
def test_ten_megabytes_of_one_thing_are_one_problem(tmp_path: Path, text: str, problem: str) -> None:
    answer = read_big(tmp_path, text)
    assert answer.products == 0
    assert answer.first[0].startswith(problem)


def test_an_alias_bomb_stops_early(tmp_path: Path) -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]" for level in range(1, 12)]
    answer = read_big(tmp_path, "\n".join(lines))
    assert answer.first[0].startswith("policies/big.yml:5:")
    assert "aliases unfold to more than" in answer.first[0]
    assert answer.seconds < 5


@pytest.mark.parametrize("package", ["same, versions: '={}'", "'*-{}'"], ids=["one name", "patterns"])
def test_too_many_entries_about_one_name_are_refused(tmp_path: Path, package: str) -> None:
    """Comparing each with each would take hours."""
    answer = read_big(tmp_path, entries(20_000, package))
    assert "too many entries are about packages like dpkg" in answer.first[0]


def test_unknown_names_by_the_thousand_are_each_reported(tmp_path: Path) -> None:
    answer = read_big(tmp_path, entries(20_000, more=", for: {{departments: [未知{}]}}"))
    assert answer.problems == 20_000
    assert answer.first[0].startswith("policies/big.yml:2:")
