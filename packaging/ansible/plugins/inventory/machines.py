# Copyright: Pitstop
# SPDX-License-Identifier: Apache-2.0
"""Machines of a Pitstop server as an inventory."""

from __future__ import annotations

DOCUMENTATION = r'''
name: machines
short_description: Machines of a Pitstop server
version_added: 0.1.0
author:
  - Pitstop (@pitstop)
description:
  - Takes machines from a Pitstop server, by the words of its search, and puts them into groups.
  - The file's name must end in V(pitstop.yml) or V(pitstop.yaml).
  - What the server tells becomes variables that begin with V(pitstop_). It is never read as a template.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - pitstop.fleet.server.connection
options:
  plugin:
    description: The name of this plugin, as a sign that the file is for it.
    type: str
    required: true
    choices: [pitstop.fleet.machines]
  server:
    description: Address of the dashboard, like V(https://pitstop.example).
    type: str
    required: true
    env:
      - name: PITSTOP_SERVER
  token:
    description:
      - A token for programs. The role viewer is enough.
      - Leave it to the environment, or to a vault, and not in the clear in the file. A template like
        C({{ lookup('ansible.builtin.file', '/run/secrets/pitstop') }}) is understood.
    type: str
    required: true
    env:
      - name: PITSTOP_TOKEN
  query:
    description: Which machines, by the words of the fleet's search, like V(site:berlin label:lab). Empty is all that the token sees.
    type: str
    default: ''
  group_by:
    description:
      - What machines are grouped by. A group is called like V(site_berlin), V(label_lab), V(state_own), V(model_optiplex_7090).
      - V(state) costs a question for each state, and sets C(pitstop_state).
    type: list
    elements: str
    choices: [site, label, state, model, arch, firmware]
    default: [site, label]
  address:
    description:
      - Where machines are reached by Ansible.
      - V(name) leaves it to the machine's name, V(inventory) takes the first address of its network cards that is not one of
        its own (loopback, link-local), IPv4 before IPv6, and sets C(ansible_host). Where none is known, its name is left.
    type: str
    choices: [name, inventory]
    default: name
'''

EXAMPLES = r'''
---
# lab.pitstop.yml; the token is PITSTOP_TOKEN in the environment
plugin: pitstop.fleet.machines
server: https://pitstop.example
query: site:berlin label:lab
group_by: [site, label, state, model]
address: inventory

---
# Groups of one's own
plugin: pitstop.fleet.machines
server: https://pitstop.example
keyed_groups:
  - key: pitstop_room
    prefix: room
groups:
  small: pitstop_memory_bytes | default(0) < 8 * 1024 ** 3
compose:
  ansible_user: "'root'"
'''

import ipaddress

from ansible.errors import AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.module_utils.common.text.converters import to_native
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.pitstop.fleet.plugins.module_utils.api import Api, ApiError

# The words of the search for what a machine does, as the server has them.
STATES = ('held', 'switching', 'maintenance', 'returning', 'silent', 'unknown', 'own', 'off')
OPTIONS = ('server', 'token', 'validate_certs', 'ca_path', 'insecure_http', 'request_timeout')


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads the fleet."""

    NAME = 'pitstop.fleet.machines'

    def verify_file(self, path):
        return super().verify_file(path) and path.endswith(('pitstop.yml', 'pitstop.yaml'))

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        for machine in self._cached(path, cache):
            self._add(machine)

    def _cached(self, path, cache):
        """The fleet as it was kept, or as it is now."""
        key = self.get_cache_key(path)
        kept = self.get_option('cache') and cache
        if kept and key in self._cache:
            return self._cache[key]
        machines = self._fetch()
        if self.get_option('cache'):
            self._cache[key] = machines
        return machines

    def _fetch(self):
        try:
            api = Api(self._server())
            query = self.get_option('query').strip()
            machines = api.machines(query)
            if 'state' in self.get_option('group_by'):
                states = {}
                for state in STATES:
                    for machine in api.machines((query + ' state:' + state).strip()):
                        states.setdefault(machine['id'], state)
                for machine in machines:
                    # One that changed between two questions may be in none.
                    machine['state'] = states.get(machine['id'])
            return machines
        except ApiError as error:
            raise AnsibleParserError(to_native(error)) from error

    def _server(self):
        options = dict((name, self.get_option(name)) for name in OPTIONS)
        for name in ('server', 'token'):
            value = options[name]
            if isinstance(value, str) and self.templar.is_template(value):
                options[name] = self.templar.template(value)
        return options

    def _add(self, machine):
        host = machine['name']
        self.inventory.add_host(host)
        variables = variables_of(machine)
        if self.get_option('address') == 'inventory':
            address = address_of(machine)
            if address:
                variables['ansible_host'] = address
        for name, value in variables.items():
            # What people and machines wrote is told, and never a template.
            self.inventory.set_variable(host, name, wrap_var(value))
        for by in self.get_option('group_by'):
            for value in groups_of(machine, by):
                group = to_safe_group_name('%s_%s' % (by, value.lower()), force=True, silent=True)
                self.inventory.add_group(group)
                self.inventory.add_child(group, host)
        known = self.inventory.get_host(host).get_vars()
        strict = self.get_option('strict')
        self._set_composite_vars(self.get_option('compose'), known, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option('groups'), known, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option('keyed_groups'), known, host, strict=strict)


def variables_of(machine):
    """What is known of a machine, as variables."""
    found = machine.get('inventory') or {}
    variables = dict(
        id=machine['id'], name=machine['name'], site=machine['site'], labels=machine['labels'], macs=machine['macs'],
        uuid=machine.get('smbios_uuid'), arch=machine['arch'], firmware=machine['firmware'], has_agent=machine['has_agent'],
        own_image=machine.get('own_image'), state=machine.get('state'),
    )
    variables.update(machine.get('desk') or {})
    for name in ('vendor', 'model', 'serial', 'cpu', 'cores', 'memory_bytes', 'nics', 'disks', 'system', 'kernel', 'secure_boot'):
        variables[name] = found.get(name)
    return dict(('pitstop_' + name, value) for name, value in variables.items() if value is not None)


def groups_of(machine, by):
    """What a machine is, of what groups are made by."""
    if by == 'label':
        return machine['labels']
    value = (machine.get('inventory') or {}).get('model') if by == 'model' else machine.get(by)
    return [value] if value else []


def address_of(machine):
    """An address at which others reach it."""
    found = []
    for nic in (machine.get('inventory') or {}).get('nics') or []:
        for text in nic.get('addresses') or []:
            try:
                address = ipaddress.ip_interface(text).ip
            except ValueError:
                continue
            if not (address.is_loopback or address.is_link_local or address.is_unspecified):
                found.append(address)
    found.sort(key=lambda address: address.version)
    return str(found[0]) if found else None
