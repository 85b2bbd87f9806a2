# Copyright: Pitstop
# SPDX-License-Identifier: Apache-2.0
"""What modules conclude from what the server says, without a server."""

from __future__ import annotations

import unittest

from ansible_collections.pitstop.fleet.plugins.module_utils.api import Api, ApiError, cursor_of
from ansible_collections.pitstop.fleet.plugins.module_utils.plan import amount, plan_of, plan_spec
from ansible_collections.pitstop.fleet.plugins.modules import job, machine, run, schedule


class Server(unittest.TestCase):
    def refused(self, **options):
        with self.assertRaises(ApiError) as caught:
            Api(dict(dict(token='pitstop_x'), **options))
        return str(caught.exception)

    def test_a_token_travels_in_the_clear_to_this_host_alone(self):
        for server in ('http://pitstop.example', 'http://192.0.2.1:3000', 'http://localhost.example', 'http://127.0.0.1.example'):
            self.assertIn('in the clear', self.refused(server=server))
        for server in ('http://127.0.0.1:3000', 'http://localhost', 'http://[::1]:3000/', 'https://pitstop.example'):
            Api(dict(server=server, token='pitstop_x'))
        Api(dict(server='http://pitstop.example', token='pitstop_x', insecure_http=True))

    def test_what_is_no_address_and_no_token_is_said(self):
        for server in ('', 'pitstop.example', 'ftp://pitstop.example', 'https://', 'https://a:b@pitstop.example', 'https://[x'):
            self.assertIn('address of the dashboard', self.refused(server=server))
        self.assertIn('no token', self.refused(server='https://pitstop.example', token=' '))
        self.assertIn('characters', self.refused(server='https://pitstop.example', token='pitstop_\nx: y'))

    def test_windows_follow_each_other_by_their_links(self):
        link = '</api/v1/machines?q=label%3Aa%2Cb&limit=2&cursor=pc%2C+1>; rel="next"'
        self.assertEqual(cursor_of(link), 'pc, 1')
        self.assertIsNone(cursor_of(''))


class Job(unittest.TestCase):
    def told(self, phase='closed', outcome='succeeded', proof='agent', **asked):
        asked = dict(dict(found_is_failure=False, least_proof='person'), **asked)
        ended = dict(outcome=outcome, because='so') if outcome else None
        story = dict(phase=phase, ended=ended, proof=proof, report=None, machine_name='pc-1', function='memory-test')
        try:
            return job.judge(asked, story, dict(page='/jobs/1'))
        except job.Failure as failure:
            return str(failure)

    def test_answers_are_those_of_a_form(self):
        self.assertEqual([job.text(value) for value in (True, False, None, 3, '/dev/sda')], ['yes', 'no', '', '3', '/dev/sda'])

    def test_back_and_well_is_a_success_by_whatever_proof(self):
        for proof in ('person', 'handoff', 'probe', 'agent'):
            self.assertIsNone(self.told(proof=proof))
        self.assertIsNone(self.told(outcome='found'))

    def test_what_is_not_back_or_not_well_is_a_failure(self):
        self.assertIn('a person must decide', self.told(phase='held', proof=None))
        self.assertIn('without a proof', self.told(proof=None))
        self.assertIn('at least `probe`', self.told(proof='handoff', least_proof='probe'))
        self.assertIn('found', self.told(outcome='found', found_is_failure=True))
        self.assertIn('failed', self.told(outcome='failed'))
        self.assertIn('cancelled', self.told(outcome='cancelled', proof='untouched'))

    def test_a_proof_that_is_not_known_here_is_not_taken_for_a_strong_one(self):
        self.assertIn('at least', self.told(proof='hearsay', least_proof='person'))


class Run(unittest.TestCase):
    def stands(self, state, **tally):
        counts = dict.fromkeys(('under_way', 'no_show', 'waiting', 'held'), 0)
        return run.stands(dict(run=dict(state=state), tally=dict(counts, **tally)))

    def test_it_is_waited_for_while_something_still_comes_by_itself(self):
        self.assertFalse(self.stands('running', under_way=1, held=1))
        self.assertFalse(self.stands('running', waiting=1, held=1))
        self.assertFalse(self.stands('stopped', no_show=1))
        self.assertTrue(self.stands('running', held=1))
        self.assertTrue(self.stands('stopped', waiting=3))
        self.assertTrue(self.stands('closed'))

    def test_a_plan_has_what_is_said_and_nothing_else(self):
        asked = dict.fromkeys(plan_spec())
        self.assertEqual(plan_of(asked), {})
        asked.update(query='', canary=1, wave='50%', stop_on='none', at_once=5, spare=['busy'], ask=dict(snoozes=2, unasked=None))
        spare = dict(logged_in=False, busy=True, on_battery=False, off=False)
        self.assertEqual(plan_of(asked), dict(q='', canary=1, wave=dict(percent=50), stop_on=None, spare=spare,
                                              at_once=dict(in_all=5, per_site=None), ask=dict(snoozes=2)))

    def test_amounts_are_numbers_and_parts(self):
        self.assertEqual(amount('wave', '5', 'machines'), dict(machines=5))
        self.assertEqual(amount('wave', ' 10% ', 'machines'), dict(percent=10))
        self.assertIsNone(amount('wave', 'none', 'machines'))
        for text in ('-1', '1.5', 'a few', '%'):
            self.assertRaises(ValueError, amount, 'wave', text, 'machines')


class Schedule(unittest.TestCase):
    def test_the_same_in_other_words_is_no_change(self):
        before = dict(rule='FREQ=WEEKLY;BYDAY=TU', wave=None, canary=0, at_once=dict(in_all=None, per_site=None))
        self.assertTrue(schedule.same(dict(before, rule='RRULE:BYDAY=TU;INTERVAL=1;FREQ=WEEKLY'), before))
        self.assertTrue(schedule.same(dict(before, spare=dict(logged_in=False), canary=0), before))
        self.assertFalse(schedule.same(dict(before, rule='FREQ=WEEKLY;BYDAY=WE'), before))
        self.assertFalse(schedule.same(dict(before, canary=1), before))

    def test_a_time_is_read_as_yaml_leaves_it(self):
        for text in ('2026-12-01T22:00', '2026-12-01 22:00:00', '2026-12-01T22:00:00'):
            self.assertEqual(schedule.moment(text), '2026-12-01T22:00:00')


class Machine(unittest.TestCase):
    def test_a_mac_address_is_one_however_it_is_written(self):
        for text in ('52:54:00:AB:00:01', '52-54-00-ab-00-01', '5254.00ab.0001'):
            self.assertEqual(machine.plain(text), '52:54:00:ab:00:01')
        self.assertRaises(ApiError, machine.plain, '52:54:00:ab:00')


if __name__ == '__main__':
    unittest.main()
