# SPDX-License-Identifier: Apache-2.0
"""The stand-in for ``typing`` below the guard's hooks: every module of the program loads with it and works the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhengban.host import guard_install, guard_typing
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


@pytest.mark.parametrize("path", MODULES)
def test_every_module_loads_without_the_real_one(program: Path, path: str) -> None:
    name = path.removesuffix(".py").replace("/", ".")
    script = f"import sys; sys.path.insert(0, {str(program)!r}); import {name}, typing; print(typing.__file__)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (str(program / "typing.py"), "")


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
    with pytest.raises(TypeError):
        Coming2("a")
    with pytest.raises(AttributeError):
        made.name = "b"
    assert Verdict("allowed", ()).is_allowed
