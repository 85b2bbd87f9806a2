#!/usr/bin/python
# Copyright: Pitstop
# SPDX-License-Identifier: Apache-2.0
"""A function on a machine."""

from __future__ import annotations

DOCUMENTATION = r'''
module: job
short_description: Starts a function on a machine, and waits until the machine is proven back
version_added: 0.1.0
author:
  - Pitstop (@pitstop)
description:
  - The machine is restarted into maintenance, worked on, and returned to its own system.
  - Fails where the work could not be done, where the job was taken back, and where the machine is not proven back.
  - Reports a change whenever a job was begun, since the machine was taken away for a time.
extends_documentation_fragment:
  - pitstop.fleet.server
  - pitstop.fleet.server.connection
attributes:
  check_mode:
    description: Asks whether the machine could be taken, starts nothing, and fails where it is refused. O(parameters) are not looked at.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
options:
  machine:
    description: The machine, by name or id.
    type: str
    required: true
  function:
    description: Name of the function, like V(inventory) or V(memory-test).
    type: str
    required: true
  parameters:
    description: Answers to what the function asks, by their fields.
    type: dict
  task:
    description: The whole task instead, for those who know its fields.
    type: dict
  off_again:
    description: Whether a machine that was off is shut down again when it is back.
    type: bool
    default: false
  key:
    description:
      - A name of your own for this job. Under it nothing is begun twice within a day, also when the play is run again, and
        no change is reported then.
      - Without it every run of the task begins a job.
    type: str
  wait:
    description: Whether to wait for the end.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for the end. The job goes on when they are over, and the task fails.
    type: int
    default: 21600
  poll:
    description: Seconds between two looks.
    type: int
    default: 5
  found_is_failure:
    description: Whether it is a failure when the work finds something wrong with the machine.
    type: bool
    default: false
  least_proof:
    description:
      - The weakest proof of the return that will do. V(person) is a person's word, V(handoff) that it did not ask to boot again,
        V(probe) that a probe answers, V(agent) that its own system reported a new boot.
    type: str
    choices: [person, handoff, probe, agent]
    default: person
'''

EXAMPLES = r'''
- name: Memory of the machines of this inventory is tested, five at once
  hosts: site_berlin
  gather_facts: false
  serial: 5
  tasks:
    - name: Test memory
      pitstop.fleet.job:
        machine: "{{ pitstop_id }}"
        function: memory-test
        parameters: {passes: 1}
        found_is_failure: true
      delegate_to: localhost
'''

RETURN = r'''
job:
  description: The job, without its log.
  returned: when there is one
  type: dict
  sample: {id: 01a22615-76cb-7022-84eb-9ad245f869ac, phase: closed}
outcome:
  description: V(succeeded), V(found), V(failed) or V(cancelled).
  returned: when the work ended
  type: str
because:
  description: What is said of the outcome.
  returned: when the work ended
  type: str
proof:
  description:
    - How the return was proven, as V(agent), V(probe), V(handoff) or V(person). V(untouched) is a machine that was never taken.
  returned: when it is back
  type: str
report:
  description: What the work found and measured.
  returned: when there is one
  type: dict
estimate:
  description: What would happen.
  returned: in check mode
  type: dict
page:
  description: The job's page for people.
  returned: when there is a job
  type: str
'''

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.pitstop.fleet.plugins.module_utils.api import Failure, carry_out, server_spec

# Weakest first; a machine that was never touched need not come back.
PROOFS = ('person', 'handoff', 'probe', 'agent', 'untouched')


def main():
    module = AnsibleModule(
        argument_spec=dict(
            server_spec(),
            machine=dict(type='str', required=True),
            function=dict(type='str', required=True),
            parameters=dict(type='dict'),
            task=dict(type='dict'),
            off_again=dict(type='bool', default=False),
            key=dict(type='str', no_log=False),
            wait=dict(type='bool', default=True),
            wait_timeout=dict(type='int', default=6 * 60 * 60),
            poll=dict(type='int', default=5),
            found_is_failure=dict(type='bool', default=False),
            least_proof=dict(type='str', default='person', choices=['person', 'handoff', 'probe', 'agent']),
        ),
        mutually_exclusive=[('parameters', 'task')],
        supports_check_mode=True,
    )
    carry_out(module, work)


def work(api, asked, check, result):
    """Fills in what happens, as far as it goes."""
    machine = api.machine(asked['machine'])
    if machine is None:
        raise Failure('there is no machine %s, or the token does not see it' % asked['machine'])
    if check:
        return would(api, asked, machine, result)
    new = dict(machine=machine['id'], function=asked['function'], off_again=asked['off_again'])
    if asked['task'] is not None:
        new['task'] = asked['task']
    if asked['parameters'] is not None:
        new['parameters'] = dict((name, text(value)) for name, value in asked['parameters'].items())
    begun = api.post('/api/v1/jobs', new, key=asked['key'])
    result['changed'] = not begun.replayed
    result['page'] = '%s/jobs/%s' % (api.server, begun.body['id'])
    job = follow(api, asked, begun.body['id'], result)
    if asked['wait']:
        judge(asked, job, result)
    return None


def text(value):
    """An answer as a form would send it: a switch is `yes` or `no`."""
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    return '' if value is None else str(value)


def would(api, asked, machine, result):
    plan = dict(function=asked['function'], machines=[machine['id']], dry_run=True, off_again=asked['off_again'])
    if asked['task'] is not None:
        plan['task'] = asked['task']
    estimate = result['estimate'] = api.post('/api/v1/runs', plan).body['estimate']
    if estimate['refused']:
        raise Failure('%s would be refused: %s' % (machine['name'], estimate['refused'][0]['why']))
    result['changed'] = True


def follow(api, asked, job_id, result):
    """Looks until it is over, held, or waited for long enough."""
    until = time.monotonic() + asked['wait_timeout']
    while True:
        story = api.get('/api/v1/jobs/' + job_id).body
        job = result['job'] = dict((name, value) for name, value in story.items()
                                   if name not in ('calls', 'sightings', 'facts', 'log'))
        if not asked['wait'] or job['phase'] in ('closed', 'held'):
            return job
        if time.monotonic() >= until:
            waiting = (job.get('waiting') or {}).get('awaits', 'its turn')
            raise Failure('%s is not over after %d seconds: it waits for %s. It goes on; look at %s' % (
                job['function'], asked['wait_timeout'], waiting, result['page']))
        time.sleep(max(0.2, min(asked['poll'], until - time.monotonic())))


def judge(asked, job, result):
    """What the play goes by."""
    ended = job.get('ended') or {}
    result.update(outcome=ended.get('outcome'), because=ended.get('because'), proof=job.get('proof'), report=job.get('report'))
    name, proof = job['machine_name'], job.get('proof')
    if job['phase'] == 'held':
        raise Failure('%s is not proven back by any of its routes, and stays reserved: a person must decide at %s' % (
            name, result['page']))
    if proof is None:
        raise Failure('the job was closed without a proof that %s is back: look at the machine, and at %s' % (name, result['page']))
    strength = PROOFS.index(proof) if proof in PROOFS else -1
    if strength < PROOFS.index(asked['least_proof']):
        raise Failure('%s is back by the proof `%s`, and at least `%s` was asked for' % (name, proof, asked['least_proof']))
    if ended.get('outcome') in ('failed', 'cancelled') or ended.get('outcome') == 'found' and asked['found_is_failure']:
        raise Failure('%s on %s: %s, %s' % (job['function'], name, ended['outcome'], ended.get('because')))


if __name__ == '__main__':
    main()
