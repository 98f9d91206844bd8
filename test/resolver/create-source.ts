import t from 'tap'
import {
  createDnsSource,
  createSystemSource,
  oneAtATime,
} from '../../src/resolver/create-source.ts'
import { readServers } from '../../src/resolver/dns/servers.ts'
import { createQueryLoad } from '../../src/resolver/query-load.ts'
import { NOTHING_CONFIGURED } from '../../src/resolver/system-config.ts'
import type { Answer } from '../../src/resolver/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createHandLookup } from '../fixtures/hand-lookup.ts'
import { createHandSockets } from '../fixtures/hand-sockets.ts'
import { createScriptedSource } from '../fixtures/scripted-query.ts'

const CONTROL = { isWanted: () => true, keepSlot: () => () => {} }

t.test('DNS: what the process has of turns and sockets, and single-request', async t => {
  const { udp, openUdp, openStream } = createHandSockets()
  const config = { ...NOTHING_CONFIGURED, servers: readServers(['192.0.2.53']) }
  const load = createQueryLoad(2)
  let singleRequest = false
  const source = createDnsSource({
    config: () => ({ ...config, singleRequest }),
    clock: createHandClock(),
    transport: { openUdp, openStream, randomId: () => 1 },
    load,
  })
  t.equal(source.turns.turns, load.turns)
  t.equal(source.turns.max, 2)
  const got: Answer[] = []
  const ask = (record: 'A' | 'AAAA') =>
    source.query('a.example', record, answer => got.push(answer), CONTROL)
  ask('AAAA')
  ask('A')
  t.equal(udp.length, 2)
  t.equal(load.sockets.open(), 2)
  source.close()
  t.match(got, [{ code: 'ECANCELLED' }, { code: 'ECANCELLED' }])
  t.equal(load.sockets.open(), 0)
  singleRequest = true
})

t.test('DNS: one type after the other where resolv.conf says so', async t => {
  const { udp, openUdp, openStream } = createHandSockets()
  const source = createDnsSource({
    config: () => ({
      ...NOTHING_CONFIGURED,
      servers: readServers(['192.0.2.53']),
      singleRequest: true,
    }),
    clock: createHandClock(),
    transport: { openUdp, openStream, randomId: () => 1 },
    load: createQueryLoad(2),
  })
  t.teardown(source.close)
  const giveUp = source.query('a.example', 'AAAA', () => {}, CONTROL)
  source.query('a.example', 'A', () => {}, CONTROL)
  t.equal(udp.length, 1)
  giveUp()
  t.equal(udp.length, 2)
})

t.test('the C library: its places, half of them for one client', async t => {
  const clock = createHandClock()
  const lookup = createHandLookup(() => {}, 8)
  const source = createSystemSource({ lookup, clock, timeoutMs: () => 100 })
  t.equal(source.turns.max, 8)
  const enter = () => source.turns.turns.enter({ client: 'a', run: () => {}, refuse: () => {} })
  for (let i = 0; i < 8; i++) enter()
  t.equal(source.turns.turns.active(), 4)
  const got: Answer[] = []
  source.query('a.example', 'A', answer => got.push(answer), CONTROL)
  clock.advance(100)
  t.match(got, [{ code: 'ETIMEDOUT' }])
  source.forget()
  source.close()
  t.equal(lookup.closed(), true)
})

const GOOD: Answer = { ok: true, addresses: ['192.0.2.1'], ttl: 60, source: 'dns' }

const setUpOneAtATime = (isOn = true) => {
  const scripted = createScriptedSource()
  const source = oneAtATime(scripted.source, () => isOn)
  const got: string[] = []
  const ask = (record: 'A' | 'AAAA', name = 'a.example') =>
    source(name, record, () => got.push(`${record} ${name}`), CONTROL)
  return { ...scripted, ask, got }
}

t.test('the types of one name follow each other, other names do not wait', async t => {
  const { ask, asked, answer, got } = setUpOneAtATime()
  ask('AAAA')
  ask('A')
  ask('A', 'b.example')
  t.same(asked(), ['AAAA a.example', 'A b.example'])
  answer('AAAA a.example', GOOD)
  t.same(asked(), ['AAAA a.example', 'A b.example', 'A a.example'])
  answer('A a.example', GOOD)
  answer('A b.example', GOOD)
  t.same(got, ['AAAA a.example', 'A a.example', 'A b.example'])
  ask('A')
  t.equal(asked().length, 4, 'nothing is left behind')
})

t.test('where it is off nobody waits', async t => {
  const { ask, asked } = setUpOneAtATime(false)
  ask('AAAA')
  ask('A')
  t.same(asked(), ['AAAA a.example', 'A a.example'])
})

t.test('one that is given up makes way, one that waits is not asked', async t => {
  const { ask, asked, open, answer, got } = setUpOneAtATime()
  const first = ask('AAAA')
  const second = ask('A')
  const third = ask('A')
  second()
  second()
  first()
  t.same(asked(), ['AAAA a.example', 'A a.example'])
  t.same(open(), ['A a.example'])
  answer('A a.example', GOOD)
  t.same(got, ['A a.example'])
  third()
  first()
  ask('A')
  t.equal(asked().length, 3)
})
