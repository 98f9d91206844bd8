import t from 'tap'
import type { ConnectionEntry } from '../../src/admin/api.ts'
import { connectionPage } from '../../src/dashboard/connection-list.ts'

const connection = (facts: Partial<ConnectionEntry>): ConnectionEntry => ({
  conn: 'c1',
  listener: 'mixed-1080',
  protocol: 'socks5',
  client: '127.0.0.1:50000',
  user: null,
  target: 'www.example.com:443',
  address: '192.0.2.1:443',
  acceptedAt: 0,
  state: 'relay',
  bytesUp: 0,
  bytesDown: 0,
  ...facts,
})

const three = [
  connection({ conn: 'a', acceptedAt: 3, bytesUp: null, bytesDown: 50 }),
  connection({ conn: 'b', acceptedAt: 1, bytesUp: 100, user: 'Alice' }),
  connection({
    conn: 'c',
    acceptedAt: 2,
    bytesUp: 9,
    bytesDown: null,
    target: null,
    address: null,
  }),
]

const ids = (
  ...[order, text, page, size]: [...Parameters<typeof connectionPage>] extends [
    unknown,
    ...infer Rest,
  ]
    ? Rest
    : never
): string =>
  connectionPage(three, order, text, page, size)
    .shown.map(({ conn }) => conn)
    .join('')

t.test('connections are sorted', async t => {
  t.equal(ids('age', '', 0, 9), 'bca')
  t.equal(ids('up', '', 0, 9), 'bca')
  t.equal(ids('down', '', 0, 9), 'abc')
})

t.test('a text is a part of target, address, client, user or listener', async t => {
  t.equal(ids('age', 'EXAMPLE', 0, 9), 'ba')
  t.equal(ids('age', ' alice ', 0, 9), 'b')
  t.equal(ids('age', '127.0.0.1:5', 0, 9), 'bca')
  t.equal(ids('age', 'nothing', 0, 9), '')
})

t.test('one page at a time', async t => {
  t.equal(ids('age', '', 1, 2), 'a')
  t.match(connectionPage(three, 'age', '', 7, 2), { matching: 3, page: 1, pages: 2 })
  t.match(connectionPage([], 'age', '', 0, 2), { matching: 0, page: 0, pages: 1, shown: [] })
})
