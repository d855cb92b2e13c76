# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: health
short_description: Note how one computer is after its upgrades
version_added: 0.1.0
description:
  - Writes into the ledger what a health check found after the upgrades of the registered plan (C(zhengban_plan)). A
    computer that is not well counts as failed, and the next step of the rollout (C(policies/upgrades.yml)) waits when
    more than its limit failed.
  - Nothing is written for a computer whose plan has no upgrades, and nothing that is noted already. The host is not
    contacted.
author:
  - The zhengban contributors (@zhengban)
options:
  healthy:
    description: Whether the computer is well.
    type: bool
    required: true
  reason:
    description: What is wrong; needed when O(healthy=false).
    type: str
    default: ""
extends_documentation_fragment:
  - zhengban.baseline.common
attributes:
  diff_mode:
    description: Shows what changes when run with C(--diff).
    support: none
"""

EXAMPLES = r"""
- name: Look after the upgrade
  block:
    - name: The office suite starts
      ansible.builtin.command: wps --version
      changed_when: false

    - name: It is well
      zhengban.baseline.health:
        healthy: true
  rescue:
    - name: It is not
      zhengban.baseline.health:
        healthy: false
        reason: "{{ ansible_failed_task.name }}"
"""

RETURN = r"""
computer:
  description: Number of the computer.
  type: str
  returned: success
  sample: PC-0007
upgrades:
  description: Ids of the upgrades it was noted for.
  type: list
  elements: str
  returned: success
"""
