import t from 'tap'

import { createOrigins } from '../../src/eyeballs/origins.ts'
import type { PositiveAnswer } from '../../src/resolver/types.ts'
import { candidate, v4, v6 } from '../fixtures/race.ts'

const answer = (addresses: string[], more: Partial<PositiveAnswer> = {}): PositiveAnswer => ({
  ok: true,
  addresses,
  ttl: 60,
  source: 'dns',
  ...more,
})

const at = (address: string, port = 443) => ({ address, port })

t.test('who brought an address first is where it came from', async t => {
  const origins = createOrigins()
  const query = { host: 'example.com', port: 443, record: 'A' } as const
  t.same(origins.of(v4(1), 443), { ...at(v4(1)), host: v4(1), source: 'literal' }, 'given by hand')
  origins.add(query, answer([v4(1)], { source: 'stale' }))
  origins.add({ ...query, host: 'other.example' }, answer([v4(1), v4(2)]))
  t.same(origins.of(v4(1), 443), { ...at(v4(1)), host: 'example.com', source: 'stale' })
  t.same(origins.of(v4(2), 443), { ...at(v4(2)), host: 'other.example', source: 'dns' })
  t.same(
    origins.of(v4(2), 80),
    { ...at(v4(2), 80), host: v4(2), source: 'literal' },
    'of another port',
  )
})

t.test('an address that stands for another says so, and where that one came from', async t => {
  const made = '64:ff9b::c000:201'
  const origins = createOrigins([{ ...candidate(v6(1)), embedded: v4(9) }, candidate(v6(2))])
  const embedded = new Map([[made, v4(1)]])
  origins.add(
    { host: 'example.com', port: 443, record: 'A' },
    answer([made, v6(1)], { source: 'nat64', origin: 'hosts', embedded }),
  )
  t.same(origins.of(made, 443), {
    ...at(made),
    host: 'example.com',
    source: 'hosts',
    embedded: v4(1),
  })
  t.same(origins.of(v6(1), 443), { ...at(v6(1)), host: v6(1), source: 'literal', embedded: v4(9) })
  t.same(origins.of(v6(2), 443), { ...at(v6(2)), host: v6(2), source: 'literal' })
})

t.test('an address comes with the name that was found', async t => {
  const origins = createOrigins()
  const query = { host: 'db', port: 443, record: 'A' } as const
  const names = ['db.a.example', 'db.b.example']
  origins.add(query, answer([v4(1)], { fullName: 'db.a.example' }))
  origins.add(query, answer([v4(2)], { source: 'system', possibleNames: names }))
  const found = { ...at(v4(1)), host: 'db', source: 'dns', fullName: 'db.a.example' }
  t.same(origins.of(v4(1), 443), found)
  t.same(origins.of(v4(2), 443), {
    ...at(v4(2)),
    host: 'db',
    source: 'system',
    possibleNames: names,
  })
})
