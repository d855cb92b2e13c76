# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Say what the ledger holds."""

from __future__ import annotations

import datetime as dt

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core
from ansible_collections.zhengban.baseline.plugins.plugin_utils.spec import LEDGER_INFO


class ActionModule(ActionBase):
    """Read the ledger on the controller; no host is contacted and nothing is written."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, args = self.validate_argument_spec(argument_spec=LEDGER_INFO)
        core.require_core()
        question = core.Question(
            computer=args["computer"], number=args["number"], run=args["run"], since=_day(args["since"])
        )
        with core.reported():
            workspace = core.open_workspace(self, args, task_vars)
            if "records" in args["gather"]:
                result["records"] = core.plain(core.find_records(workspace, question))
            if "installs" in args["gather"]:
                result["installs"] = core.plain(core.find_standing(workspace, question))
            if "pending" in args["gather"]:
                result["pending"] = core.plain(core.find_open(workspace, question, now=core.now()))
            problems = workspace.ledger.read_problems()
        if problems:
            # What cannot be read is missing above: that is no answer.
            result.update(failed=True, msg="; ".join(str(problem) for problem in problems))
        return dict(result, changed=False)


def _day(text):
    if not text:
        return None
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise AnsibleActionFail(f"since is {text!r}: write a day as 2026-11-23") from None
