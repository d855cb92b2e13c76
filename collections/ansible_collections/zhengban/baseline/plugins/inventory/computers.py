# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The register's computers as an Ansible inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: computers
short_description: Computers of the zhengban register
version_added: 0.1.0
author:
  - The zhengban contributors (@zhengban)
description:
  - Makes a host of every computer in use, and groups by department (C(department_D02)) and kind (C(kind_desktop)).
  - Each host gets C(zhengban_computer), C(zhengban_workspace), C(zhengban_department), C(zhengban_kind)
    and the register's C(vars).
  - SSH options belong to C(group_vars); the register only holds host, port, user and connection type.
extends_documentation_fragment:
  - constructed
options:
  plugin:
    description: Marks the file as one for this plugin.
    type: str
    required: true
    choices: [zhengban.baseline.computers]
  workspace:
    description:
      - The workspace, relative to the inventory file. Without it, the parent of the directory the inventory file
        lies in.
    type: path
requirements:
  - The Python package C(zhengban) on the controller.
"""

EXAMPLES = r"""
# inventories/hosts.yml
plugin: zhengban.baseline.computers
keyed_groups:
  - key: zhengban_kind
    prefix: office
"""

from pathlib import Path

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable

from ansible_collections.zhengban.baseline.plugins.plugin_utils import core


class InventoryModule(BaseInventoryPlugin, Constructable):
    """Reads ``inventories/register/`` of the workspace the inventory file lies in."""

    NAME = "zhengban.baseline.computers"

    def verify_file(self, path):
        return super().verify_file(path) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        core.require_core()
        here = Path(path).resolve().parent
        root = here / self.get_option("workspace") if self.get_option("workspace") else here.parent
        try:
            workspace = core.preload_workspace(root)
            register = workspace.register
        except core.ZhengbanError as err:
            raise AnsibleParserError(str(err)) from err
        for computer in register.in_use:
            self._add(workspace, register, computer)

    def _add(self, workspace, register, computer):
        host = self.inventory.add_host(computer.names.ansible or computer.number)
        department = register.department_of(computer)
        variables = {
            "zhengban_computer": computer.number,
            "zhengban_workspace": str(workspace.root),
            "zhengban_department": department.id if department else "",
            "zhengban_kind": computer.kind,
            **computer.vars,
        }
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        for group in (f"department_{department.id}" if department else "", f"kind_{computer.kind}"):
            if group:
                self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(group)), host)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)
