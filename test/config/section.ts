import t from 'tap'
import * as fields from '../../src/config/fields.ts'
import {
  key,
  optional,
  partial,
  required,
  section,
  sentencesOf,
  validPart,
} from '../../src/config/section.ts'
import { CONFIG } from '../../src/config/table/config.ts'
import { readField } from '../fixtures/read-field.ts'

const findings = (value: unknown) => readField(CONFIG, value).findings

t.test('each unknown key is a finding with the known keys', async t => {
  const found = findings({ lgo: 1, resolver: { cache: { ttl: 1, minTTL: 2 } } })
  t.match(found, [
    {
      path: ['resolver', 'cache', 'ttl'],
      what: 'key',
      message: /^is not a key here; allowed: maxEntries/,
    },
    { path: ['resolver', 'cache', 'minTTL'], what: 'key', message: /did you mean "minTtl"/ },
    { path: ['lgo'], what: 'key', message: /did you mean "log"\?; allowed: listeners/ },
  ])
})

t.test('unknown keys of list items are found', async t => {
  const found = findings({ access: [{ action: 'deny', port: [1] }] })
  t.match(found, [{ path: ['access', 0, 'port'], message: /did you mean "ports"/ }])
})

t.test("a mistake in a list item has the item's path", async t => {
  const listener = { protocol: 'socks', listen: ['127.0.0.1:1', true] }
  t.match(findings({ listeners: [listener] }), [
    { path: ['listeners', 0, 'listen', 1], message: /found true/ },
  ])
  t.match(findings({ resolver: { servers: [true] } }), [
    { path: ['resolver', 'servers', 0], message: /found true/ },
  ])
  t.match(findings({ resolver: { servers: null } }), [
    { path: ['resolver', 'servers'], message: /system, or a list/ },
  ])
})

t.test('a wrong key of a mapping is reported as a key', async t => {
  const found = findings({ resolver: { hosts: { 'a..b': ['192.0.2.1'] } } })
  t.match(found, [{ path: ['resolver', 'hosts', 'a..b'], what: 'key', message: /not a name/ }])
})

t.test('section fills in defaults', async t => {
  const about = 'x'
  const timed = section({
    flag: key(fields.trueOrFalse(), { about, default: true }),
    count: key(fields.whole(0, 5), { about, default: 3 }),
    time: key(fields.duration(), { about, default: '5s' }),
    limit: key(fields.durationOr('off'), { about, default: 'off' }),
    wait: key(fields.durationOr('system', 5000), { about, default: 'system' }),
    tries: key(fields.wholeOr('system', null, 1, 5), { about, default: 'system' }),
    name: optional(
      fields.text('text', text => text),
      { about },
    ),
  })
  const loaded = {
    flag: true,
    count: 3,
    timeMs: 5000,
    limitMs: null,
    waitMs: null,
    tries: null,
    name: null,
  }
  t.strictSame(readField(timed, {}).value, loaded)
  t.match(readField(timed, { wait: '3s', tries: 5 }).value, { waitMs: 3000, tries: 5 })
  t.match(timed.show(loaded), {
    flag: true,
    count: 3,
    time: '5s',
    limit: 'off',
    wait: 'system',
    tries: 'system',
    name: undefined,
  })
  const needy = section({ a: required(fields.trueOrFalse(), { about }) })
  t.match(readField(needy, {}).findings, [
    { path: ['a'], message: 'is missing; allowed: true, false' },
  ])
  t.strictSame(readField(needy, 'x').messages, ['found text; allowed: a mapping with a'])
})

t.test('validPart keeps valid values and fills in defaults', async t => {
  const about = 'x'
  const abc = section({
    a: key(fields.trueOrFalse(), { about, default: true }),
    b: key(fields.whole(0, 5), { about, default: 1 }),
    c: key(fields.whole(0, 5), { about, default: 2 }),
    d: optional(fields.whole(0, 5), { about }),
  })
  t.strictSame(validPart(abc, { a: 'x', b: 3, d: null }), { b: 3, c: 2 })
  t.strictSame(validPart(abc, {}), { a: true, b: 1, c: 2 })
  t.strictSame(validPart(abc, 'x'), { a: true, b: 1, c: 2 })
})

t.test('sentencesOf joins the texts of a key', async t => {
  t.strictSame(
    sentencesOf(
      optional(
        fields.text('text', text => text),
        { about: 'A b' },
      ),
    ),
    ['A b.'],
  )
  const texts = { about: 'A b', otherwise: 'c', more: 'D e.' }
  t.strictSame(sentencesOf(optional(fields.whole(1, 5), texts)), [
    'A b; allowed: 1 to 5.',
    'Default: c.',
    'D e.',
  ])
})

t.test('partial loads and shows only the keys that are given', async t => {
  const field = partial(
    section({
      wait: key(fields.duration(), { default: '1s', about: 'A wait' }),
      isOn: key(fields.trueOrFalse(), { default: false, about: 'A switch' }),
    }),
  )
  t.strictSame(readField(field, {}).value, {})
  t.strictSame(readField(field, { wait: '2s' }).value, { waitMs: 2000 })
  t.strictSame(field.show({ waitMs: 2000 }), { wait: '2s' })
  t.match(readField(field, { isOn: 1 }).messages, [/found 1; allowed: true, false/])
  t.match(readField(field, null).messages, [/found nothing; allowed: a mapping/])
  t.match(readField(field, { wat: '2s' }).messages, [/is not a key here; did you mean "wait"/])
  t.strictSame(field.jsonSchema['properties'], {
    wait: { description: 'A wait.', ...fields.duration().jsonSchema },
    isOn: { description: 'A switch.', type: 'boolean' },
  })
})
