import t from 'tap'
import { networkInterfaces } from 'node:os'
import {
  RESOLVER,
  hasInterface,
  parseNat64,
  parseServer,
} from '../../../src/config/table/resolver.ts'
import { isValid } from '../../fixtures/read-field.ts'

t.test('parseServer reads addresses with and without port', async t => {
  const cases = [
    ['192.0.2.53', '192.0.2.53', 53],
    ['192.0.2.53:5353', '192.0.2.53', 5353],
    ['2001:DB8::53', '2001:db8::53', 53],
    ['2001:db8::53:5353', '2001:db8::53:5353', 53],
    ['[2001:db8::53]:5353', '2001:db8::53', 5353],
    ['fe80::1%eth0', 'fe80::1%eth0', 53],
    ['[fe80::1%eth0]:5353', 'fe80::1%eth0', 5353],
  ] as const
  const hasZone = (name: string): boolean => name === 'eth0'
  for (const [text, host, port] of cases) {
    t.strictSame(parseServer(text, hasZone), { host, port }, text)
  }
  for (const text of ['fe80::1%eth1', '[fe80::1%eth1]:53', '2001:db8::1%eth1']) {
    const error = { code: 'ERR_INVALID_ADDRESS', message: /this host has no interface "eth1"/ }
    t.throws(() => parseServer(text, hasZone), error, text)
  }
  for (const text of ['fe80::1', '[febf::1]:53']) {
    const error = { code: 'ERR_INVALID_ADDRESS', message: /with its interface, such as fe.*%eth0/ }
    t.throws(() => parseServer(text, hasZone), error, text)
  }
  for (const text of [
    '',
    'dns.example',
    'dns.example:53',
    '[2001:db8::53]',
    '192.0.2.53:',
    '1.1',
  ]) {
    t.throws(() => parseServer(text), { code: 'ERR_INVALID_ADDRESS', message: /DNS server/ }, text)
  }
  t.throws(() => parseServer('192.0.2.1:0'), { message: /port 0/ })
})

t.test('servers and search accept the word system', async t => {
  t.ok(isValid(RESOLVER, { servers: 'system', search: 'system' }))
  t.ok(isValid(RESOLVER, { search: [] }), 'no search domains')
  t.notOk(isValid(RESOLVER, { servers: [] }), 'no servers')
  t.ok(isValid(RESOLVER, { hosts: { a: '192.0.2.1', b: ['192.0.2.1'] } }))
})

t.test('parseNat64 reads auto, off and prefixes', async t => {
  for (const [text, canonical] of [
    ['auto', 'auto'],
    ['off', 'off'],
    ['64:ff9b::/96', '64:ff9b::/96'],
    ['2001:DB8:64:0:0:0::/96', '2001:db8:64::/96'],
    ['2001:db8:1:2:3:4:5:6/48', '2001:db8:1::/48'],
  ] as const) {
    t.equal(parseNat64(text), canonical)
    t.ok(isValid(RESOLVER, { nat64: text }))
  }
  for (const [text, allowed] of [
    ['on', /found "on"; allowed: auto, off, or an IPv6 prefix of \/32, .*64:ff9b::\/96/],
    ['2001:db8::', /allowed: auto, off/],
    ['2001:db8::/80', /allowed: auto, off/],
    ['192.0.2.0/24', /allowed: auto, off/],
    ['2001:db8:1:1:100::/96', /bits 64 to 71 are zero/],
  ] as const) {
    t.throws(() => parseNat64(text), { code: 'ERR_INVALID_ADDRESS', message: allowed }, text)
  }
  t.notOk(isValid(RESOLVER, { nat64: false }))
})

t.test('hasInterface looks in /sys/class/net and at addresses', async t => {
  const sources = {
    exists: (path: string) => path === '/sys/class/net/eth0',
    list: () => ({ en0: [] }),
  }
  t.equal(hasInterface('eth0', sources), true)
  t.equal(hasInterface('en0', sources), true)
  t.equal(hasInterface('eth1', sources), false)
  t.equal(hasInterface('toString', sources), false)
})

t.test('hasInterface does not follow paths', async t => {
  const sources = { exists: () => true, list: () => ({}) }
  t.equal(hasInterface('../..', sources), false)
})

t.test('hasInterface is true if the system cannot tell', async t => {
  const list = (): never => {
    throw new Error('no descriptor is free')
  }
  t.equal(hasInterface('eth0', { exists: () => false, list }), true)
})

t.test('hasInterface knows the interfaces of this host', async t => {
  const [name] = Object.keys(networkInterfaces())
  if (name === undefined) return t.comment('this host has no interface')
  t.equal(hasInterface(name), true)
  t.equal(hasInterface('no-such-interface'), false)
})
