# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One line for each computer at the end of a run, and little before it. It only reports: the ledger is elsewhere."""

from __future__ import annotations

DOCUMENTATION = r"""
name: summary
type: stdout
short_description: One line for each computer at the end of a run
version_added: 0.1.0
description:
  - Ends a run with a table, a line for each computer, with its verdict, how many actions were planned, done, left out
    and failed, and the reason where something was not done.
  - Before that it prints failures when they happen, what was armed, and on long runs how far they are. Everything else
    is quiet. With C(-v) the findings and the plan of each computer are printed too.
  - A computer that could not be asked is V(unread), never compliant. Hosts that are not part of the run, because of
    C(--limit) or of the pattern, are not assessed, and are in no line.
  - It only reports. A run whose output is lost has lost nothing of the ledger.
author:
  - The zhengban contributors (@zhengban)
options:
  progress:
    description: Seconds between two lines that say how far a task is; 0 for none.
    type: int
    default: 10
    env:
      - name: ZHENGBAN_SUMMARY_PROGRESS
    ini:
      - section: callback_summary
        key: progress
requirements:
  - Set it as the standard output, C(stdout_callback = zhengban.baseline.summary) below C([defaults]) in ansible.cfg, or
    E(ANSIBLE_STDOUT_CALLBACK).
  - The Python package C(zhengban) on the controller.
"""

import time

from ansible import constants as C
from ansible import context
from ansible.plugins.callback import CallbackBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.summary import Rows

COLLECTION = "zhengban.baseline."


class CallbackModule(CallbackBase):
    """Notes the results of our actions, prints failures at once and a table at the end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "zhengban.baseline.summary"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        core.require_core()
        self._rows = Rows()
        self._play, self._hosts = "", 0
        self._task, self._answered, self._told = "", 0, time.monotonic()

    def v2_playbook_on_play_start(self, play):
        self._play = play.get_name().strip()
        hosts = play.get_variable_manager().get_vars(play=play).get("ansible_play_hosts_all")
        self._hosts = len(hosts or ())

    def v2_playbook_on_task_start(self, task, is_conditional):  # noqa: ARG002
        self._task, self._answered = task.get_name().strip(), 0

    def v2_playbook_on_handler_task_start(self, task):
        self.v2_playbook_on_task_start(task, is_conditional=False)

    def v2_runner_on_ok(self, result):
        self._take_up(result)
        if self._display.verbosity:
            for line in result._result.get("lines") or ():
                self._line(line)

    def v2_runner_on_skipped(self, result):  # noqa: ARG002
        self._count()

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._take_up(result)
        if not ignore_errors:
            self._fail(result, "failed", C.COLOR_ERROR)

    def v2_runner_on_unreachable(self, result):
        self._take_up(result)
        self._fail(result, "unreachable", C.COLOR_UNREACHABLE)

    def v2_playbook_on_stats(self, stats):  # noqa: ARG002
        totals = self._rows.totals()
        if totals is None:
            self._line("no computer was looked at")
            return
        for line in core.align([[core.visible(cell) for cell in row] for row in self._rows.cells()]):
            self._line(line)
        self._line("")
        self._line(totals)
        if context.CLIARGS.get("check"):
            self._line("check mode: nothing was changed and nothing was written")
        if context.CLIARGS.get("subset"):
            self._line(f"only {context.CLIARGS['subset']}: computers outside are not assessed")

    def _take_up(self, result):
        self._handle_warnings(result._result)
        action = result._task.resolved_action or result._task.action
        if action.startswith(COLLECTION):
            action = action[len(COLLECTION) :]
            self._rows.note(result._host.get_name(), action, result._result)
            if action == "arm" and not result._result.get("failed"):
                self._line(result._result["msg"])
        self._count()

    def _fail(self, result, word, color):
        host = result._host.get_name()
        said = result._result.get("msg") or result._result.get("module_stderr") or "no message"
        if not result._host.implicit:
            # The implicit localhost is no computer: targets.yml looks there whether there are any.
            self._rows.note_failure(host, said)
        self._line(f"{word}: {host}: {result._task.get_name().strip()}: {said}", color)

    def _count(self):
        self._answered += 1
        seconds = self.get_option("progress")
        if seconds and time.monotonic() - self._told >= seconds:
            self._told = time.monotonic()
            self._line(f"{self._play}: {self._task}: {self._answered} of {self._hosts} hosts")

    def _line(self, text, color=None):
        self._display.display(core.visible(str(text)), color=color)
