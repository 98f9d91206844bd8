import t from 'tap'
import type { ConnectionsAnswer, HistoryAnswer } from '../../src/admin/api.ts'
import { createConnectionRoutes } from '../../src/admin/connection-routes.ts'
import type { ShownConnection } from '../../src/admin/daemon-view.ts'
import { createRecordMask } from '../../src/log/record-mask.ts'
import { adminRequest, bodyOf } from '../fixtures/admin-request.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const shown: ShownConnection = {
  conn: 'c1',
  listener: 's',
  protocol: 'socks5',
  client: '192.0.2.1:7',
  user: 'eve',
  target: 'a.example:443',
  winner: { address: '2001:db8::1', port: 443 },
  acceptedAt: 99,
  state: 'relay',
  bytesUp: 1,
  bytesDown: 2,
}

const demoted = {
  prefix: '2001:db8::/48',
  evidenceAt: 1,
  until: 2,
  unresponsive: false,
  passedOver: 3,
}

const rig = (count: number, redact: readonly string[] = []) => {
  const asked: number[] = []
  const mask = createRecordMask(redact)
  const routes = createConnectionRoutes(
    createHandClock(),
    {
      connections: async limit => {
        asked.push(limit)
        return { total: 5000, connections: Array.from({ length: count }, () => shown) }
      },
      history: async () => [demoted],
    },
    () => mask,
  )
  const ask = async (path: string, query = ''): Promise<string> =>
    bodyOf(await routes.get(path)?.answer(adminRequest(query)))
  return {
    asked,
    connections: async (query?: string) =>
      JSON.parse(await ask('/connections', query)) as ConnectionsAnswer,
    history: async () => JSON.parse(await ask('/history')) as HistoryAnswer,
  }
}

t.test('connections', async t => {
  const { connections, asked } = rig(1)
  const { winner: _, ...facts } = shown
  t.same(await connections(), {
    total: 5000,
    connections: [{ ...facts, address: '[2001:db8::1]:443' }],
  })
  await connections('?limit=7')
  t.same(asked, [1000, 7])
  for (const limit of ['0', '1001', 'x'])
    await t.rejects(connections(`?limit=${limit}`), { code: 'ERR_INVALID_ARG' })
  t.equal((await rig(450).connections()).connections.length, 450)
  t.same((await rig(0).connections()).connections, [])
})

t.test('what log.redact hides of connections', async t => {
  const of = async (...redact: readonly string[]) =>
    (await rig(1, redact).connections()).connections[0]
  const masked = '[Redacted]'
  t.match(await of('client', 'user'), { client: masked, user: masked, address: /2001/ })
  t.match(await of('winner'), { address: masked })
  t.match(await of('winner.address'), { address: `${masked}:443` })
  t.match(await of('attempts[*].address'), { address: `${masked}:443` }, 'as in the log')
  t.match(await of('winner.port'), { address: `[2001:db8::1]:${masked}` })
  t.match(await of('bytesUp', 'conn'), { bytesUp: masked, conn: masked, acceptedAt: 99 })
})

t.test('what log.redact hides of history', async t => {
  const of = async (...redact: readonly string[]) => (await rig(1, redact).history()).demoted
  t.same(await of(), [demoted])
  t.same(await of('client', 'target'), [demoted])
  for (const path of ['winner', 'winner.address', 'attempts', 'attempts[*].address', 'attempts[*]'])
    t.same(await of(path), [{ ...demoted, prefix: '[Redacted]' }], path)
})
