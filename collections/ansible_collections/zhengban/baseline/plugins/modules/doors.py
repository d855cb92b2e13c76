# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: doors
short_description: Try every known way past the guard of a computer
version_added: 0.1.0
description:
  - Tries each way to install, remove or upgrade software that is known, with throw-away packages made on the spot, and
    says for each whether the guard blocked it. What came is taken away again; where a way is about software of the
    computer, the package manager is told to change nothing.
  - Each attempt is in the computer's spool and later in the ledger, as any other.
  - The answer is kept below C(facts/doors/) in the workspace, where C(zhengban guard doors) reads it.
author:
  - The zhengban contributors (@zhengban)
extends_documentation_fragment:
  - zhengban.baseline.common
options:
  unguarded:
    description: Whether to test also where no guard is. Then the throw-away package is really installed for a moment.
    type: bool
    default: false
attributes:
  check_mode:
    support: partial
    details: Tries nothing.
  diff_mode:
    description: Shows what changes when run with C(--diff).
    support: none
"""

EXAMPLES = r"""
- name: Which doors are shut?
  zhengban.baseline.doors:
"""

RETURN = r"""
computer:
  description: Number of the computer.
  type: str
  returned: success
ways:
  description:
    - For each way C(way), C(manager), what is C(expected), and the C(result), V(shut), V(open), V(detected-only),
      V(not applicable) or V(untested); with the guard's C(reason), and the end of what was printed as C(said).
  type: list
  elements: dict
  returned: outside check mode
left:
  description: What could not be taken away again.
  type: list
  elements: str
  returned: outside check mode
lines:
  description: The same to read.
  type: list
  elements: str
  returned: outside check mode
"""
