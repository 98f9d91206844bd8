import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { PLAIN_EGRESS } from '../../src/core/egress.ts'
import type { Egress } from '../../src/core/egress.ts'
import { checkEgress, daemonEgress } from '../../src/daemon/check-egress.ts'

const LISTENERS = `
  - { protocol: socks, listen: 127.0.0.1:1 }
  - { protocol: socks, listen: 127.0.0.1:2, egress: { mark: 7, userTimeout: 30s } }`

const config = (more: string) => parseConfig(`listeners:${LISTENERS}\n${more}`, 'f')

t.test('the egress of the daemon has no keepalive of its own', async t => {
  t.strictSame(daemonEgress(config('')), PLAIN_EGRESS)
  t.match(daemonEgress(config('egress: { tos: 8 }')), { tos: 8 })
})

t.test('each egress that a connection may get is tried once', async t => {
  const tried: Egress[] = []
  const text = `
egress: { tos: 8 }
access:
  - { action: allow, to: a.example, egress: { congestion: bbr } }
  - { action: allow, to: b.example, egress: { congestion: bbr } }
  - { action: deny }`
  checkEgress(config(text), egress => {
    tried.push(egress)
    return undefined
  })
  t.same(
    tried.map(({ tos, mark, congestion }) => [tos, mark, congestion]),
    [
      [8, 0, null],
      [8, 7, null],
      [8, 0, 'bbr'],
      [8, 7, 'bbr'],
    ],
  )
})

t.test('a rule is not tried with an egress that no listener leaves in force', async t => {
  const text = `
listeners: { protocol: socks, listen: 127.0.0.1:1, egress: { userTimeout: off } }
egress: { userTimeout: 5s }
access: { action: allow, egress: { mptcp: true } }`
  const tried: unknown[] = []
  checkEgress(parseConfig(text, 'f'), ({ mptcp, userTimeoutMs }) => {
    tried.push([mptcp, userTimeoutMs])
    return undefined
  })
  t.same(tried, [
    [false, 5000],
    [false, null],
    [true, null],
  ])
})

t.test('the error names the key, what was found and what is missing', async t => {
  const failure = (key: keyof Egress, more = ''): string => {
    try {
      checkEgress(config(more), egress =>
        egress[key] === PLAIN_EGRESS[key] ? undefined : { key, reason: 'which is missing' },
      )
    } catch (error) {
      t.match(error, { code: 'ERR_EGRESS' })
      return (error as Error).message
    }
    return 'nothing is missing'
  }
  t.equal(failure('tos'), 'nothing is missing')
  t.equal(failure('mark'), 'listeners[1].egress.mark: found 7, which is missing')
  t.equal(failure('userTimeoutMs'), 'listeners[1].egress.userTimeout: found 30s, which is missing')
  t.equal(failure('tos', 'egress: { tos: 8 }'), 'egress.tos: found 8, which is missing')
  // The mistake is that it is joined with another key.
  const joined = (more: string): string => {
    try {
      checkEgress(config(more), ({ mptcp, userTimeoutMs }) =>
        mptcp && userTimeoutMs !== null
          ? { key: 'userTimeoutMs', reason: 'with mptcp' }
          : undefined,
      )
    } catch (error) {
      return (error as Error).message
    }
    return 'nothing is missing'
  }
  const rule = 'access: { action: allow, egress: { mptcp: true'
  t.equal(
    joined(`egress: { userTimeout: 5s }\n${rule} } }`),
    'egress.userTimeout: found 5s for access[0].egress, with mptcp',
  )
  t.equal(
    joined(`${rule} } }`),
    'listeners[1].egress.userTimeout: found 30s for access[0].egress, with mptcp',
  )
  t.equal(
    joined(`${rule}, userTimeout: 7s } }`),
    'access[0].egress.userTimeout: found 7s, with mptcp',
  )
  t.equal(
    joined('egress: { mptcp: true }'),
    'listeners[1].egress.userTimeout: found 30s, with mptcp',
  )
  t.equal(
    failure('interface', 'access: { action: allow, egress: { interface: eth1 } }'),
    'access[0].egress.interface: found eth1, which is missing',
  )
})
