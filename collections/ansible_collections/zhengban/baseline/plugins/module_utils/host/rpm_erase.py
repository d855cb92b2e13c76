# SPDX-License-Identifier: Apache-2.0
"""Removing with rpm alone, where dnf is missing: rpm takes exactly what it is told, or nothing. Source: rpm(8)."""

import os
from typing import List, Sequence

from .changer import Executed, ManagerError, Start
from .command import Run, last_lines
from .dnf import Chosen, Nevra
from .steps import Step, make_step, sort_steps

_OUTPUT_CHARACTERS = 4000


def test(chosen: Chosen, run: Run) -> List[Step]:
    """The steps, when rpm would take them. Raises ManagerError when it would not: something else needs them."""
    done = run(["rpm", "-e", "--test", *_arguments(chosen.leaves)])
    if done.returncode:
        raise ManagerError("rpm says: {}".format(last_lines(done.stderr + done.stdout)))
    return sort_steps(make_step("remove", name, arch, version, "") for name, version, arch in chosen.leaves)


def prepare(chosen: Chosen, state_dir: str) -> Start:
    """A transaction of rpm, which tests it once more before it begins. Raises ManagerError."""
    output = os.path.join(state_dir, "rpm-output.log")
    arguments = _arguments(chosen.leaves)

    def start(run: Run, inherited: Sequence[int]) -> Executed:
        done = run(["rpm", "-e", *arguments], output_path=output, inherited=inherited)
        try:
            with open(output, "rb") as file:
                said = file.read().decode("utf-8", "backslashreplace")[-_OUTPUT_CHARACTERS:]
        except OSError:
            said = ""
        said = done.stderr + said
        problem = "rpm ended with {}: {}".format(done.returncode, last_lines(said)) if done.returncode else ""
        return Executed("", problem, said)

    return start


def _arguments(leaves: Sequence[Nevra]) -> List[str]:
    arguments = []
    for name, version, arch in leaves:
        argument = "{}-{}.{}".format(name, version.rpartition(":")[2], arch)
        if argument.startswith("-") or "/" in argument:
            raise ManagerError("{!r} cannot be passed to rpm: no package is called that".format(argument))
        arguments.append(argument)
    return arguments
