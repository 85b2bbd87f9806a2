# Copyright: Pitstop
# SPDX-License-Identifier: Apache-2.0
"""Pitstop's interface for programs: asked so that nothing is done twice, and with what it answers said in its words."""

from __future__ import annotations

import ipaddress
import json
import re
import time
import uuid
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from ansible.module_utils.basic import env_fallback
from ansible.module_utils.common.text.converters import to_native, to_text
from ansible.module_utils.urls import open_url

# How often it is asked again where a line broke or the server is just being started anew, and after how many seconds.
AGAIN_AFTER = (1, 2, 4, 8)
# Machines in one answer; the server's own most.
WINDOW = 1000


class ApiError(Exception):
    """It was not done. `status` is 0 where there was no answer."""

    def __init__(self, status, words, document=None):
        super().__init__(words)
        self.status = status
        self.document = document or {}


class Answer:
    """What was answered: `body` is read as JSON."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = dict((name.lower(), value) for name, value in headers)
        self.body = body

    @property
    def replayed(self):
        """It was asked for before under the same key: nothing new was begun."""
        return self.headers.get('idempotency-replayed') == 'true'


class Failure(Exception):
    """What is there is not as it was asked for."""


def carry_out(module, work):
    """Lets `work` fill in the result, and ends the module with it, or with why it failed and what is known until then."""
    result = dict(changed=False)
    try:
        work(Api(module.params), module.params, module.check_mode, result)
    except (ApiError, Failure, ValueError) as error:
        module.fail_json(msg=str(error), **result)
    module.exit_json(**result)


def server_spec():
    """The arguments that say where the server is, for every module."""
    return dict(
        server=dict(type='str', required=True, fallback=(env_fallback, ['PITSTOP_SERVER'])),
        token=dict(type='str', required=True, no_log=True, fallback=(env_fallback, ['PITSTOP_TOKEN'])),
        validate_certs=dict(type='bool', default=True),
        ca_path=dict(type='path'),
        insecure_http=dict(type='bool', default=False),
        request_timeout=dict(type='int', default=30),
    )


class Api:
    """A server, and who asks it."""

    def __init__(self, options):
        self.server = (options.get('server') or '').strip().rstrip('/')
        self.token = (options.get('token') or '').strip()
        self.validate_certs = options.get('validate_certs', True)
        self.ca_path = options.get('ca_path')
        self.timeout = options.get('request_timeout') or 30
        self._sound(options.get('insecure_http', False))

    def _sound(self, insecure_http):
        if not self.token:
            raise ApiError(0, 'there is no token: set `token`, by a vault, or PITSTOP_TOKEN in the environment')
        if not (self.token.isascii() and self.token.isprintable()):
            raise ApiError(0, 'the token has characters that no token of Pitstop has: is it the one that was shown?')
        try:
            parts = urlsplit(self.server)
            host = parts.hostname
        except ValueError:
            parts, host = None, None
        if not host or parts.scheme not in ('http', 'https') or parts.query or parts.fragment or parts.username:
            raise ApiError(0, '`server` is the address of the dashboard, like https://pitstop.example, and not `%s`' % self.server)
        if parts.scheme == 'http' and not insecure_http and not is_this_host(host):
            raise ApiError(0, 'the token would travel to %s in the clear: use https://, or say `insecure_http: true` '
                              'where nobody else listens on the way' % host)

    def get(self, path, query=None):
        return self.ask('GET', path, query=query)

    def post(self, path, body=None, key=None, query=None, csv=None):
        """Begins something, once: under a key it is safe to ask again."""
        headers = {'Idempotency-Key': key or str(uuid.uuid4())}
        return self.ask('POST', path, query=query, body=body, headers=headers, csv=csv)

    def ask(self, method, path, query=None, body=None, headers=None, csv=None):
        """Asks, and asks again where there is no answer and asking twice does nothing twice."""
        headers = dict(headers or {})
        twice = method == 'GET' or 'Idempotency-Key' in headers
        for wait in AGAIN_AFTER + (None,):
            try:
                return self._once(method, path, query, body, headers, csv)
            except ApiError as error:
                unanswered = error.status in (0, 502, 503, 504) or error.status == 409 and error.document.get('again')
                if wait is None or not (unanswered and twice):
                    raise
            time.sleep(wait)
        raise AssertionError('the last try answers or raises')

    def _once(self, method, path, query, body, headers, csv):
        url = self.server + path + ('?' + urlencode(query) if query else '')
        sent = {'Authorization': 'Bearer ' + self.token, 'Accept': 'application/json'}
        sent.update(headers)
        data = None
        if csv is not None:
            data, sent['Content-Type'] = csv.encode('utf-8'), 'text/csv'
        elif body is not None:
            data, sent['Content-Type'] = json.dumps(body).encode('utf-8'), 'application/json'
        try:
            # A redirect is not followed: the token is for this server alone.
            response = open_url(url, data=data, headers=sent, method=method, timeout=self.timeout,
                                validate_certs=self.validate_certs, ca_path=self.ca_path, follow_redirects='none',
                                http_agent='ansible-pitstop', force=True)
            text = to_text(response.read())
        except HTTPError as error:
            raise refusal(error, self.server) from error
        # URLError, what TLS says, and lines that break while an answer is read.
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, 'reason', None) or error
            raise ApiError(0, '%s does not answer: %s' % (self.server, to_native(reason))) from error
        try:
            answer = json.loads(text) if text else None
        except ValueError as error:
            raise ApiError(response.status, '%s%s is no Pitstop: its answer is not JSON' % (self.server, path)) from error
        return Answer(response.status, response.headers.items(), answer)

    def machines(self, query):
        """All machines that a search finds, window by window, by name."""
        wanted, found = dict(q=query, limit=WINDOW), []
        while True:
            answer = self.get('/api/v1/machines', wanted)
            found.extend(answer.body)
            cursor = cursor_of(answer.headers.get('link', ''))
            if cursor is None:
                return found
            wanted = dict(q=query, limit=WINDOW, cursor=cursor)

    def machine(self, name):
        """The machine of this name or id; `None` where there is none."""
        if is_id(name):
            try:
                return self.get('/api/v1/machines/' + name).body
            except ApiError as error:
                if error.status == 404:
                    return None
                raise
        # The search finds parts of names, too.
        for machine in self.machines('name:' + quoted(name)):
            if machine['name'] == name:
                return machine
        return None


def refusal(error, server):
    """What the server says of what it does not do (RFC 9457)."""
    document = {}
    try:
        document = json.loads(to_text(error.read()))
    except (ValueError, OSError):
        pass
    if not isinstance(document, dict):
        document = {}
    document['again'] = bool(error.headers.get('Retry-After')) if error.headers else False
    words = document.get('detail') or to_native(error.reason)
    if 300 <= error.code < 400:
        words = 'it leads to %s, and the token is for nobody else: give `server` as it is reached' % error.headers.get('Location')
    elif error.code == 401:
        words = 'the token is not taken here (%s): is it of this server, and has it not expired?' % words
    return ApiError(error.code, '%s: %s (%d)' % (server, words, error.code), document)


def cursor_of(link):
    """The cursor of the next window (RFC 8288), decoded; `None` after the last."""
    found = re.search(r'<([^>]*)>\s*;\s*rel="?next"?', link)
    return parse_qs(urlsplit(found.group(1)).query).get('cursor', [None])[0] if found else None


def is_id(text):
    """Is it an id? Names look otherwise."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def quoted(text):
    """A word of the search, as it is."""
    if '"' in text:
        raise ApiError(0, '`%s` is no name: a name has no quotation marks' % text)
    return '"%s"' % text


def escaped(text):
    """A part of a path."""
    return quote(text, safe='')


def is_this_host(host):
    """Does what is sent there stay on this host?"""
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
