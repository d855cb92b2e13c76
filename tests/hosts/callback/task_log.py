# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes every task result of a run as a line of JSON, for the tests to read."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: task_log
type: notification
short_description: Task results as lines of JSON
description: Writes host, task, status and result of every task to the file named by E(TASK_LOG).
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_log"

    def _write(self, status, result):
        row = {"host": result._host.get_name(), "task": result._task.get_name(), "status": status}
        row["result"] = json.loads(json.dumps(dict(result._result), default=str))
        with Path(os.environ["TASK_LOG"]).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")

    def v2_runner_on_ok(self, result):
        self._write("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write("failed", result)

    def v2_runner_on_unreachable(self, result):
        self._write("unreachable", result)
