# SPDX-License-Identifier: Apache-2.0
"""Fixtures every kind of test may use: places in the repository, and the lab of throw-away hosts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.lab import LabUnavailable
from tests.lab.ansible import ansible_environment_in
from tests.lab.hosts import Lab
from tests.lab.windows.hosts import WindowsLab

ROOT = Path(__file__).parents[1]

# A shell that starts us in the background makes us ignore SIGINT, and what we start would ignore it too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The repository's top."""
    return ROOT


@pytest.fixture(scope="session")
def collection_root() -> Path:
    """The Ansible collection's top."""
    return ROOT / "collections" / "ansible_collections" / "zhengban" / "baseline"


@pytest.fixture
def ansible_environment(tmp_path: Path) -> dict[str, str]:
    """What ansible's commands run in: our collection, and nothing of the machine's own ~/.ansible."""
    return ansible_environment_in(tmp_path)


@pytest.fixture(scope="session")
def new_lab() -> Iterator[Callable[[], Lab]]:
    """A maker of labs, stopped at the end of the session. Skips, or fails in CI, where no host can run."""
    labs: list[Lab] = []

    def make() -> Lab:
        try:
            labs.append(Lab())
        except LabUnavailable as err:
            _do_without(err)
        return labs[-1]

    yield make
    for lab in labs:
        lab.stop()


@pytest.fixture(scope="module")
def lab(new_lab: Callable[[], Lab]) -> Iterator[Lab]:
    """An empty lab for the tests of one module; its hosts go when the module is done."""
    lab = new_lab()
    yield lab
    lab.stop()


@pytest.fixture(scope="module")
def windows_lab() -> Iterator[WindowsLab]:
    """An empty lab of Windows-like hosts for the tests of one module; skips, or fails in CI, where there is no Wine."""
    try:
        lab = WindowsLab()
    except LabUnavailable as err:
        _do_without(err)
    yield lab
    lab.stop()


def _do_without(err: LabUnavailable) -> NoReturn:
    if os.environ.get("ZHENGBAN_REQUIRE_HOSTS") == "1":
        pytest.fail(f"hosts are required here: {err}", pytrace=False)
    pytest.skip(f"no throw-away hosts: {err}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests/hosts, so that ``-m 'not hosts'`` leaves the slow ones out."""
    for item in items:
        if ROOT / "tests" / "hosts" in item.path.parents:
            item.add_marker(pytest.mark.hosts)
