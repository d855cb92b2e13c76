# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: arm
short_description: Arm a whole run before any host is touched
version_added: 0.1.0
description:
  - Judges the plans of all hosts of the play together, once, on the controller; limits, freshness of the plans, and the
    register against its last version.
  - Either the whole run is armed or the task fails and no host is touched. Hosts without a plan are reported as unread.
  - Reads the plans that the hosts have registered as C(zhengban_plan). With nothing to do it writes nothing.
author:
  - The zhengban contributors (@zhengban)
extends_documentation_fragment:
  - zhengban.baseline.common
attributes:
  diff_mode:
    description: Shows what changes when run with C(--diff).
    support: none
"""

EXAMPLES = r"""
- name: Arm
  zhengban.baseline.arm:
  register: zhengban_armed
"""

RETURN = r"""
msg:
  description: What was armed, in a sentence.
  type: str
  returned: success
run:
  description: Id of this run.
  type: str
  returned: success
computers:
  description: Hash of the armed plan by computer number.
  type: dict
  returned: success
losing:
  description: Armed computers that lose software.
  type: list
  elements: str
  returned: success
unread:
  description: Hosts without a plan, because they could not be read.
  type: list
  elements: str
  returned: success
audit_only:
  description: Computers whose plan is not carried out, because they are audited only.
  type: list
  elements: str
  returned: success
expires:
  description: Moment the arming ends.
  type: str
  returned: success
"""
