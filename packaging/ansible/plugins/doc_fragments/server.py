# Copyright: Pitstop
# SPDX-License-Identifier: Apache-2.0
"""What is said of the options that every module has."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of options that say where the server is."""

    DOCUMENTATION = r'''
options:
  server:
    description:
      - Address of the dashboard, like V(https://pitstop.example).
      - Taken from the environment variable E(PITSTOP_SERVER) of the host that the module runs on where it is left out.
    type: str
    required: true
  token:
    description:
      - A token for programs (O(token=pitstop_...)). It may what its owner may, and no more than the role that it was given.
      - Taken from E(PITSTOP_TOKEN) where it is left out. In a play, take it from a vault.
    type: str
    required: true
notes:
  - Runs where the server is reached from, which is rarely the machine itself. Say C(delegate_to=localhost) or
    C(connection=local).
  - What begins something is asked under an idempotency key. Where a line breaks it is asked again, and nothing is begun twice.
'''

    # How the server is reached; the inventory has this, too.
    CONNECTION = r'''
options:
  validate_certs:
    description: Whether the server's certificate must be one that is trusted.
    type: bool
    default: true
  ca_path:
    description: File with the certificates of authorities that are trusted besides those of the system.
    type: path
  insecure_http:
    description:
      - Whether the token may be sent by V(http://) to another host, where whoever listens can take it.
      - To the host itself it may always.
    type: bool
    default: false
  request_timeout:
    description: Seconds within which the server must answer one request.
    type: int
    default: 30
'''

    # What runs and schedules have in common.
    PLAN = r'''
options:
  task:
    description: The function's whole task with its fields, as C(/api/v1/functions) shows it. Without it, as the function has it.
    type: dict
  machines:
    description: Machines by name or id. For a run, together with O(query) both must hold.
    type: list
    elements: str
  query:
    description: Machines by the words of the fleet's search, like V(site:berlin label:lab). Empty, but said, is all of them.
    type: str
  canary:
    description: So many machines go first. The rest waits until they are back.
    type: int
  wave:
    description: Machines of each later wave, as a number or a part like V(10%). V(none) is all at once.
    type: str
  pause:
    description: Seconds between two waves.
    type: int
  stop_on:
    description: So many failures, or such a part of them like V(10%), stop it until a person decides. V(none) never does.
    type: str
  at_once:
    description: Machines under way at the same time.
    type: int
  at_once_per_site:
    description: Machines of one site under way at the same time.
    type: int
  no_show:
    description: Seconds after which a machine that shows no sign gives its place free.
    type: int
  spare:
    description: Machines that are left alone when their turn comes.
    type: list
    elements: str
    choices: [logged_in, busy, on_battery, 'off']
  ask:
    description: Whoever is at a machine is asked before.
    type: dict
    suboptions:
      countdown_s:
        description: Seconds for which the question stands.
        type: int
      snoozes:
        description: How often it can be put off.
        type: int
      snooze_s:
        description: For how many seconds each time.
        type: int
      unanswered:
        description: What is done when nobody answers.
        type: str
        choices: [go_ahead, leave_alone]
      unasked:
        description: What is done when nobody can be asked.
        type: str
        choices: [go_ahead, leave_alone]
  off_again:
    description: Whether machines that were off are shut down again when they are back.
    type: bool
'''
