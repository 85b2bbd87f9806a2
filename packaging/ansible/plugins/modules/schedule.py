#!/usr/bin/python
# Copyright: Pitstop
# SPDX-License-Identifier: Apache-2.0
"""A schedule of the timetable."""

from __future__ import annotations

DOCUMENTATION = r'''
module: schedule
short_description: A schedule of Pitstop's timetable
version_added: 0.1.0
author:
  - Pitstop (@pitstop)
description:
  - Keeps a schedule as said, by its name, or removes it. Occurrences that were moved or left out stay so.
  - What is left out of one that exists stays as it is.
extends_documentation_fragment:
  - pitstop.fleet.server
  - pitstop.fleet.server.connection
  - pitstop.fleet.server.plan
attributes:
  check_mode:
    description: Asks the server what the schedule would do, and keeps nothing.
    support: full
  diff_mode:
    description: Shows the schedule before and after.
    support: full
options:
  name:
    description: Its name. Where several have it, the module fails.
    type: str
    required: true
  state:
    description: Whether it is there.
    type: str
    choices: [present, absent]
    default: present
  paused:
    description: Whether it stands still.
    type: bool
  function:
    description: Name of the function, like V(inventory) or V(memory-test). A new schedule needs one, and O(start) and O(zone).
    type: str
  start:
    description: The first time, by the clocks of O(zone), like V(2026-12-01T22:00).
    type: str
  zone:
    description: Clocks, like V(Europe/Berlin).
    type: str
  rule:
    description: How it recurs, as a rule of iCalendar like V(FREQ=WEEKLY;BYDAY=TU). Empty is once.
    type: str
  ready_by:
    description: Seconds that it is given. The time is then when machines must be ready, and not when they are taken. 0 takes that away.
    type: int
  on_miss:
    description: What is done about a time that was missed.
    type: str
    choices: [skip, run_once, next_window]
'''

EXAMPLES = r'''
- name: The lab's memory is tested every Tuesday night
  pitstop.fleet.schedule:
    name: lab memory
    function: memory-test
    query: label:lab
    start: "2026-12-01T22:00"
    zone: Europe/Berlin
    rule: FREQ=WEEKLY;BYDAY=TU
    at_once: 10
    spare: [logged_in]
  delegate_to: localhost
'''

RETURN = r'''
schedule:
  description: The schedule as the server has it.
  returned: when there is one
  type: dict
would:
  description: The next times, and what stands in their way.
  returned: in check mode, when something would be changed
  type: dict
'''

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.pitstop.fleet.plugins.module_utils.api import Api, ApiError, escaped, server_spec
from ansible_collections.pitstop.fleet.plugins.module_utils.plan import plan_of, plan_spec

# What a schedule is written with; all else that is told of it comes from the server.
WRITTEN = ('name', 'machines', 'q', 'start', 'zone', 'rule', 'ready_by_s', 'on_miss', 'function', 'task', 'canary', 'wave',
           'pause_s', 'stop_on', 'at_once', 'no_show_s', 'spare', 'ask', 'off_again')


def main():
    spec = dict(plan_spec(), **server_spec())
    spec.update(
        name=dict(type='str', required=True),
        state=dict(type='str', choices=['present', 'absent'], default='present'),
        paused=dict(type='bool'),
        start=dict(type='str'),
        zone=dict(type='str'),
        rule=dict(type='str'),
        ready_by=dict(type='int'),
        on_miss=dict(type='str', choices=['skip', 'run_once', 'next_window']),
    )
    module = AnsibleModule(argument_spec=spec, mutually_exclusive=[('machines', 'query')], supports_check_mode=True)
    try:
        module.exit_json(**ensure(Api(module.params), module.params, module.check_mode))
    except (ApiError, ValueError) as error:
        module.fail_json(msg=str(error))


def ensure(api, asked, check):
    """Sees to the schedule; what became of it."""
    before = find(api, asked['name'])
    if asked['state'] == 'absent':
        if before and not check:
            api.ask('DELETE', path(before))
        return dict(changed=bool(before), diff=dict(before=written(before), after={}))
    wanted = dict(written(before), **wishes(asked))
    result = dict(changed=False, diff=dict(before=written(before), after=wanted))
    if before is None:
        missing = [name for name in ('function', 'start', 'zone') if asked[name] is None]
        if missing:
            raise ValueError('a new schedule needs %s' % ', '.join(missing))
    if before is None or not same(wanted, written(before)):
        result['changed'] = True
        told = keep(api, before, wanted, check)
        if check:
            result['would'] = told['would']
    after = before if check else find(api, asked['name'])
    if asked['paused'] is not None and asked['paused'] != bool((after or {}).get('paused_at')):
        result['changed'] = True
        if not check:
            api.post(path(after) + ('/pause' if asked['paused'] else '/resume'))
            after = find(api, asked['name'])
    if after:
        result['schedule'] = after
    return result


def keep(api, before, wanted, check):
    """Keeps it, or asks what it would do."""
    body = dict(wanted, dry_run=check)
    if before is None:
        return api.post('/api/v1/schedules', body).body
    # As it was read: where somebody changed it meanwhile, the server says so and nothing is done.
    return api.ask('PUT', path(before), body=dict(body, version=before['version'])).body


def find(api, name):
    """The one of this name."""
    found = [schedule for schedule in api.get('/api/v1/schedules').body if schedule['name'] == name]
    if len(found) > 1:
        raise ApiError(0, '%d schedules are called %s: rename all but one, so that it is known which is meant' % (len(found), name))
    return found[0] if found else None


def path(schedule):
    return '/api/v1/schedules/' + escaped(schedule['id'])


def written(schedule):
    """Of what is told, what is written."""
    return dict((name, schedule[name]) for name in WRITTEN if schedule and name in schedule)


def wishes(asked):
    """What is said, as the server takes it."""
    wanted = dict(plan_of(asked), name=asked['name'])
    # Either is said; the other is over then.
    if 'machines' in wanted or 'q' in wanted:
        wanted.setdefault('machines', None)
        wanted.setdefault('q', None)
    for name in ('zone', 'on_miss'):
        if asked[name] is not None:
            wanted[name] = asked[name]
    if asked['start'] is not None:
        wanted['start'] = moment(asked['start'])
    if asked['rule'] is not None:
        wanted['rule'] = asked['rule'].strip() or None
    if asked['ready_by'] is not None:
        wanted['ready_by_s'] = asked['ready_by'] or None
    return wanted


def moment(text):
    """`2026-12-01T22:00:00`, also from what YAML makes of it."""
    text = text.strip().replace(' ', 'T', 1)
    return text + ':00' if text.count(':') == 1 else text


def same(wanted, before):
    """Is it so already? Nothing and what is not told are one."""
    return plain(wanted) == plain(before)


def plain(schedule):
    """Without what says nothing, and a rule whatever the order of its parts."""
    told = dict((name, value) for name, value in schedule.items() if value not in (None, False, [], {}))
    if 'rule' in told:
        parts = [part.strip().upper() for part in told['rule'].removeprefix('RRULE:').split(';')]
        told['rule'] = sorted(part for part in parts if part and part != 'INTERVAL=1')
    for name in ('spare', 'at_once', 'ask'):
        if name in told:
            told[name] = dict((key, value) for key, value in told[name].items() if value not in (None, False))
            if not told[name]:
                del told[name]
    return told


if __name__ == '__main__':
    main()
