# SPDX-License-Identifier: Apache-2.0
"""Changes through the commands of a manager's client, one after the other."""

import os
from typing import Sequence

from .changer import Executed
from .command import Run, last_lines, read_output

_OUTPUT_CHARACTERS = 4000


def run_commands(
    program: str, argvs: Sequence[Sequence[str]], state_dir: str, run: Run, inherited: Sequence[int]
) -> Executed:
    """Run commands to their end; after one that failed, no further one. Each outlives its caller."""
    path = os.path.join(state_dir, "{}-output.log".format(program))
    output = ""
    for argv in argvs:
        done = run(argv, output_path=path, inherited=inherited)
        said = done.stderr + read_output(path)
        output = (output + said)[-_OUTPUT_CHARACTERS:]
        if done.returncode:
            reason = last_lines(said) or "it said nothing"
            return Executed("", "{} ended with {}: {}".format(program, done.returncode, reason), output)
    return Executed("", "", output)
