import t from 'tap'
import { lookUp } from '../../src/dial/look-up.ts'
import { createScriptedRaces } from '../fixtures/scripted-races.ts'

t.test('reports both lookups and the order', async t => {
  const { races, end } = createScriptedRaces({
    names: { 'www.example.com': ['192.0.2.1', '2001:db8::1'] },
    up: [],
  })
  t.teardown(end)
  const report = await lookUp('www.example.com', races, 'updated')
  t.match(report, {
    name: 'www.example.com',
    lookups: [{ type: 'AAAA' }, { type: 'A' }],
    order: [
      { address: '2001:db8::1', family: 6, source: '2001:db8::77', rule: /^rule \d/ },
      { address: '192.0.2.1', family: 4, source: '192.0.2.77', rule: null },
    ],
  })
})

t.test("this host's unique local addresses count in the updated order alone", async t => {
  const names = { 'db.example': ['2001:db8::1', 'fdaa:2::1'] }
  const { races, end } = createScriptedRaces({ names, up: [], knownLocal: ['fdaa:2::77'] })
  t.teardown(end)
  const source = (address: string) => ({
    address: address.startsWith('fd') ? 'fdaa:1::77' : '2001:db8::77',
    deprecated: false,
    prefixLength: 64,
  })
  const firstBy = async (table: 'updated' | 'rfc6724', knownLocal = races.knownLocal) => {
    const { order } = await lookUp('db.example', { ...races, source, knownLocal }, table)
    return order[0]?.address
  }
  t.equal(await firstBy('updated'), 'fdaa:2::1')
  t.equal(await firstBy('updated', () => []), '2001:db8::1')
  t.equal(await firstBy('rfc6724'), '2001:db8::1')
})

t.test('an address is looked up in its own family alone', async t => {
  const { races, end } = createScriptedRaces({ names: {}, up: [] })
  t.teardown(end)
  for (const [name, type] of [
    ['192.0.2.1', 'A'],
    ['2001:db8::1', 'AAAA'],
    ['::ffff:192.0.2.1', 'A'],
  ] as const) {
    const { lookups } = await lookUp(name, races, 'updated')
    t.strictSame(
      lookups.map(lookup => lookup.type),
      [type],
    )
  }
})

t.test('a NAT64 address is shown once, with the IPv4 address that it stands for', async t => {
  const { races, end } = createScriptedRaces({ names: {}, up: [] })
  t.teardown(end)
  const [address, inner] = ['2001:db8:64::c612:1', '198.18.0.1']
  const embedded = new Map([[address, inner]])
  const lookup: typeof races.lookup = async (_name, type) =>
    type === 'AAAA'
      ? { ok: true, addresses: ['2001:db8::1', address], ttl: 60, source: 'dns', embedded }
      : { ok: true, addresses: [address], ttl: 60, source: 'nat64', origin: 'dns', embedded }
  const { order, lookups } = await lookUp('www.example.com', { ...races, lookup }, 'updated')
  t.match(lookups, [{ answer: { source: 'dns' } }, { answer: { source: 'nat64' } }])
  t.strictSame(
    order.map(place => [place.address, place.family, place.embedded]),
    [
      ['2001:db8::1', 6, undefined],
      [address, 6, inner],
    ],
  )
})
