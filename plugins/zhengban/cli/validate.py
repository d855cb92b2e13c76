# SPDX-License-Identifier: Apache-2.0
"""``zhengban validate``."""

from __future__ import annotations

import typer

from .exits import BAD_INPUT
from .output import Format, FormatOption, write_json, write_line, write_problems
from .selection import open_workspace


def validate(context: typer.Context, format: FormatOption = Format.TEXT) -> None:
    """Check the policy and the register, and report everything that is wrong at once.

    Each problem is a line "file:line:column: path: message; hint", sorted; exit code 2 when there is any.

    JSON: a list of {file, line, column, path, message, hint}, empty when all is well. Lines and columns count from 1;
    0 means the whole file.
    """
    from zhengban.policy.load import read_policy
    from zhengban.register.load import read_register

    root = open_workspace(context).root
    register, register_problems = read_register(root)
    policy, policy_problems = read_policy(root, register)
    problems = sorted((*register_problems, *policy_problems))
    if format is Format.JSON:
        write_json(problems)
    elif register is not None and policy is not None:
        write_line(f"ok: {len(policy.products)} products, {len(register.computers)} computers")
    else:
        write_problems(problems)
    if problems:
        raise typer.Exit(BAD_INPUT)
