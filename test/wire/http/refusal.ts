import t from 'tap'
import { fail } from '../../../src/core/fail.ts'
import type { FailureOutcome } from '../../../src/core/judge.ts'
import { answerFailure, refuseHttpFault } from '../../../src/wire/http/refusal.ts'

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

t.test('a fault is answered by its status, with a message for client and log', async t => {
  const rows = [
    ['ERR_HTTP_HEAD', 400, 'protocol'],
    ['ERR_HTTP_HEAD_SIZE', 431, 'protocol'],
    ['ERR_HTTP_VERSION', 505, 'protocol'],
    ['ERR_HTTP_BODY', 400, 'protocol'],
    ['ERR_HTTP_METHOD', 405, 'command'],
    ['ERR_HTTP_SCHEME', 501, 'command'],
    ['ERR_HTTP_TARGET', 400, 'address'],
    ['ERR_HTTP_AUTH', 407, 'auth'],
  ] as const
  for (const [code, status, reason] of rows) {
    const refusal = refuseHttpFault(fail(code, 'what was found', { status }))
    t.match(refusal, { status, reason, message: 'what was found' }, code)
    const answer = textOf(refusal.answer)
    t.match(answer, `HTTP/1.1 ${status} `)
    t.match(answer, '\r\nProxy-Status: eyeballd; error=http_request_error\r\n')
    t.match(answer, '\r\n\r\nwhat was found\n')
  }
})

t.test('what is not a fault of the client is not hidden', async t => {
  for (const error of [new TypeError('a bug'), fail('ERR_BUG', 'a bug'), 'text', undefined]) {
    try {
      refuseHttpFault(error)
      t.fail('it was')
    } catch (thrown) {
      t.equal(thrown, error)
    }
  }
})

t.test('each failure has its status', async t => {
  const statuses: Readonly<Record<FailureOutcome, number>> = {
    denied: 403,
    'client-denied': 403,
    loop: 403,
    refused: 502,
    'host-unreachable': 502,
    'network-unreachable': 502,
    'no-family': 502,
    'timed-out': 504,
    'no-address': 502,
    'dns-failed': 502,
    limit: 503,
    failed: 502,
  }
  for (const [outcome, status] of Object.entries(statuses) as [FailureOutcome, number][]) {
    const failure = { outcome, code: 'ERR_RACE_FAILED', message: 'why' }
    const found = answerFailure(failure, true)
    t.equal(found.status, status, outcome)
    t.match(textOf(found.answer), new RegExp(`^HTTP/1\\.1 ${status} `))
  }
  const silent = { outcome: 'dns-failed', code: 'ETIMEDOUT', message: 'why' } as const
  t.equal(answerFailure(silent, true).status, 504, 'a DNS server that does not answer')
})

t.test('a client that is not served reads that it is not the target', async t => {
  const message = '192.0.2.1 is not among the clients of this listener'
  const failure = { outcome: 'client-denied', code: 'ERR_ACCESS_DENIED', message } as const
  const stranger = textOf(answerFailure(failure, false).answer)
  t.match(stranger, '\r\n\r\nthe proxy does not serve this client\n')
  t.match(stranger, 'Proxy-Status: eyeballd; error=http_request_denied\r\n')
  t.match(textOf(answerFailure(failure, true).answer), `\r\n\r\n${message}\n`)
})

t.test('only a client on this host learns the addresses of attempts', async t => {
  const message = 'no address answered: 192.0.2.1 refused the connection'
  const failure = { outcome: 'refused', code: 'ECONNREFUSED', message } as const
  t.match(textOf(answerFailure(failure, true).answer), `\r\n\r\n${message}\n`)
  const stranger = textOf(answerFailure(failure, false).answer)
  t.notMatch(stranger, '192.0.2.1')
  t.match(stranger, 'Proxy-Status: eyeballd; error=connection_refused\r\n')
  t.match(stranger, '\r\n\r\nthe target refused the connection\n')
})
