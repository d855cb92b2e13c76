#!/usr/bin/python
# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: host_guard
short_description: The host's half of the guard
version_added: 0.1.0
description:
  - Puts the guard on a host or takes it away. The action M(zhengban.baseline.guard) runs this module; it compiles the
    table, so use that.
  - The hooks of apt, dpkg and dnf 4 are proved by a self-test with a package that must be blocked. When they do not
    work they are taken away again and the module fails.
author:
  - The zhengban contributors (@zhengban)
options:
  state:
    description: Whether the guard is on the host.
    type: str
    choices: [present, absent]
    default: present
  table:
    description: The table, as C(zhengban.guard) encodes it.
    type: str
  identity:
    description:
      - Which machine this has to be, with the keys C(serial_number) and C(machine_id); empty ones are not compared.
    type: dict
    required: true
attributes:
  check_mode:
    description: Can run in check mode.
    support: full
  diff_mode:
    description: Shows differences.
    support: full
  platform:
    description: Systems the host can be.
    platforms: debian, rhel
    support: full
"""

EXAMPLES = r"""
- name: Take the guard away from a machine
  zhengban.baseline.host_guard:
    state: absent
    identity: {machine_id: "{{ expected_machine_id }}"}
"""

RETURN = r"""
changes:
  description: The files written or removed, or that would be.
  type: list
  elements: str
  returned: success
doors:
  description: The state of the doors afterwards.
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.zhengban.baseline.plugins.module_utils.host.guard_order import STATES, OrderError, carry_out
from ansible_collections.zhengban.baseline.plugins.module_utils.host.transaction import STATE_DIR


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": list(STATES), "default": "present"},
            "table": {"type": "str"},
            "identity": {"type": "dict", "required": True},
        },
        required_if=[("state", "present", ("table",))],
        supports_check_mode=True,
    )
    try:
        result = carry_out(module.params, STATE_DIR, module.check_mode)
    except OrderError as err:
        module.fail_json(msg=str(err))
    diff = {side: result.pop(side) for side in ("before", "after")}
    module.exit_json(diff=diff, **result)


if __name__ == "__main__":
    main()
