# Copyright: Pitstop
# SPDX-License-Identifier: Apache-2.0
"""How many machines are taken, and in what order: what runs and schedules have in common."""

from __future__ import annotations


def plan_spec():
    """The arguments of a plan."""
    return dict(
        function=dict(type='str'),
        task=dict(type='dict'),
        machines=dict(type='list', elements='str'),
        query=dict(type='str'),
        canary=dict(type='int'),
        wave=dict(type='str'),
        pause=dict(type='int'),
        stop_on=dict(type='str'),
        at_once=dict(type='int'),
        at_once_per_site=dict(type='int'),
        no_show=dict(type='int'),
        spare=dict(type='list', elements='str', choices=['logged_in', 'busy', 'on_battery', 'off']),
        ask=dict(type='dict', options=dict(
            countdown_s=dict(type='int'),
            snoozes=dict(type='int'),
            snooze_s=dict(type='int'),
            unanswered=dict(type='str', choices=['go_ahead', 'leave_alone']),
            unasked=dict(type='str', choices=['go_ahead', 'leave_alone']),
        )),
        off_again=dict(type='bool'),
    )


def plan_of(options):
    """The plan as the server takes it, of what is said. `ValueError` where a number is none."""
    plan = {}
    for name, theirs in (('function', 'function'), ('task', 'task'), ('machines', 'machines'), ('query', 'q'),
                         ('canary', 'canary'), ('pause', 'pause_s'), ('no_show', 'no_show_s'), ('off_again', 'off_again')):
        if options[name] is not None:
            plan[theirs] = options[name]
    if options['wave'] is not None:
        plan['wave'] = amount('wave', options['wave'], 'machines')
    if options['stop_on'] is not None:
        plan['stop_on'] = amount('stop_on', options['stop_on'], 'failures')
    if options['at_once'] is not None or options['at_once_per_site'] is not None:
        plan['at_once'] = dict(in_all=options['at_once'], per_site=options['at_once_per_site'])
    if options['spare'] is not None:
        plan['spare'] = dict((what, what in options['spare']) for what in ('logged_in', 'busy', 'on_battery', 'off'))
    if options['ask'] is not None:
        plan['ask'] = dict((name, value) for name, value in options['ask'].items() if value is not None)
    return plan


def amount(name, text, what):
    """`5` or `10%`; nothing and `none`: no such limit."""
    text = text.strip()
    if text.lower() in ('', 'none'):
        return None
    number = text[:-1].strip() if text.endswith('%') else text
    if not number.isdecimal():
        raise ValueError('`%s` is a number like 5, or a part like 10%%, and not `%s`' % (name, text))
    return {'percent' if text.endswith('%') else what: int(number)}
