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
  t.equal(
    failure('interface', 'access: { action: allow, egress: { interface: eth1 } }'),
    'access[0].egress.interface: found eth1, which is missing',
  )
})
