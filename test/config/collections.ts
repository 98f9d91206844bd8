import t from 'tap'
import { isMapping, list, listOrSystem, mapping, oneOrMore } from '../../src/config/collections.ts'
import * as fields from '../../src/config/fields.ts'
import type { Field } from '../../src/config/fields.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { optional, section } from '../../src/config/section.ts'
import { readField } from '../fixtures/read-field.ts'

const messages = (field: Field, value: unknown): readonly string[] =>
  readField(field, value).messages

const a = fields.text('a', fields.matching(/^a$/, 'a'))
const number = fields.whole(0, 9)
const about = 'x'

const SECTION = section({
  list: optional(
    list(
      fields.text('text', text => text),
      'texts',
    ),
    { about },
  ),
  outer: optional(list(section({ inner: optional(list(number, 'numbers'), { about }) }), 'x'), {
    about,
  }),
  words: optional(
    listOrSystem(
      fields.text('text', text => text),
      'texts',
      1,
    ),
    { about },
  ),
  either: optional(
    oneOrMore(
      fields.text('text', text => text),
      'texts',
    ),
    { about },
  ),
})
const read = (value: unknown): unknown => readField(SECTION, value).value
const NOTHING = { list: null, outer: null, words: null, either: null }

t.test('a single value is read as a list', async t => {
  t.strictSame(read({ list: 'a' }), { ...NOTHING, list: ['a'] })
  t.strictSame(read({ list: ['a'] }), { ...NOTHING, list: ['a'] })
  t.strictSame(read({ outer: { inner: 5 } }), { ...NOTHING, outer: [{ inner: [5] }] })
  t.strictSame(read({ words: 'x' }), { ...NOTHING, words: ['x'] })
  t.strictSame(read({ either: 'x' }), { ...NOTHING, either: ['x'] })
  t.strictSame(read({ words: 'system' }), NOTHING)
  t.strictSame(read({ words: ['x'] }), { ...NOTHING, words: ['x'] })
  t.strictSame(read({}), NOTHING)
  t.equal(read({ list: null }), undefined)
})

t.test('paths have no index for a single value', async t => {
  const paths = (value: unknown) => readField(SECTION, value).findings.map(({ path }) => path)
  t.strictSame(paths({ list: 5 }), [['list']])
  t.strictSame(paths({ list: ['x', 5] }), [['list', 1]])
  t.strictSame(paths({ outer: { inner: 'x' } }), [['outer', 'inner']])
  t.strictSame(paths({ outer: [{ inner: ['x'] }] }), [['outer', 0, 'inner', 0]])
  t.strictSame(paths({ words: [5] }), [['words', 0]])
  t.strictSame(paths({ words: { a: 1 } }), [['words']])
  t.strictSame(paths({ other: 'x', constructor: 'y' }), [['other'], ['constructor']])
})

t.test('messages name the value found and the values allowed', async t => {
  const flags = fields.trueOrFalse()
  t.strictSame(messages(list(flags, 'flags'), []), [
    'found an empty list; allowed: a list of flags, at least one (or leave the key out)',
  ])
  t.strictSame(messages(list(flags, 'flags'), null), [
    'found nothing; allowed: a list of flags, at least one (or leave the key out)',
  ])
  t.strictSame(messages(list(flags, 'flags', 0), null), ['found nothing; allowed: a list of flags'])
  t.strictSame(messages(list(flags, 'flags', 0), 5), ['found 5; allowed: true, false'])
  t.strictSame(messages(list(flags, 'flags', 0), []), [])
  t.strictSame(messages(listOrSystem(flags, 'flags', 1), null), [
    'found nothing; allowed: system, or a list of flags',
  ])
})

t.test('oneOrMore reads a single item as a list', async t => {
  const field = oneOrMore(a, 'a')
  t.strictSame(readField(field, 'a').value, ['a'])
  t.strictSame(readField(field, ['a', 'a']).value, ['a', 'a'])
  t.strictSame(messages(field, 'b'), ['found "b"; allowed: a'])
  t.strictSame(messages(field, ['a', 'b']), ['found "b"; allowed: a'])
  t.strictSame(messages(field, []), [
    'found an empty list; allowed: a, or a list of them with at least one',
  ])
  t.strictSame(messages(field, 5), ['found 5; allowed: a, or a list of them with at least one'])
})

t.test('mapping checks its keys', async t => {
  const field = mapping(a, fields.trueOrFalse(), 'a mapping of a')
  t.strictSame([...(readField(field, { a: true }).value ?? [])], [['a', true]])
  t.strictSame(field.show(new Map([['a', true]])), { a: true })
  t.strictSame(messages(field, 'secret'), ['found text; allowed: a mapping of a'])
  t.match(readField(field, { b: true }).findings, [{ path: ['b'], what: 'key' }])
  t.match(readField(field, { a: 5 }).findings, [{ path: ['a'], what: 'value' }])
})

t.test('isMapping is false for lists, null and scalars', async t => {
  t.ok(isMapping({}))
  t.ok(isMapping(Object.create(null)))
  for (const value of [null, undefined, [], 'x', 1]) t.notOk(isMapping(value))
  // What YAML makes of !!set, !!omap, !!binary and !!timestamp.
  for (const value of [new Set(['a']), new Map(), new Uint8Array(2), new Date(0)])
    t.notOk(isMapping(value))
})

t.test('a single value is allowed in place of every list', async t => {
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
