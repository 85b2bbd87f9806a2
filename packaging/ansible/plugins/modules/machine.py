#!/usr/bin/python
# Copyright: Pitstop
# SPDX-License-Identifier: Apache-2.0
"""A machine as Pitstop keeps it."""

from __future__ import annotations

DOCUMENTATION = r'''
module: machine
short_description: A machine that Pitstop knows, and what people keep of it
version_added: 0.1.0
author:
  - Pitstop (@pitstop)
description:
  - Makes a machine known, by name and MAC addresses, and keeps its site, labels, room, asset tag, user and own system as said.
  - What is left out stays as it is.
  - A machine is found by its name, else by one of its MAC addresses, and then gets the name.
  - Nothing makes a machine unknown again, since Pitstop's interface for programs does not.
extends_documentation_fragment:
  - pitstop.fleet.server
  - pitstop.fleet.server.connection
attributes:
  check_mode:
    description: Tells what would be changed, and changes nothing.
    support: full
  diff_mode:
    description: Shows what is kept before and after.
    support: full
options:
  name:
    description: Its name.
    type: str
    required: true
  macs:
    description: MAC addresses, which it is recognised by. Further ones are added, none is taken away.
    type: list
    elements: str
  uuid:
    description: Its SMBIOS UUID. Only a machine that is new gets one.
    type: str
  arch:
    description: Architecture of a machine that is new, like V(x86_64).
    type: str
  firmware:
    description: Firmware of a machine that is new, like V(uefi) or V(bios).
    type: str
  site:
    description: Where it stands.
    type: str
  labels:
    description: Its labels, all of them.
    type: list
    elements: str
  room:
    description: The room. Empty takes it away.
    type: str
  asset_tag:
    description: Its inventory number. Empty takes it away.
    type: str
  used_by:
    description: Who works at it. Empty takes it away.
    type: str
  own_image:
    description: The operational image that is its own system, by name. Empty is what is on its disk.
    type: str
'''

EXAMPLES = r'''
- name: The machines of a list are known, where they stand
  pitstop.fleet.machine:
    name: "{{ item.name }}"
    macs: ["{{ item.mac }}"]
    site: berlin
    labels: [lab]
    room: "1.07"
  loop: "{{ new_machines }}"
  delegate_to: localhost
'''

RETURN = r'''
machine:
  description: The machine as the server has it. In check mode, one that would be new is missing.
  returned: success
  type: dict
  sample: {name: pc-17, site: berlin, labels: [lab]}
'''

import csv
import io

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.pitstop.fleet.plugins.module_utils.api import Api, ApiError, quoted, server_spec

DESK = ('room', 'asset_tag', 'used_by')
# How often it is read and changed anew where somebody else changes it at the same time.
TRIES = 4


def main():
    module = AnsibleModule(
        argument_spec=dict(
            server_spec(),
            name=dict(type='str', required=True),
            macs=dict(type='list', elements='str'),
            uuid=dict(type='str'),
            arch=dict(type='str'),
            firmware=dict(type='str'),
            site=dict(type='str'),
            labels=dict(type='list', elements='str'),
            own_image=dict(type='str'),
            **dict((name, dict(type='str')) for name in DESK)
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**ensure(Api(module.params), module.params, module.check_mode))
    except ApiError as error:
        module.fail_json(msg=str(error), status=error.status)


def ensure(api, wanted, check):
    """Sees to the machine; what became of it."""
    machine = find(api, wanted)
    before = kept(machine) if machine else {}
    changed = False
    if machine is None or machine['name'] != wanted['name'] or further_macs(machine, wanted):
        changed = introduce(api, wanted, machine, check)
        if machine is None and check:
            return dict(changed=True, diff=dict(before={}, after=would_keep({}, wanted)))
        machine = machine if check else find(api, wanted)
        if machine is None:
            raise ApiError(0, 'the server took %s, and does not show it: may the token see the site?' % wanted['name'])
    refuse_what_stays(machine, wanted)
    after = would_keep(kept(machine), wanted)
    if after != kept(machine):
        changed = True
        if not check:
            machine = change(api, machine, wanted)
    if wanted['own_image'] is not None and (machine.get('own_image') or '') != wanted['own_image']:
        changed = True
        if not check:
            path = '/api/v1/machines/%s/own-image' % machine['id']
            machine = api.post(path, dict(image=wanted['own_image'] or None)).body
    return dict(changed=changed, machine=machine, diff=dict(before=before, after=after))


def find(api, wanted):
    """By name, else by a MAC address."""
    machine = api.machine(wanted['name'])
    for mac in wanted['macs'] or ():
        if machine is None:
            machine = next(iter(api.machines('mac:' + quoted(plain(mac)))), None)
    return machine


def plain(mac):
    """As the server writes it."""
    digits = ''.join(letter for letter in mac.lower() if letter in '0123456789abcdef')
    if len(digits) != 12:
        raise ApiError(0, '`%s` is no MAC address: six pairs of hexadecimal digits are one' % mac)
    return ':'.join(digits[at:at + 2] for at in range(0, 12, 2))


def further_macs(machine, wanted):
    known = [plain(mac) for mac in machine['macs']]
    return [mac for mac in map(plain, wanted['macs'] or ()) if mac not in known]


def introduce(api, wanted, machine, check):
    """A list of one machine: makes it, or adds what it is recognised by. Is anything changed?"""
    row = dict(name=wanted['name'], macs=' '.join(map(plain, wanted['macs'] or ())))
    if machine is None:
        row.update(uuid=wanted['uuid'], arch=wanted['arch'], firmware=wanted['firmware'], site=wanted['site'],
                   labels=','.join(wanted['labels'] or ()))
        row.update((name, wanted[name]) for name in DESK)
    elif not row['macs']:
        row['macs'] = machine['macs'][0]
    row = dict((name, value) for name, value in row.items() if value)
    text = io.StringIO()
    writer = csv.DictWriter(text, row, lineterminator='\n')
    writer.writeheader()
    writer.writerow(row)
    # Asked first, since what is wrong with it stands in this answer in words.
    told = api.post('/api/v1/machines/import', query=dict(dry_run='true'), csv=text.getvalue()).body
    for line in told['lines']:
        if line['verdict']['verdict'] == 'wrong':
            raise ApiError(0, '%s cannot be kept like this: %s' % (wanted['name'], '; '.join(line['verdict']['why'])))
    if not check:
        api.post('/api/v1/machines/import', csv=text.getvalue())
    return bool(told['new'] or told['changed'])


def refuse_what_stays(machine, wanted):
    """What a machine was made with and cannot be changed is not passed over in silence."""
    for name, known in (('arch', machine['arch']), ('firmware', machine['firmware']), ('uuid', machine.get('smbios_uuid'))):
        if wanted[name] and wanted[name].lower() != (known or '').lower():
            raise ApiError(0, '%s is known with %s %s, and that is not changed here: leave `%s` out, or correct it' % (
                machine['name'], name, known or 'unknown', name))


def kept(machine):
    """What people keep of it."""
    return dict(site=machine['site'], labels=list(machine['labels']), desk=dict(machine['desk']))


def would_keep(before, wanted):
    after = dict(before, desk=dict(before.get('desk') or {}))
    if wanted['site'] is not None:
        after['site'] = wanted['site']
    if wanted['labels'] is not None and sorted(set(wanted['labels'])) != sorted(before.get('labels') or []):
        after['labels'] = wanted['labels']
    after['desk'].update((name, wanted[name]) for name in DESK if wanted[name] is not None)
    return after


def change(api, machine, wanted):
    """Changes it as it was read; read again where somebody was faster."""
    path = '/api/v1/machines/' + machine['id']
    for left in reversed(range(TRIES)):
        read = api.get(path)
        try:
            return api.ask('PATCH', path, body=would_keep(kept(read.body), wanted),
                           headers={'If-Match': read.headers['etag']}).body
        except ApiError as error:
            if error.status != 412 or not left:
                raise
    raise AssertionError('the last try answers or raises')


if __name__ == '__main__':
    main()
