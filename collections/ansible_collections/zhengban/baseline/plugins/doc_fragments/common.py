# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation shared by the actions."""

from __future__ import annotations


class ModuleDocFragment:
    """The workspace option and the attributes every action has."""

    DOCUMENTATION = r"""
options:
  workspace:
    description:
      - The workspace, the directory that holds C(policies/), C(inventories/) and C(ledger/) on the controller.
      - Without it the variable C(zhengban_workspace) is used, which the inventory plugin
        P(zhengban.baseline.computers#inventory) sets, else the environment variable E(ZHENGBAN_WORKSPACE), else the
        current directory.
    type: path
requirements:
  - The Python package C(zhengban) on the controller.
attributes:
  action_group:
    description: Use C(group/zhengban.baseline.workspace) in C(module_defaults) to set O(workspace) once for all.
    support: full
    membership: [zhengban.baseline.workspace]
  async:
    description: Can be used with the C(async) keyword.
    support: none
  check_mode:
    description: Can run in check mode and say what it would do without changing anything, on the host or on the
        controller.
    support: full
  platform:
    description: Systems the managed host can be.
    platforms: debian, windows
    support: full
"""
