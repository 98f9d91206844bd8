/**
 * Races that learn, by the real engine over a network in memory and a clock turned by hand: what the
 * next connections cost where a network is dead, and when it comes back.
 */
import t from 'tap'
import type { Test } from 'tap'
import type { DialerOptions } from '../../src/eyeballs/dialer.ts'
import { dialerOver } from '../../src/eyeballs/dialer.ts'
import { createHistory } from '../../src/eyeballs/history/create-history.ts'
import { summarise } from '../../src/eyeballs/race/summary.ts'
import type { Confirm } from '../../src/eyeballs/types.ts'
import type { Lookup } from '../../src/resolver/types.ts'
import { dialerOptions } from '../fixtures/dialer-options.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import type { Behaviour } from '../fixtures/memory-network.ts'
import { createMemoryNetwork } from '../fixtures/memory-network.ts'
import { v4, v6 } from '../fixtures/race.ts'
import { found, notFound, settled } from '../fixtures/script-lookup.ts'

const RTT_MS = 30
const TRIAL_MS = 30
const works: Behaviour = { kind: 'accepts', afterMs: RTT_MS }
const swallows: Behaviour = { kind: 'hangs' }

type Run = { readonly ms: number; readonly address: string; readonly syns: readonly string[] }

/** A host of its own: names, a network whose behaviour may change, and a dialer that lives on. */
const createHost = (
  names: Readonly<Record<string, readonly string[]>>,
  changes: Partial<DialerOptions> = {},
) => {
  const adaptive = { minimumDelayMs: 100, maximumDelayMs: 2000 }
  const options = { ...dialerOptions, adaptive, ...changes }
  const clock = createHandClock()
  const behaviours: Record<string, Behaviour> = {}
  let epoch = 1
  const network = createMemoryNetwork(clock, behaviours, { epoch: () => epoch })
  let delayAMs = 0
  const lookup: Lookup = async (host, record) => {
    if (record === 'A' && delayAMs > 0) {
      await new Promise<void>(resolve => void clock.after(delayAMs, resolve))
    }
    const mine = names[host]?.filter(text => text.includes(':') === (record === 'AAAA')) ?? []
    return mine.length > 0 ? found(...mine) : notFound()
  }
  const history = createHistory({ clock, epoch: network.epoch, ...adaptive })
  const dial = dialerOver({ lookup, network, clock, history }, options)

  const confirm: Confirm = (_provisional, settle) => settle(Buffer.from('a ClientHello'))

  const start = async (host: string) => {
    const begin = clock.now()
    const before = network.dialled.length
    let run: Run | undefined
    const follow = async (): Promise<void> => {
      const result = await dial({ targets: [{ host, port: 443 }], confirm })
      if (result.outcome !== 'won') throw new Error(`${result.outcome} at ${clock.now()}`)
      const { durationMs } = summarise(result.trace)
      run = { ms: durationMs, address: result.address, syns: network.dialled.slice(before) }
    }
    void follow()
    await settled()
    return { begin, ended: () => run }
  }

  const race = async (host = 'a.example'): Promise<Run> => {
    const { begin, ended } = await start(host)
    for (;;) {
      const run = ended()
      if (run) return run
      if (clock.now() - begin > 20_000) throw new Error('no end in 20 s')
      clock.advance(1)
      await settled()
    }
  }
  const races = async (count: number, host?: string): Promise<readonly Run[]> => {
    const runs: Run[] = []
    for (let i = 0; i < count; i++) runs.push(await race(host))
    return runs
  }
  /** Many at once; all of them end. */
  const flood = async (count: number, host = 'a.example'): Promise<readonly Run[]> => {
    const started = await Promise.all(Array.from({ length: count }, () => start(host)))
    for (let i = 0; i < 1000; i++) {
      clock.advance(1)
      await settled()
    }
    return started.flatMap(({ ended }) => ended() ?? [])
  }
  const behave = (given: Readonly<Record<string, Behaviour>>): void => {
    Object.assign(behaviours, given)
  }
  const delayA = (ms: number): void => {
    delayAMs = ms
  }
  return { clock, network, race, races, flood, behave, delayA, move: () => void epoch++ }
}

const longest = (runs: readonly Run[]): number => Math.max(...runs.map(({ ms }) => ms))
const byIpv6 = ({ address }: Run): boolean => address.includes(':')

/** A host whose network for IPv6 is dead, and how its first race went. */
const deadIpv6 = async (t: Test, changes?: Partial<DialerOptions>) => {
  const host = createHost({ 'a.example': [v6(1), v4(1)], 'b.example': [v6(2), v4(2)] }, changes)
  host.behave({ [v6(1)]: swallows, [v6(2)]: swallows, [v4(1)]: works, [v4(2)]: works })
  const first = await host.race()
  t.match(first, { ms: 250 + RTT_MS, address: v4(1) }, 'the first race pays')
  return host
}

const heal = { [v6(1)]: works, [v6(2)]: works }

t.test('dead IPv6: the first race pays 250 ms, none of the next does', async t => {
  const host = await deadIpv6(t)
  const next = await host.races(29)
  t.ok(longest(next) <= RTT_MS + TRIAL_MS, `at most ${longest(next)} ms`)
  t.ok(next.every(run => run.address === v4(1)))
  t.equal(next.filter(({ syns }) => syns.includes(v6(1))).length, 1, 'IPv6 was tried once')
})

t.test('another name in the dead network does not pay either', async t => {
  const host = await deadIpv6(t)
  t.match(await host.race('b.example'), { ms: RTT_MS, syns: [v4(2)] })
})

t.test(
  'an IPv4 answer that is later than the Resolution Delay waits for the least delay',
  async t => {
    const host = await deadIpv6(t)
    host.delayA(60)
    t.match(await host.race(), { ms: 50 + 100 + RTT_MS, address: v4(1), syns: [v6(1), v4(1)] })
    host.delayA(40)
    t.match(await host.race(), { ms: 40 + RTT_MS, address: v4(1), syns: [v4(1)] })
  },
)

t.test('for two minutes and more, one race pays each two minutes', async t => {
  const host = await deadIpv6(t)
  const slow: number[] = []
  for (let second = 1; second <= 600; second++) {
    host.clock.advance(1000 - RTT_MS)
    const { ms } = await host.race()
    if (ms > RTT_MS + TRIAL_MS) slow.push(second)
  }
  t.ok(slow.length >= 4 && slow.length <= 5, `slow at ${slow.join(', ')} s`)
})

t.test('when it heals IPv6 wins within 30 races', async t => {
  const host = await deadIpv6(t)
  await host.races(5)
  host.behave(heal)
  const runs = await host.races(30)
  const won = runs.findIndex(byIpv6)
  t.ok(won >= 0 && won < 20, `won race ${won + 1}`)
  t.ok(runs.slice(won).every(byIpv6), 'and from then on')
  t.ok(longest(runs) <= RTT_MS + TRIAL_MS, `at most ${longest(runs)} ms`)
})

t.test('or within 15 s, where races are few', async t => {
  const host = await deadIpv6(t)
  host.behave(heal)
  host.clock.advance(14_000)
  t.equal(byIpv6(await host.race()), false)
  host.clock.advance(1000)
  t.equal(byIpv6(await host.race()), true)
  t.equal(byIpv6(await host.race('b.example')), true, 'its whole network is back')
})

t.test('an IPv6 that is slower than the head start comes back within two minutes', async t => {
  const host = await deadIpv6(t)
  host.behave({ [v6(1)]: { kind: 'accepts', afterMs: RTT_MS + 60 } })
  let seconds = 0
  while (!byIpv6(await host.race())) {
    host.clock.advance(1000)
    if (++seconds > 200) throw new Error('it never came back')
  }
  t.ok(seconds <= 120, `after ${seconds} s`)
})

t.test('a network change forgets', async t => {
  const host = await deadIpv6(t)
  await host.races(3)
  host.move()
  host.behave(heal)
  t.match(await host.race(), { ms: RTT_MS, address: v6(1), syns: [v6(1)] })
})

t.test('of many races at once that find it void, one makes the full try', async t => {
  const host = await deadIpv6(t)
  host.clock.advance(121_000)
  const runs = await host.flood(50)
  t.equal(runs.length, 50)
  t.equal(runs.filter(({ ms }) => ms > RTT_MS + TRIAL_MS).length, 1)
  t.equal(host.network.open(), 0)
  t.equal(host.clock.pending(), 0)
})

t.test(
  'one dead host among the addresses of a name is passed over, its network is not',
  async t => {
    const host = createHost({ 'a.example': [v6(1), v6(2), v4(1)], 'b.example': [v6(3), v4(2)] })
    host.behave({ [v6(2)]: works, [v6(3)]: works, [v4(1)]: works, [v4(2)]: works })
    await host.races(3, 'b.example')
    t.match(await host.race(), { ms: 250 + RTT_MS, address: v4(1) })
    const next = await host.races(20)
    t.ok(
      next.every(run => run.address === v6(2)),
      'the other one wins from now on',
    )
    t.ok(longest(next) <= RTT_MS + TRIAL_MS, `at most ${longest(next)} ms`)
    t.match(await host.race('b.example'), { ms: RTT_MS, address: v6(3) })
  },
)

t.test('dead IPv4 is no worse', async t => {
  const host = createHost({ 'a.example': [v6(1), v4(1)] }, { preferredFamily: 4 })
  host.behave({ [v6(1)]: works, [v4(1)]: swallows })
  t.match(await host.race(), { ms: 250 + RTT_MS, address: v6(1) })
  const next = await host.races(29)
  t.ok(longest(next) <= RTT_MS + TRIAL_MS)
})

t.test('refused is an answer, and no reason to move anything', async t => {
  const host = createHost({ 'a.example': [v6(1), v4(1)] })
  host.behave({ [v6(1)]: { kind: 'refuses', afterMs: 5 }, [v4(1)]: works })
  const runs = await host.races(5)
  t.ok(runs.every(({ syns }) => syns[0] === v6(1)))
})

t.test('a far address is given the time that it needs', async t => {
  const host = createHost({ 'a.example': [v6(1), v4(1)] })
  host.behave({ [v6(1)]: { kind: 'accepts', afterMs: 240 }, [v4(1)]: works })
  t.match(await host.race(), { ms: 240, address: v6(1) })
  host.behave({ [v6(1)]: { kind: 'accepts', afterMs: 400 } })
  t.match(await host.race(), { ms: 400, address: v6(1), syns: [v6(1)] }, 'a slow moment')
})

t.test('a network that takes connections and drops what is larger is paid for once', async t => {
  const host = createHost({ 'a.example': [v6(1), v4(1)] }, { confirm: 'tls' })
  const answers: Behaviour = { kind: 'accepts', afterMs: RTT_MS, answersAfterMs: RTT_MS }
  host.behave({ [v6(1)]: works, [v4(1)]: answers })
  // The handshake's time twice and the delay behind the first target; then two round trips more.
  t.match(await host.race(), { ms: 3 * RTT_MS + 250 + 2 * RTT_MS, address: v4(1) })
  const next = await host.races(40)
  t.ok(next.every(({ ms, syns }) => ms === 2 * RTT_MS && syns.length === 1))
  host.behave({ [v6(1)]: answers })
  host.clock.advance(120_000)
  t.match(await host.race(), { ms: 2 * RTT_MS, address: v6(1) }, 'healed, after two minutes')
})

t.test('switched off it learns nothing', async t => {
  const host = await deadIpv6(t, { adaptive: null })
  t.ok((await host.races(5)).every(({ ms }) => ms === 250 + RTT_MS))
})
