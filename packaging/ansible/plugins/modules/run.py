#!/usr/bin/python
# Copyright: Pitstop
# SPDX-License-Identifier: Apache-2.0
"""A function on many machines."""

from __future__ import annotations

DOCUMENTATION = r'''
module: run
short_description: Starts a function on many machines, in waves, and waits until all are proven back
version_added: 0.1.0
author:
  - Pitstop (@pitstop)
description:
  - Pitstop takes the machines by itself, so one task is enough for all of them. For one machine at a time there is M(pitstop.fleet.job).
  - Fails where a machine is held, failed, refused or taken back, or the run was stopped because too many failed.
  - Reports a change when machines were taken.
extends_documentation_fragment:
  - pitstop.fleet.server
  - pitstop.fleet.server.connection
  - pitstop.fleet.server.plan
attributes:
  check_mode:
    description: Asks what would happen, and starts nothing.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
options:
  function:
    description: Name of the function, like V(inventory) or V(memory-test).
    type: str
    required: true
  expect:
    description: So many machines are agreed to. Where it is another number by then, nothing is started.
    type: int
  key:
    description:
      - A name of your own for this run. Under it nothing is begun twice within a day, and no change is reported then.
      - Without it every run of the task begins one.
    type: str
  wait:
    description: Whether to wait for the end.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for the end. The run goes on when they are over, and the task fails.
    type: int
    default: 86400
  poll:
    description: Seconds between two looks.
    type: int
    default: 10
  found_is_failure:
    description: Whether it is a failure when the work finds something wrong with a machine.
    type: bool
    default: false
'''

EXAMPLES = r'''
- name: The lab's inventory is taken, ten per cent at a time
  pitstop.fleet.run:
    function: inventory
    query: site:berlin label:lab
    canary: 1
    wave: 10%
    stop_on: 2
    at_once: 20
  delegate_to: localhost
'''

RETURN = r'''
run:
  description: The run, with its plan and state.
  returned: when there is one
  type: dict
tally:
  description: How many machines are counted as what.
  returned: when there is a run
  type: dict
  sample: {machines: 20, back: 19, found: 1, failed: 0, held: 0}
not_well:
  description: Machines that are not back and well, with why. At most 100 of each kind.
  returned: when the run is over
  type: list
  elements: dict
  sample: [{name: pc-17, kind: held, words: waits for a person}]
estimate:
  description: Which machines, in which waves, and what is said of them.
  returned: always, but where it cannot begin
  type: dict
page:
  description: The run's page for people.
  returned: when there is a run
  type: str
'''

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.pitstop.fleet.plugins.module_utils.api import Failure, carry_out, server_spec
from ansible_collections.pitstop.fleet.plugins.module_utils.plan import plan_of, plan_spec

# What machines are counted as that is not well.
BAD = ('held', 'failed', 'refused', 'no_show', 'cancelled')


def main():
    spec = dict(plan_spec(), **server_spec())
    spec['function'] = dict(type='str', required=True)
    spec.update(
        expect=dict(type='int'),
        key=dict(type='str', no_log=False),
        wait=dict(type='bool', default=True),
        wait_timeout=dict(type='int', default=24 * 60 * 60),
        poll=dict(type='int', default=10),
        found_is_failure=dict(type='bool', default=False),
    )
    module = AnsibleModule(argument_spec=spec, required_one_of=[('machines', 'query')], supports_check_mode=True)
    carry_out(module, work)


def work(api, asked, check, result):
    """Fills in what happens, as far as it goes."""
    new = plan_of(asked)
    if check:
        estimate = result['estimate'] = api.post('/api/v1/runs', dict(new, dry_run=True)).body['estimate']
        if asked['expect'] is not None and asked['expect'] != estimate['machines']:
            raise Failure('it would be %d machines now, and not %d as agreed to' % (estimate['machines'], asked['expect']))
        result['changed'] = estimate['machines'] > len(estimate['refused'])
        return
    if asked['expect'] is not None:
        new['expect'] = asked['expect']
    begun = api.post('/api/v1/runs', new, key=asked['key'])
    run_id, result['estimate'] = begun.body['id'], begun.body['estimate']
    result['page'] = '%s/runs/%s' % (api.server, run_id)
    result['changed'] = not begun.replayed
    told = follow(api, asked, run_id, result)
    if asked['wait']:
        judge(api, asked, told, result)
        taken = told['tally']['machines'] - told['tally']['refused'] - told['tally']['skipped']
        result['changed'] = result['changed'] and taken > 0


def follow(api, asked, run_id, result):
    """Looks until nothing more comes by itself, or it is waited for long enough."""
    until = time.monotonic() + asked['wait_timeout']
    while True:
        told = api.get('/api/v1/runs/' + run_id).body
        result.update(run=told['run'], tally=told['tally'])
        if not asked['wait'] or stands(told):
            return told
        if time.monotonic() >= until:
            raise Failure('the run is not over after %d seconds; it goes on, look at %s' % (asked['wait_timeout'], result['page']))
        time.sleep(max(0.2, min(asked['poll'], until - time.monotonic())))


def stands(told):
    """Over, or only a person can bring it further."""
    state, tally = told['run']['state'], told['tally']
    under_way = tally['under_way'] + tally['no_show']
    if state == 'closed' or under_way > 0:
        return state == 'closed'
    return state in ('stopped', 'cancelled') or tally['waiting'] == 0 and tally['held'] > 0


def judge(api, asked, told, result):
    """What the play goes by."""
    bad = BAD + (('found',) if asked['found_is_failure'] else ())
    result['not_well'] = []
    for kind in BAD + ('found', 'skipped'):
        if told['tally'][kind]:
            page = api.get('/api/v1/runs/' + told['run']['id'], dict(show=kind)).body
            result['not_well'].extend(dict(name=member['name'], kind=kind, words=member['words'], job=member['job'])
                                      for member in page['members'])
    if told['run']['state'] in ('stopped', 'cancelled'):
        raise Failure('the run was %s: %s. Look at %s' % (told['run']['state'], told['run']['because'], result['page']))
    counts = ['%d %s' % (told['tally'][kind], kind.replace('_', ' ')) for kind in bad if told['tally'][kind]]
    if counts:
        raise Failure('of %d machines: %s. Look at %s' % (told['tally']['machines'], ', '.join(counts), result['page']))


if __name__ == '__main__':
    main()
