import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { EGRESS, EGRESS_OVERRIDE } from '../../../src/config/table/egress.ts'
import { readField } from '../../fixtures/read-field.ts'

const plain = PLAIN_EGRESS

t.test('keepAlive is on, off or a mapping', async t => {
  const on = { idleMs: 60_000, intervalMs: 15_000, count: 4 }
  t.strictSame(readField(EGRESS, {}).value?.keepAlive, on)
  for (const keepAlive of ['on', 'off']) {
    const expected = keepAlive === 'on' ? on : null
    t.strictSame(readField(EGRESS, { keepAlive }).value?.keepAlive, expected)
  }
  t.match(readField(EGRESS, { keepAlive: { idle: '5m', count: 127 } }).value, {
    keepAlive: { idleMs: 300_000, intervalMs: 15_000, count: 127 },
  })
})

t.test('mistakes in keepAlive have the path of their key', async t => {
  const cases: Readonly<Record<string, RegExp>> = {
    yes: /egress\.keepAlive: found "yes"; allowed: on, off, or a mapping with idle, interval, count/,
    true: /egress\.keepAlive: found true; allowed: on, off, or a mapping/,
    '[60s]': /egress\.keepAlive: found a list; allowed: on, off, or a mapping/,
    '{ idle: 999ms }': /egress\.keepAlive\.idle: found "999ms"; allowed: 1s to 9h6m7s/,
    '{ interval: 10h }': /egress\.keepAlive\.interval: found "10h"; allowed: 1s to 9h6m7s/,
    '{ count: 0 }': /egress\.keepAlive\.count: found 0; allowed: a whole number from 1 to 127/,
    '{ count: 128 }': /egress\.keepAlive\.count: found 128; allowed: a whole number from 1 to 127/,
    '{ iddle: 60s }': /egress\.keepAlive\.iddle: is not a key here; did you mean "idle"\?/,
  }
  for (const [text, message] of Object.entries(cases)) {
    t.throws(() => parseConfig(`egress: { keepAlive: ${text} }`, 'f'), { message }, text)
  }
})

t.test('without keys nothing is changed', async t => {
  const { value } = readField(EGRESS, {})
  if (!value) throw new Error('the defaults are wrong')
  const { keepAlive: _, ...rest } = value
  t.strictSame(rest, { ...plain, fastOpen: false })
})

t.test('source addresses are canonical, and of their family', async t => {
  t.match(readField(EGRESS, { bind4: '192.0.2.7', bind6: '2001:DB8:0::7' }).value, {
    bind4: '192.0.2.7',
    bind6: '2001:db8::7',
  })
  t.match(readField(EGRESS, { bind4: 'none', bind6: 'system' }).value, {
    bind4: 'none',
    bind6: null,
  })
  const cases: Readonly<Record<string, RegExp>> = {
    'bind4: eth0':
      /^f:1:18: egress\.bind4: found "eth0"; allowed: an IPv4 address of this host, none, or system$/,
    'bind4: "2001:db8::7"': /bind4: found "2001:db8::7", an IPv6 address, which bind6 takes;/,
    'bind6: 192.0.2.7': /bind6: found "192\.0\.2\.7", an IPv4 address, which bind4 takes;/,
    'bind6: "fe80::7%eth0"': /bind6: found "fe80::7%eth0", which has a zone: use interface;/,
    'bind6: "fe80::7"': /bind6: found "fe80::7", a link-local address: use interface;/,
    'bind6: "::ffff:192.0.2.7"':
      /, which is IPv4-mapped: bind4 takes 192\.0\.2\.7; allowed: an IPv6/,
    'bind4: 0.0.0.0': /bind4: found "0\.0\.0\.0", which names no address;/,
    'bind6: "::"': /bind6: found "::", which names no address;/,
    'bind4: 224.0.0.1': /bind4: found "224\.0\.0\.1", which is no address of one host;/,
    'bind4: 7': /bind4: found 7; allowed: an IPv4 address of this host, none, or system/,
    'bind4: [192.0.2.7]': /bind4: found a list; allowed: an IPv4 address/,
  }
  for (const [text, message] of Object.entries(cases)) {
    t.throws(() => parseConfig(`egress: { ${text} }`, 'f'), { message }, text)
  }
})

t.test('options of sockets', async t => {
  const given = {
    interface: 'eth0.7',
    mark: 4_294_967_295,
    noDelay: false,
    userTimeout: '30s',
    mptcp: true,
    congestion: 'bbr',
    tos: 184,
  }
  const { userTimeout: _, ...rest } = given
  t.match(readField(EGRESS, given).value, { ...rest, userTimeoutMs: 30_000 })
  const plainWords = { interface: 'system', userTimeout: 'off', congestion: 'system' }
  t.match(readField(EGRESS, plainWords).value, plain)
  const cases: Readonly<Record<string, RegExp>> = {
    'interface: eth0:1': /found "eth0:1"; allowed: the name of a network interface/,
    'interface: wg-to-the-other-side':
      /allowed: the name of a network interface \(15 characters at most\), or system$/,
    'interface: ..': /found "\.\."; allowed/,
    'interface: sixteen-letters1': /found "sixteen-letters1"; allowed/,
    'mark: -1': /found -1; allowed: a whole number from 0 to 4294967295/,
    'mark: 4294967296': /allowed: a whole number from 0 to 4294967295/,
    'userTimeout: 30': /userTimeout: /,
    'userTimeout: 600h': /"600h" is too long: at most 24 days/,
    'mptcp: "on"': /found "on"; allowed: true, false/,
    'congestion: "a b"': /found "a b"; allowed: the name of an algorithm such as bbr, or system/,
    'tos: 185': /found 185; allowed: a multiple of 4 from 0 to 252/,
    'tos: 256': /found 256; allowed: a multiple of 4 from 0 to 252/,
    'tos: ef': /found "ef"; allowed: a multiple of 4/,
    'bindd4: none': /bindd4: is not a key here; did you mean "bind4"\?/,
  }
  for (const [text, message] of Object.entries(cases)) {
    t.throws(() => parseConfig(`egress: { ${text} }`, 'f'), { message }, text)
  }
})

t.test('a listener and an access rule have only the keys that they replace', async t => {
  t.strictSame(readField(EGRESS_OVERRIDE, {}).value, {})
  const given = { bind4: 'none', userTimeout: '5s', keepAlive: 'off', interface: 'system' }
  const { value } = readField(EGRESS_OVERRIDE, given)
  t.strictSame(value, { bind4: 'none', userTimeoutMs: 5000, keepAlive: null, interface: null })
  t.strictSame(value && EGRESS_OVERRIDE.show(value), given)
  t.match(readField(EGRESS_OVERRIDE, { mark: 'x' }).messages, [/found "x"; allowed: a whole/])
  t.match(readField(EGRESS_OVERRIDE, 'none').messages, [
    /found text; allowed: a mapping with bind4/,
  ])
})

t.test('the schema for editors finds what is never right', async t => {
  const { bind4, bind6, interface: name, congestion } = EGRESS.keys
  const fits = ({ field }: { field: { jsonSchema: object } }, text: string): boolean =>
    new RegExp((field.jsonSchema as { pattern: string }).pattern).test(text)
  for (const word of ['none', 'system']) t.ok(fits(bind4, word) && fits(bind6, word))
  t.ok(fits(bind4, '192.0.2.7') && fits(bind6, '2001:DB8::7') && fits(name, 'eth0.7'))
  t.ok(fits(name, 'system') && fits(congestion, 'system') && fits(congestion, 'bbr'))
  t.notOk(fits(bind4, '2001:db8::7') || fits(bind4, 'eth0') || fits(bind6, 'fe80::7%eth0'))
  t.notOk(fits(name, 'wg-to-the-other-side') || fits(congestion, 'a b'))
  t.match(EGRESS.keys.tos.field.jsonSchema, { maximum: 252, multipleOf: 4 })
})
