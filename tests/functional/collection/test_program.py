# SPDX-License-Identifier: Apache-2.0
"""A question to a host as one program text, run by every Python that managed machines may have."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.zhengban.baseline.plugins.plugin_utils.program import ANSWER, read_answer, write_program
from tests.architecture.test_host_syntax import INTERPRETERS
from zhengban.host.facts import collect
from zhengban.host.questions import QUESTIONS

FACTS = {"known_digest": "", "outside": None}


def run(python: str, program: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([python, "-I", "-W", "error", "-"], input=program, capture_output=True, cwd="/")


def without_moment(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "collected_at"}


@pytest.mark.parametrize("version", sorted(INTERPRETERS, key=lambda version: int(version[2:])))
def test_every_python_gives_the_answer_of_the_host_code(version: str) -> None:
    done = run(INTERPRETERS[version], write_program("facts", FACTS))
    said = read_answer(done.stdout.decode())
    assert said, done.stderr
    assert without_moment(said["answer"]) == without_moment(collect())


def test_ansible_asks_a_python_that_its_own_modules_no_longer_run_on(ansible_environment: dict[str, str]) -> None:
    oldest = min(INTERPRETERS, key=lambda version: int(version[2:]))
    command = [sys.executable, "-m", "ansible", "adhoc", "-i", "localhost,", "-c", "local", "all"]
    command += ["-e", f"ansible_python_interpreter={INTERPRETERS[oldest]}", "-m", "zhengban.baseline.software_info"]
    done = subprocess.run(command, env=ansible_environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.partition("=>")[2])["facts"]["digest"] == collect()["digest"]
    assert "is too old" not in done.stdout + done.stderr


def test_the_text_of_a_module_can_be_had_on_the_host() -> None:
    """What apt is told to run, and the guard's own files, are made of it."""
    lines = write_program("facts", FACTS).decode().removesuffix("main()\n")
    lines += "sys.meta_path.insert(0, Carried())\nimport inspect\nfrom zhengban_host import hook\n"
    done = run(sys.executable, (lines + "print(inspect.getsource(hook))\n").encode())
    assert b"SPDX-License-Identifier" in done.stdout, done.stderr


def test_what_a_host_refuses_is_an_answer() -> None:
    done = run(sys.executable, write_program("settle", {"intent": "x/y", "wait_seconds": 1}, check=True))
    assert read_answer(done.stdout.decode()) == {"refused": "settle does nothing in check mode"}


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_the_text_has_a_question_of_any_length_and_script(question: str) -> None:
    program = write_program(question, {"text": "'\"\\\n%s 财务处 \ud800"})
    compile(program, "program", "exec")
    assert program.isascii()


def test_what_a_login_prints_is_no_answer() -> None:
    assert read_answer(f'Welcome!\r\n\r\n{ANSWER}{{"refused": "no"}}\r\nConnection closed\r\n') == {"refused": "no"}
    assert read_answer("Welcome!\n") is None
    assert read_answer(f"{ANSWER}{{cut off") is None


def test_a_python_that_is_too_old_is_named() -> None:
    program = write_program("facts", FACTS)
    assert program.count(b"(3, 6)") == 1
    done = run(sys.executable, program.replace(b"(3, 6)", b"(9, 0)"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"this is Python 3.")
    assert b"ansible_python_interpreter" in done.stderr
