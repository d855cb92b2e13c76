# Copyright: (c) 2026, the zhengban contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller; this file is its documentation.

DOCUMENTATION = r"""
module: collect
short_description: Keep the facts of one computer in the workspace
version_added: 0.1.0
description:
  - Asks the computer for its installed software and its identity and keeps the answer below C(facts/) in the workspace.
  - An unchanged computer answers with a digest alone; at least every seven days it is read in full.
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
- name: Collect
  zhengban.baseline.collect:
"""

RETURN = r"""
computer:
  description: Number of the computer.
  type: str
  returned: success
digest:
  description: Digest of what is installed.
  type: str
  returned: success
packages:
  description: How many packages are installed.
  type: int
  returned: success
managers:
  description: For each package manager found, whether it could be read, and why not.
  type: dict
  returned: success
"""
