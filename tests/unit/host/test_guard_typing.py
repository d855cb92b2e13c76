# SPDX-License-Identifier: Apache-2.0
"""The stand-ins below the guard's hooks: every module of the program loads with them and works the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhengban.host import guard_functools, guard_install, guard_json, guard_typing
from zhengban.host.guard_decide import Coming
from zhengban.host.guard_verdict import Verdict

MODULES = sorted(path for path, _text in guard_install._sources() if path.startswith("host/guard"))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The guard's program as a host has it."""
    folder = tmp_path_factory.mktemp("program")
    for path, text in guard_install._sources():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    yield folder


def loaded(program: Path, script: str, command: str = "apt") -> str:
    """What a script prints that runs in the program once it has loaded."""
    entry = (program / "guard.py").read_text(encoding="utf-8").partition("code = main")[0]
    text = f"__file__ = {str(program / 'guard.py')!r}\n{entry}\n{script}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", text, command], capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize("path", MODULES)
def test_every_module_loads_without_the_real_one(program: Path, path: str) -> None:
    name = path.removesuffix(".py").replace("/", ".")
    said = loaded(program, f"import {name}, typing; print(typing.__file__)")
    assert said == str(program / "standins" / "typing.py")


def test_what_is_approved_loads_nothing_slow(program: Path) -> None:
    """Each of these takes the hook as long as all the rest of the program."""
    slow = {"re", "json", "enum", "collections", "subprocess"}
    said = loaded(program, "from host import guard_apt, guard_ticket; print(*sys.modules)")
    assert slow.isdisjoint(said.split())
    assert "host.guard_decide" in said.split()


def test_what_is_loaded_later_gets_the_real_ones(program: Path) -> None:
    script = "import functools, json, subprocess; print(functools.wraps.__name__, json.dumps([1]), *sys.path[:1])"
    assert loaded(program, script) == f"wraps [1] {program}"
    # What the program itself keeps still works.
    assert loaded(program, "from host import guard_main, guard_table; print(guard_table.json.loads('[1]'))") == "[1]"


def test_what_a_person_asks_for_gets_the_real_typing_too(program: Path) -> None:
    """argparse of Python 3.14 loads dataclasses, which a stand-in is not enough for."""
    made = "dataclasses.dataclass(type('A', (), {'__annotations__': {'a': int}}))(1).a"
    script = f"import argparse, dataclasses; print({made})"
    assert loaded(program, script, "status") == "1"


TEXTS = (
    *("{}", ' {"a": [1, -2.5, true, null, "\\u4fe1\\n"]}\n', '"x"', "1", "[[[]]]", "[NaN, Infinity]"),
    *("", " ", "{", "[1,]", "{} {}", '{"a": 1} x', "'a'", '"\n"', "\ufeff{}", '{"a" 1}', '["\\u12"]', "[" * 100_000),
)


def test_json_is_read_and_refused_as_by_the_real_one(program: Path) -> None:
    """In one program each, for a text that is refused brings the real one in."""
    script = """
from host.guard_table import json as ours
texts = {!r}
def ask(loads, text):
    try:
        return repr(loads(text))
    except (ValueError, RecursionError) as err:
        return type(err).__name__
import os
said = []
for text in texts:
    read, write = os.pipe()
    if not os.fork():
        os.write(write, ask(ours.loads, text).encode())
        os._exit(0)
    os.wait()
    said.append(os.read(read, 1000).decode())
import json
print([text for text, word in zip(texts, said) if word != ask(json.loads, text)], len(said), ours is json)
"""
    assert loaded(program, script.format(TEXTS)) == f"[] {len(TEXTS)} False"


def test_json_is_read_without_the_scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_json", None)
    assert guard_json.loads("[1]") == [1]


def test_answers_are_remembered() -> None:
    asked = []

    @guard_functools.lru_cache(maxsize=1)
    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    assert [double(1), double(2), double(1)] == [2, 4, 2]
    assert asked == [1, 2]


def test_named_tuples_are_those_of_typing() -> None:
    class Coming2(guard_typing.NamedTuple):  # type: ignore[misc]
        """As Coming."""

        name: str
        version: str
        arch: str
        old: str = ""
        publisher: guard_typing.Optional[str] = None  # type: ignore[valid-type]

        @property
        def title(self) -> str:
            return self.name.upper()

    made = Coming2("a", "1", arch="all")
    assert made == ("a", "1", "all", "", None)
    assert (made.name, made.title, made._replace(old="0").old) == ("a", "A", "0")
    assert (Coming2.__doc__, repr(made)) == (
        "As Coming.",
        "Coming2(name='a', version='1', arch='all', old='', publisher=None)",
    )
    assert isinstance(made, tuple) and Coming2._fields[:3] == Coming._fields[:3]
    for wrong in (("a",), ("a", "1", "all", "", None, "more")):
        with pytest.raises(TypeError):
            Coming2(*wrong)
    with pytest.raises(TypeError):
        Coming2("a", "1", "all", unknown="")
    with pytest.raises(TypeError):
        Coming2("a", "1", "all", name="b")
    with pytest.raises(AttributeError):
        made.name = "b"
    assert Verdict("allowed", ()).is_allowed
