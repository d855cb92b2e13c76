# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: recover
short_description: Settle what an earlier run left open on one computer
version_added: 0.1.0
description:
  - Where an earlier run was cut off between its intent and its record, asks the host what became of the change and
    writes the records, each exactly once.
  - Computers with nothing open are not contacted.
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
- name: Settle
  zhengban.baseline.recover:
"""

RETURN = r"""
computer:
  description: Number of the computer.
  type: str
  returned: success
pending:
  description: Id of the change that is still open; empty when there is none.
  type: str
  returned: success
records:
  description: The records written.
  type: list
  elements: dict
  returned: success
"""
