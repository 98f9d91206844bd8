import t from 'tap'
import { reportJson, reportText, resolve } from '../../src/cli/resolve.ts'
import { lookUp } from '../../src/dial/look-up.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'
import { createScriptedRaces } from '../fixtures/scripted-races.ts'

t.test('resolve prints text or JSON, and returns 1 without an address', async t => {
  const { races, end, closed, steps } = createScriptedRaces({ names: { a: ['192.0.2.1'] }, up: [] })
  t.teardown(end)
  const io = createFakeIo({ openRaces: async () => races })
  t.equal(await resolve({ name: 'a' }, io), 0)
  t.equal(steps[0], 'warm-up', 'before what is shown')
  t.match(io.out(), /^a\n {2}AAAA {2}no AAAA record, from dns/)
  const json = createFakeIo({ openRaces: async () => races })
  t.equal(await resolve({ name: 'none', json: true }, json), 1)
  t.match(JSON.parse(json.out()), { name: 'none', addresses: [] })
  t.equal(closed(), 2)
  for (const name of ['a:443', 'https://a/x']) {
    const host = createFakeIo({ openRaces: async () => races })
    t.equal(await resolve({ name }, host), 0, 'the host alone')
    t.match(host.out(), /^a\n/)
  }
})

t.test('resolve rejects an invalid name', async t => {
  for (const name of ['a..b', '127.1', 'a b']) {
    await t.rejects(resolve({ name }, createFakeIo()), { code: 'ERR_CONFIG', message: /^NAME: / })
  }
})

t.test('a report with both families, as JSON and as text', async t => {
  const { races, end } = createScriptedRaces({
    names: { 'www.example.com': ['192.0.2.1', '2001:db8::1'] },
    up: [],
  })
  t.teardown(end)
  const report = await lookUp('www.example.com', races, 'updated')
  t.match(JSON.parse(reportJson(report)), {
    dns: [
      { type: 'AAAA', records: 1, ttl: 60, source: 'dns' },
      { type: 'A', records: 1 },
    ],
    addresses: [{ address: '2001:db8::1' }, { address: '192.0.2.1' }],
  })
  t.match(reportText(report), /AAAA {2}1 record, TTL 60 s, from dns, after/)
  t.match(reportText(report), /1 {2}2001:db8::1 {2}from 2001:db8::77; before the next by rule/)
  t.match(reportText(report, 80), /2 {2}192\.0\.2\.1:80 /)
})

t.test('a report names failed lookups and addresses without a source', async t => {
  const { races, end } = createScriptedRaces({ names: { v4: ['192.0.2.1', '192.0.2.2'] }, up: [] })
  t.teardown(end)
  const none = await lookUp('none.example.com', races, 'updated')
  t.match(reportText(none), /AAAA {2}no such name \(NXDOMAIN\), from dns/)
  t.match(reportJson(none), '"code":"ENOTFOUND"')
  const refused = async () =>
    ({ ok: false, code: 'ECONNREFUSED', source: 'dns', server: '192.0.2.53:53' }) as const
  t.match(
    reportText(await lookUp('x', { ...races, lookup: refused }, 'updated')),
    'A     DNS server 192.0.2.53 refused the query (ECONNREFUSED), from dns, after',
  )
  const source = () => ({ address: null, deprecated: false, prefixLength: 0 })
  const text = reportText(await lookUp('v4', { ...races, source }, 'updated'))
  t.match(text, /A {5}2 records/)
  t.match(text, 'no source address')
})

t.test('a report shows the IPv4 address in a NAT64 address', async t => {
  const { races, end } = createScriptedRaces({ names: {}, up: [] })
  t.teardown(end)
  const address = '2001:db8:64::c612:1'
  const lookup: typeof races.lookup = async (_name, type) =>
    type === 'AAAA'
      ? { ok: false, code: 'ENODATA', source: 'dns' }
      : {
          ok: true,
          addresses: [address],
          ttl: 60,
          source: 'nat64',
          embedded: new Map([[address, '198.18.0.1']]),
        }
  const report = await lookUp('www.example.com', { ...races, lookup }, 'updated')
  t.match(reportText(report), /A {5}1 record, TTL 60 s, from nat64, after/)
  t.match(reportText(report), '1  2001:db8:64::c612:1  for 198.18.0.1, from 2001:db8::77')
  t.match(JSON.parse(reportJson(report)), {
    dns: [{ type: 'AAAA' }, { type: 'A', source: 'nat64', records: 1 }],
    addresses: [{ address, family: 6, embedded: '198.18.0.1' }],
  })
})

t.test('a report leaves out a family that was not looked up', async t => {
  const { races, end } = createScriptedRaces({ names: { v4: ['192.0.2.1'] }, up: [] })
  t.teardown(end)
  const lookup: typeof races.lookup = (name, type, ...rest) =>
    type === 'AAAA'
      ? { ok: false, code: 'ENODATA', source: 'none' }
      : races.lookup(name, type, ...rest)
  const report = await lookUp('v4', { ...races, lookup }, 'updated')
  t.match(JSON.parse(reportJson(report)), { dns: [{ type: 'A', records: 1 }] })
  t.notMatch(reportText(report), 'AAAA')
})
