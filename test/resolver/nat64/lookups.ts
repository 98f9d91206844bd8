import t from 'tap'
import { RECOGNITION_WAIT_MS } from '../../../src/resolver/nat64/create-nat64.ts'
import type { Answer, Families } from '../../../src/resolver/types.ts'
import type { DnsScript } from '../../fixtures/dns-server.ts'
import { createHandLookup } from '../../fixtures/hand-lookup.ts'
import { HOSTS, setUp } from '../../fixtures/resolver.ts'
import { until } from '../../fixtures/socket-pair.ts'

const ONLY_6: Families = { ipv4: false, ipv6: true }
const DNS64 = '2001:db8:64::'

t.test('on a host with IPv6 alone', async t => {
  const script: DnsScript = {
    'ipv4only.arpa AAAA': { addresses: [`${DNS64}c000:aa`, `${DNS64}c000:ab`], ttl: 900 },
    'old.example A': { addresses: ['198.18.0.1'], ttl: 77 },
    'both.example': { addresses: ['198.18.0.2', '2001:db8::2'] },
    'made.example': { addresses: ['198.18.0.3', `${DNS64}c612:3`] },
  }
  const embedded = (inner: string, address: string) => new Map([[address, inner]])

  await t.test('names with an IPv4 address alone are reached by NAT64', async t => {
    const { server, both } = await setUp(t, { script, deps: { families: () => ONLY_6 } })
    t.match(await both('old.example'), [
      { ok: false, code: 'ENODATA' },
      {
        ok: true,
        addresses: [`${DNS64}c612:1`],
        ttl: 77,
        source: 'nat64',
        origin: 'dns',
        embedded: embedded('198.18.0.1', `${DNS64}c612:1`),
      },
    ])
    t.match(await both('both.example'), [
      { addresses: ['2001:db8::2'], source: 'dns' },
      { addresses: [`${DNS64}c612:2`], source: 'nat64' },
    ])
    t.match(await both('made.example'), [
      { source: 'dns', embedded: embedded('198.18.0.3', `${DNS64}c612:3`) },
      { source: 'nat64', addresses: [`${DNS64}c612:3`] },
    ])
    t.equal(server.count('ipv4only.arpa'), 1)
    t.equal(server.count('ipv4only.arpa', 'A'), 0)
  })

  await t.test('and so are IPv4 addresses, however they are written', async t => {
    const { server, both } = await setUp(t, { script, deps: { families: async () => ONLY_6 } })
    for (const host of ['198.18.0.1', '::ffff:198.18.0.1']) {
      t.match(await both(host), [
        { code: 'ENODATA', source: 'literal' },
        { addresses: [`${DNS64}c612:1`], source: 'nat64', origin: 'literal', ttl: null },
      ])
    }
    t.match(await both(`${DNS64}c612:1`), [
      { source: 'literal', embedded: embedded('198.18.0.1', `${DNS64}c612:1`) },
      { code: 'ENODATA' },
    ])
    t.match(await both('2001:db8::1'), [{ addresses: ['2001:db8::1'], embedded: undefined }, {}])
    t.match(await both('127.0.0.1'), [{}, { addresses: ['127.0.0.1'], source: 'literal' }])
    t.equal(server.queries.length, 1)
  })

  await t.test('and entries of hosts, but not localhost', async t => {
    const { server, both } = await setUp(t, {
      script,
      hosts: { 'static.example': ['198.18.0.1'] },
      files: { [HOSTS]: '198.18.0.2 listed.example\n127.0.0.1 here.example' },
      deps: { families: () => ONLY_6 },
    })
    t.match(await both('localhost'), [
      { addresses: ['::1'], source: 'hosts' },
      { addresses: ['127.0.0.1'], source: 'hosts' },
    ])
    t.match(await both('here.example'), [{}, { addresses: ['127.0.0.1'], source: 'hosts' }])
    t.equal(server.queries.length, 0)
    const origin = 'hosts'
    t.match(await both('static.example'), [{}, { addresses: [`${DNS64}c612:1`], origin }])
    t.match(await both('listed.example'), [{}, { addresses: [`${DNS64}c612:2`], origin }])
  })

  await t.test('by the prefix of the configuration, without any query', async t => {
    const { server, both } = await setUp(t, {
      script,
      nat64: '2001:db8:99::/48',
      deps: { families: () => ONLY_6 },
    })
    t.match(await both('198.18.0.1'), [{}, { addresses: ['2001:db8:99:c612:0:100::'] }])
    t.match(await both('old.example'), [{}, { addresses: ['2001:db8:99:c612:0:100::'] }])
    t.equal(server.count('ipv4only.arpa'), 0)
  })

  await t.test('but not where it is switched off, nor where a family is', async t => {
    for (const options of [{ nat64: 'off' }, { ipv4: false }, { ipv6: false }]) {
      const { server, both } = await setUp(t, {
        script,
        ...options,
        deps: { families: () => ONLY_6 },
      })
      for (const answer of [...(await both('old.example')), ...(await both('198.18.0.1'))]) {
        t.not(answer.source, 'nat64', JSON.stringify(options))
      }
      t.equal(server.count('ipv4only.arpa'), 0)
    }
  })

  await t.test('where the network has no NAT64, A is not asked for', async t => {
    const { server, both } = await setUp(t, {
      script: { ...script, 'ipv4only.arpa AAAA': {} },
      deps: { families: () => ONLY_6 },
    })
    t.match(await both('both.example'), [{ ok: true }, { code: 'ENODATA' }])
    t.match(await both('old.example'), [{ code: 'ENODATA' }, { code: 'ENODATA' }])
    t.equal(server.count('old.example', 'A'), 0)
    t.match(await both('198.18.0.1'), [{}, { addresses: ['198.18.0.1'], source: 'literal' }])
    t.equal(server.count('ipv4only.arpa'), 1)
  })

  await t.test(
    'by the C library too, whose search domains are kept away from the name',
    async t => {
      const asked: string[] = []
      let epoch = 1
      const { both } = await setUp(t, {
        mode: 'system',
        deps: {
          families: () => ONLY_6,
          epoch: () => epoch,
          openSystemLookup: () =>
            createHandLookup((name, family) => {
              asked.push(`${family} ${name}`)
              if (name === 'ipv4only.arpa.') return [`${DNS64}c000:aa`]
              return family === 4 ? ['198.18.0.1'] : 'ENODATA'
            }),
        },
      })
      for (let i = 0; i < 2; i++) {
        t.match(await both('old.example'), [
          { code: 'ENODATA', source: 'system' },
          { addresses: [`${DNS64}c612:1`], source: 'nat64', origin: 'system' },
        ])
      }
      const prefixAsked = () => asked.filter(question => question === '6 ipv4only.arpa.').length
      t.equal(prefixAsked(), 1)
      epoch = 2
      await both('old.example')
      t.equal(prefixAsked(), 2, 'again in another network')
    },
  )

  await t.test(
    'an IPv6 answer does not wait for a server that does not know the prefix',
    async t => {
      const { clock, server, lookup } = await setUp(t, {
        script: { ...script, 'ipv4only.arpa AAAA': { silent: true } },
        deps: { families: () => ONLY_6 },
      })
      let six: Answer | undefined
      void Promise.resolve(lookup('made.example', 'AAAA')).then(answer => (six = answer))
      await until('it has come so far', () => {
        if (clock.now() < 1000) clock.advance(RECOGNITION_WAIT_MS)
        return six !== undefined
      })
      t.ok(clock.now() <= 1000, 'before any timeout')
      t.equal(server.count('ipv4only.arpa'), 1)
      t.match(six, { addresses: [`${DNS64}c612:3`], embedded: undefined })
    },
  )

  await t.test('a host that gets IPv4 stops at once', async t => {
    let families = ONLY_6
    const { both } = await setUp(t, { script, deps: { families: () => families } })
    t.match(await both('198.18.0.1'), [{}, { source: 'nat64' }])
    families = { ipv4: true, ipv6: true }
    t.match(await both('198.18.0.1'), [{}, { addresses: ['198.18.0.1'], source: 'literal' }])
    t.match(await both('old.example'), [{}, { addresses: ['198.18.0.1'], source: 'dns' }])
    t.match(await both('made.example'), [{ embedded: undefined }, { addresses: ['198.18.0.3'] }])
  })

  await t.test('another network has another prefix', async t => {
    let epoch = 1
    const { server, both } = await setUp(t, {
      script,
      deps: { families: () => ONLY_6, epoch: () => epoch },
    })
    t.match(await both('198.18.0.1'), [{}, { addresses: [`${DNS64}c612:1`] }])
    server.set('ipv4only.arpa AAAA', { addresses: ['64:ff9b::c000:aa'] })
    epoch++
    t.match(await both('198.18.0.1'), [{}, { addresses: ['198.18.0.1'] }], 'benchmarks: not global')
    t.match(await both('8.8.8.8'), [{}, { addresses: ['64:ff9b::808:808'] }])
  })
})
