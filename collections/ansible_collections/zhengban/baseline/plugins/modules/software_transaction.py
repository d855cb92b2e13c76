#!/usr/bin/python
# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: software_transaction
short_description: The host's half of planning, applying and recovering
version_added: 0.1.0
description:
  - Simulates, carries out or settles transactions of the package managers. The actions M(zhengban.baseline.plan),
    M(zhengban.baseline.apply), M(zhengban.baseline.deploy) and M(zhengban.baseline.recover) run this module; by itself
    it writes no ledger, so use those.
  - An order is carried out once, and only if the machine, its packages and the managers' answers are those of the plan.
    What a manager is about to do is compared with the order once more under its own lock.
author:
  - The zhengban contributors (@zhengban)
options:
  operation:
    description:
      - V(simulate) asks a package manager what it would do. It needs neither root nor a lock.
      - V(apply) carries out an order. It needs root.
      - V(settle) says what became of an intent, and makes sure that one that never started never will. It needs root.
    type: str
    choices: [simulate, apply, settle]
    required: true
  request:
    description: What to simulate, with the keys C(manager), C(install), C(upgrade) and C(remove).
    type: dict
  order:
    description:
      - What to carry out, with the keys C(intent), C(plan), C(facts_digest), C(identity), C(protect) and
        C(transactions), a list of C(request) and C(steps), one for each package manager.
    type: dict
  intent:
    description: Which intent to settle, as C(run/computer).
    type: str
  wait_seconds:
    description: How long V(settle) waits for a transaction that still runs.
    type: int
    default: 60
attributes:
  check_mode:
    description: Can run in check mode.
    support: partial
    details: V(simulate) runs. V(apply) and V(settle) do nothing and return no RV(result).
  diff_mode:
    description: Shows differences.
    support: none
  platform:
    description: Systems the host can be.
    platforms: debian, rhel
    support: full
"""

EXAMPLES = r"""
- name: What would the removal of a package take along?
  zhengban.baseline.software_transaction:
    operation: simulate
    request: {manager: dpkg, install: [], upgrade: [], remove: ["cowsay:all"]}
"""

RETURN = r"""
result:
  description:
    - For V(simulate) the C(request), the C(steps) the manager would take, what is C(unavailable), and an C(error).
    - For V(apply) the C(state) (V(done), V(failed) or V(refused)), its C(reason), the end of the package manager's
      C(output), the C(outcomes) read afterwards, one a step, and the new C(facts).
    - For V(settle) the C(state) (V(done), V(interrupted), V(never) or V(busy)), the C(outcomes) when done, and the
      C(facts) unless busy.
    - A refused or failed order is a result of the module, not its failure; the caller judges it.
  type: dict
  returned: success, and not in check mode unless simulating
is_root:
  description: Whether the module runs as root, without which apply is refused.
  type: bool
  returned: when simulating
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.zhengban.baseline.plugins.module_utils.host.changers import simulate
from ansible_collections.zhengban.baseline.plugins.module_utils.host.journal import JournalError
from ansible_collections.zhengban.baseline.plugins.module_utils.host.transaction import apply, settle


def main():
    module = AnsibleModule(
        argument_spec={
            "operation": {"type": "str", "choices": ["simulate", "apply", "settle"], "required": True},
            "request": {"type": "dict"},
            "order": {"type": "dict"},
            "intent": {"type": "str"},
            "wait_seconds": {"type": "int", "default": 60},
        },
        required_if=[
            ("operation", "simulate", ("request",)),
            ("operation", "apply", ("order",)),
            ("operation", "settle", ("intent",)),
        ],
        supports_check_mode=True,
    )
    operation = module.params["operation"]
    if operation == "simulate":
        module.exit_json(changed=False, result=simulate(module.params["request"]), is_root=os.geteuid() == 0)
    if module.check_mode:
        module.exit_json(changed=False, skipped=True, msg="{} does nothing in check mode".format(operation))
    try:
        if operation == "apply":
            result = apply(module.params["order"])
        else:
            result = settle(module.params["intent"], module.params["wait_seconds"])
    except (JournalError, OSError) as err:
        module.fail_json(msg="{}: {}".format(operation, err))
    changed = operation == "apply" and any(outcome["state"] == "done" for outcome in result["outcomes"])
    module.exit_json(changed=changed, result=result)


if __name__ == "__main__":
    main()
