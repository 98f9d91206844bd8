import t from 'tap'
import { z } from 'zod'
import { aloneAsLists } from '../../src/config/alone-as-lists.ts'
import { parseConfig } from '../../src/config/parse.ts'

const schema = z.strictObject({
  list: z.array(z.string()).optional(),
  outer: z.array(z.strictObject({ inner: z.array(z.number()).prefault([]) })).optional(),
  words: z.union([z.literal('system'), z.array(z.string())]).prefault('system'),
  either: z.union([z.string(), z.array(z.string())]).optional(),
})
const read = (value: unknown): unknown => aloneAsLists(schema, value).value

t.test('a value that stands alone is a list of itself', async t => {
  t.strictSame(read({ list: 'a' }), { list: ['a'] })
  t.strictSame(read({ list: ['a'] }), { list: ['a'] })
  t.strictSame(read({ outer: { inner: 5 } }), { outer: [{ inner: [5] }] })
  t.strictSame(read({ words: 'x' }), { words: ['x'] })
  t.strictSame(read({ words: { a: 1 } }), { words: [{ a: 1 }] })
})

t.test('all else stays as it is', async t => {
  for (const value of [
    { words: 'system' },
    { words: ['x'] },
    { either: 'x' },
    { list: null },
    { other: 'x', constructor: 'y' },
    {},
    [],
    'text',
    null,
    undefined,
  ]) {
    t.strictSame(read(value), value)
  }
})

t.test('paths are those of what was written', async t => {
  const { asWritten } = aloneAsLists(schema, { list: 'a', outer: { inner: 5 }, words: ['x'] })
  t.strictSame(asWritten(['list', 0]), ['list'])
  t.strictSame(asWritten(['outer', 0, 'inner', 0]), ['outer', 'inner'])
  t.strictSame(asWritten(['outer', 0]), ['outer'])
  t.strictSame(asWritten(['words', 0]), ['words', 0])
  t.strictSame(asWritten([]), [])
})

t.test('one value may stand alone wherever a list is allowed', async t => {
  const alone = `
listeners:
  protocol: socks
  listen: 192.0.2.1:1080
  clients: 10.0.0.0/8
access: { action: deny, clients: 192.0.2.1, users: alice, to: "*.corp.example", ports: 25 }
resolver: { servers: 192.0.2.53, search: corp.example, hosts: { a.example: 192.0.2.1 } }
log: { redact: client }
`
  const lists = `
listeners:
  - protocol: socks
    listen: [192.0.2.1:1080]
    clients: [10.0.0.0/8]
access: [{ action: deny, clients: [192.0.2.1], users: [alice], to: ["*.corp.example"], ports: [25] }]
resolver: { servers: [192.0.2.53], search: [corp.example], hosts: { a.example: [192.0.2.1] } }
log: { redact: [client] }
`
  t.strictSame(parseConfig(alone, 'f'), parseConfig(lists, 'f'))
})
