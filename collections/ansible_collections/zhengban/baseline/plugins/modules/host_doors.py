#!/usr/bin/python
# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: host_doors
short_description: The host's half of the door test
version_added: 0.1.0
description:
  - Tries every known way to bring software to a host or to take it away, with throw-away packages made on the spot, and
    takes away what came. The action M(zhengban.baseline.doors) runs this module; use that.
author:
  - The zhengban contributors (@zhengban)
options:
  unguarded:
    description: Whether to test also where no guard is. Then the throw-away package is really installed for a moment.
    type: bool
    default: false
  outside:
    description: What programs outside packages the next run looks for, with the keys C(kinds) and C(seconds).
    type: dict
  identity:
    description:
      - Which machine this has to be, with the keys C(serial_number) and C(machine_id); empty ones are not compared.
    type: dict
    required: true
attributes:
  check_mode:
    description: Can run in check mode.
    support: partial
    details: Does nothing and returns no RV(test).
  diff_mode:
    description: Shows differences.
    support: none
  platform:
    description: Systems the host can be.
    platforms: debian, rhel
    support: full
"""

EXAMPLES = r"""
- name: Which doors are shut?
  zhengban.baseline.host_doors:
    identity: {machine_id: "{{ expected_machine_id }}"}
"""

RETURN = r"""
test:
  description: What became of each way, with the keys C(tested_at), C(doors), C(ways) and C(left).
  type: dict
  returned: outside check mode
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.zhengban.baseline.plugins.module_utils.host.guard_order import (
    OrderError,
    carry_out_door_test,
)
from ansible_collections.zhengban.baseline.plugins.module_utils.host.transaction import STATE_DIR


def main():
    module = AnsibleModule(
        argument_spec={
            "unguarded": {"type": "bool", "default": False},
            "outside": {"type": "dict"},
            "identity": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json()
    try:
        module.exit_json(test=carry_out_door_test(module.params, STATE_DIR))
    except OrderError as err:
        module.fail_json(msg=str(err))


if __name__ == "__main__":
    main()
