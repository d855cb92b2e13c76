# SPDX-License-Identifier: Apache-2.0
"""What the command says and how it ends when something goes wrong: the one place errors become exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from zhengban.model.errors import InputError, Refused, ZhengbanError

from .output import write_error, write_problems

OK = 0
FINDINGS = 1
BAD_INPUT = 2
ACTION_FAILED = 3
# As the shell counts a process that a signal ended.
_INTERRUPTED = 130
_BROKEN_PIPE = 141


class Commands(TyperGroup):
    """The top group of commands, with :func:`errors_as_exits` around whichever runs."""

    def invoke(self, ctx: Any) -> Any:
        with errors_as_exits():
            return super().invoke(ctx)


@contextmanager
def errors_as_exits() -> Iterator[None]:
    """Write what a person can do something about to standard error and leave with its exit code.

    Wrong files and damaged ledgers are 2, refusals 3; broken code keeps its traceback. A reader that has closed the
    pipe ends the command in silence.

    Raises:
        typer.Exit: instead of the error.
    """
    try:
        yield
    except InputError as err:
        write_problems(err.problems, to_error=True)
        raise typer.Exit(BAD_INPUT) from err
    except Refused as err:
        for reason in err.reasons:
            write_error(reason)
        raise typer.Exit(ACTION_FAILED) from err
    except ZhengbanError as err:
        write_error(str(err))
        raise typer.Exit(BAD_INPUT) from err
    except BrokenPipeError as err:
        # The interpreter flushes once more when it ends; that must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_BROKEN_PIPE) from err
    except OSError as err:
        if err.strerror is None:
            raise
        where = os.fsdecode(err.filename) if err.filename is not None else "the output"
        write_error(f"{where}: {err.strerror}")
        raise typer.Exit(BAD_INPUT) from err
    except KeyboardInterrupt as err:
        raise typer.Exit(_INTERRUPTED) from err
