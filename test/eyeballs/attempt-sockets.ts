import t from 'tap'
import type { EgressOverride } from '../../src/core/egress.ts'
import { createIpReader } from '../../src/core/ip.ts'
import type { Denial } from '../../src/core/judge.ts'
import type { AttemptSockets } from '../../src/eyeballs/attempt-sockets.ts'
import { createAttemptSockets, createDescriptorShare } from '../../src/eyeballs/attempt-sockets.ts'
import type { RaceEvent } from '../../src/eyeballs/race/types.ts'
import type { AttemptBudget, BudgetedRace } from '../../src/eyeballs/types.ts'
import type { NotConnected } from '../../src/net/network.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import type { Behaviour, MemorySocket } from '../fixtures/memory-network.ts'
import { createMemoryNetwork } from '../fixtures/memory-network.ts'
import { v4, v6 } from '../fixtures/race.ts'
import { createScriptedBudget } from '../fixtures/scripted-budget.ts'

const begin = (
  behaviour: Behaviour,
  denials: Readonly<Record<string, Denial>> = {},
  budget?: AttemptBudget,
) => {
  const clock = createHandClock()
  const network = createMemoryNetwork(clock, { [v6(1)]: behaviour })
  const events: (RaceEvent | string)[] = []
  const judged: unknown[] = []
  const attempts: AttemptSockets<MemorySocket> = createAttemptSockets({
    network,
    judge: candidate => {
      judged.push(candidate)
      return denials[candidate.address]
    },
    budget,
    originOf: (address, port) =>
      address === v6(1) && port === 443
        ? { host: 'example.com', source: 'dns', address, port }
        : { host: address, source: 'literal', address, port },
    onConnected: id => void events.push(`${id} has its socket`),
    send: event => void events.push(event),
  })
  const dial = (address = v6(1), id = 1): void =>
    attempts.connect({ type: 'connect', id, address, family: 6, port: 443 })
  return { clock, network, events, judged, attempts, dial }
}

t.test('a connection is reported, and kept until it is asked for', async t => {
  const { clock, events, attempts, dial, network } = begin({ kind: 'accepts', afterMs: 5 })
  dial()
  t.throws(() => attempts.connectedAttempt(1), { code: 'ERR_BUG' }, 'not yet')
  clock.advance(5)
  t.strictSame(events, [
    '1 has its socket',
    { type: 'connected', id: 1, local: '192.0.2.77:40000' },
  ])
  t.match(attempts.connectedAttempt(1), {
    endpoint: { host: v6(1), port: 443 },
    connected: { socket: network.sockets[0] },
  })
  t.throws(() => attempts.connectedAttempt(2), { code: 'ERR_BUG' })
})

t.test('a failure is reported, with its error', async t => {
  const { clock, events, attempts, dial } = begin({ kind: 'refuses', afterMs: 5 })
  dial()
  clock.advance(5)
  t.match(events, [{ type: 'connect-failed', id: 1, code: 'ECONNREFUSED', sent: true }])
  t.match(attempts.errors.get(1), { message: `connect ECONNREFUSED ${v6(1)}` })
})

t.test('the egress of a permit goes to the network', async t => {
  const egress = { tos: 8 }
  const endpoints: unknown[] = []
  for (const permit of [{ egress }, undefined]) {
    createAttemptSockets({
      network: {
        connect: endpoint => {
          endpoints.push(endpoint)
          return () => false
        },
        reset: () => {},
      },
      judge: () => permit,
      budget: undefined,
      originOf: (address, port) => ({ host: address, source: 'literal', address, port }),
      onConnected: () => {},
      send: () => t.fail('nothing happens'),
    }).connect({ type: 'connect', id: 1, address: v6(1), family: 6, port: 443 })
  }
  t.match(endpoints[0], { address: v6(1), port: 443, egress })
  t.notOk('egress' in (endpoints[1] as object))
})

/** An attempt by the egress of a permit that fails: its event, and the attempts by another path. */
const failBy = (egress: EgressOverride | undefined, result: NotConnected) => {
  const events: RaceEvent[] = []
  let end: ((result: NotConnected) => void) | undefined
  const attempts = createAttemptSockets<never>({
    network: {
      connect: (_endpoint, settle) => {
        end = settle
        return () => false
      },
      reset: () => {},
    },
    judge: () => egress && { egress },
    budget: undefined,
    originOf: (address, port) => ({ host: address, source: 'literal', address, port }),
    onConnected: () => {},
    send: event => void events.push(event),
  })
  attempts.connect({ type: 'connect', id: 1, address: v6(1), family: 6, port: 443 })
  end?.(result)
  return { events, apart: [...(attempts.apart ?? [])] }
}

t.test('attempts by another path are known', async t => {
  const result = { ok: false, code: 'ECONNREFUSED', message: 'refused', sent: true } as const
  const apartBy = (egress?: EgressOverride): number[] => failBy(egress, result).apart
  t.same(apartBy({ interface: 'tun0' }), [1])
  t.same(apartBy({ bind6: null }), [1])
  t.same(apartBy({ bind4: 'none' }), [], 'of the other family')
  t.same(apartBy({ tos: 8 }), [])
  t.same(apartBy(), [])
})

t.test('an attempt that could not leave by its egress says so', async t => {
  const unsent = { ok: false, code: 'ENETUNREACH', message: 'no route', sent: false } as const
  const eventBy = (...given: Parameters<typeof failBy>): RaceEvent[] => failBy(...given).events
  const { ok: _, ...failed } = { type: 'connect-failed', id: 1, ...unsent } as const
  t.strictSame(eventBy(undefined, unsent), [failed])
  t.strictSame(eventBy(undefined, { ...unsent, noEgress: true }), [{ ...failed, noEgress: true }])
  const tunnel = { interface: 'tun0' }
  t.strictSame(eventBy(tunnel, unsent), [{ ...failed, noEgress: true }], 'no route by that path')
  t.strictSame(eventBy(tunnel, { ...unsent, sent: true }), [{ ...failed, sent: true }])
  t.strictSame(eventBy({ tos: 8 }, unsent), [failed])
})

t.test('it is judged by where it came from, and what is denied is not dialled', async t => {
  for (const [denial, words] of [
    [{ code: 'ERR_ACCESS_DENIED', rule: 2 }, 'denied by access rule 2'],
    [{ code: 'ERR_ACCESS_DENIED' }, 'denied by a built-in rule'],
    [{ code: 'ERR_LOOP' }, "one of the daemon's own listeners"],
  ] as const) {
    const { events, judged, dial, network } = begin({ kind: 'hangs' }, { [v6(1)]: denial })
    dial()
    t.strictSame(judged, [{ host: 'example.com', source: 'dns', address: v6(1), port: 443 }])
    const message = `[${v6(1)}]:443: ${words}`
    t.strictSame(events, [
      { type: 'connect-failed', id: 1, message, sent: false, denied: true, ...denial },
    ])
    t.strictSame(network.dialled, [])
  }
})

t.test('what nobody knows the origin of was given by hand', async t => {
  const { judged, dial } = begin({ kind: 'hangs' })
  dial(v4(1))
  t.strictSame(judged, [{ host: v4(1), source: 'literal', address: v4(1), port: 443 }])
})

t.test('one in flight is cancelled; one that had connected by then is reported', async t => {
  const waiting = begin({ kind: 'hangs' })
  waiting.dial()
  waiting.attempts.release(1)
  waiting.attempts.release(1)
  t.equal(waiting.network.open(), 0)
  t.strictSame(waiting.events, [])
  const made = begin({ kind: 'established' })
  made.dial()
  made.attempts.release(1)
  t.strictSame(made.events, [{ type: 'connected', id: 1, local: '' }])
})

t.test('one that has its socket is reset, its watch ended', async t => {
  const { clock, attempts, dial, network } = begin({ kind: 'accepts', afterMs: 5 })
  dial()
  clock.advance(5)
  const attempt = attempts.connectedAttempt(1)
  attempt.watch = network.watch(attempt.connected.socket, () => t.fail('nothing comes'))
  attempts.releaseAll()
  t.equal(network.watched(), 0)
  t.equal(network.sockets[0]?.state, 'reset')
})

t.test('a connection that comes after its attempt was let go is reset', async t => {
  const reset: unknown[] = []
  const late: ((result: never) => void)[] = []
  const attempts = createAttemptSockets<string>({
    network: {
      connect: (_endpoint, settle) => {
        late.push(settle)
        return () => false
      },
      reset: socket => void reset.push(socket),
    },
    judge: undefined,
    budget: undefined,
    originOf: (address, port) => ({ host: address, source: 'literal', address, port }),
    onConnected: () => t.fail('it was let go'),
    send: () => t.fail('it was let go'),
  })
  for (const id of [1, 2]) {
    attempts.connect({ type: 'connect', id, address: v6(1), family: 6, port: 443 })
    attempts.release(id)
  }
  late[0]?.({ ok: true, socket: 'late', local: { address: v6(2), port: 1 } } as never)
  late[1]?.({ ok: false, code: 'ECONNREFUSED', message: '', sent: true } as never)
  t.strictSame(reset, ['late'])
})

t.test(
  'a budget is asked for what is dialled beside another one, and for nothing else',
  async t => {
    const budget = createScriptedBudget(1)
    const denials = { [v4(1)]: { code: 'ERR_ACCESS_DENIED' } } as const
    const { clock, attempts, dial, events, network } = begin(
      { kind: 'refuses', afterMs: 5 },
      denials,
      budget,
    )
    dial()
    t.equal(budget.races.length, 0)
    dial(v4(1), 2)
    t.equal(budget.races.length, 0, 'what is denied needs no descriptor')
    dial(v6(2), 3)
    t.equal(budget.free(), 0)
    events.length = 0
    dial(v6(3), 4)
    t.strictSame(events.splice(0), [{ type: 'deferred', id: 4 }, { type: 'scarce' }])
    t.strictSame(network.dialled, [v6(1), v6(2)])
    clock.advance(5)
    t.match(events, [{ type: 'wake' }, { type: 'connect-failed', id: 1 }])
    dial(v6(3), 4)
    t.strictSame(network.dialled, [v6(1), v6(2), v6(3)])
    attempts.release(3)
    t.equal(budget.free(), 1)
    attempts.releaseAll()
    attempts.close()
    t.strictSame([budget.free(), budget.races], [1, []])
  },
)

const setUp = (count: number) => {
  const budget = createScriptedBudget(count)
  const events: RaceEvent[] = []
  /** Attempts of the race that have a descriptor. */
  const race = { live: 0 }
  const share = createDescriptorShare(
    budget,
    () => race.live,
    event => void events.push(event),
  )
  const take = (id: number, live: number): boolean => {
    race.live = live
    return share.take(id)
  }
  const settle = (live: number): void => {
    race.live = live
    share.settle()
  }
  return { budget, events, take, settle, leave: share.leave }
}

t.test('without a budget nothing is ever refused', async t => {
  const share = createDescriptorShare(
    undefined,
    () => 1,
    () => t.fail('there is nobody to ask'),
  )
  t.equal(share.take(1), true)
  t.equal(share.take(2), true)
  share.settle()
  share.leave()
})

t.test('the first attempt asks nobody', async t => {
  const { budget, events, take, settle, leave } = setUp(0)
  t.equal(take(1, 0), true)
  settle(1)
  leave()
  t.strictSame([budget.races, events], [[], []])
})

t.test('each further one has a descriptor, until it is over', async t => {
  const { budget, take, settle, leave } = setUp(2)
  t.equal(take(2, 1), true)
  t.equal(take(3, 2), true)
  t.equal(budget.free(), 0)
  settle(2)
  t.equal(budget.free(), 1, 'whichever of the three is over')
  settle(1)
  settle(1)
  t.equal(budget.free(), 2)
  leave()
  t.strictSame(budget.races, [])
})

t.test('one that is refused is put off, and tried again when there may be one', async t => {
  const { budget, events, take } = setUp(0)
  t.equal(take(2, 1), false)
  t.strictSame(events.splice(0), [{ type: 'deferred', id: 2 }, { type: 'scarce' }])
  budget.add(1)
  t.strictSame(events, [{ type: 'wake' }])
  t.equal(take(2, 1), true)
})

t.test('another race is asked to give attempts up', async t => {
  const budget = createScriptedBudget(1)
  const first: string[] = []
  let live = 1
  const old = createDescriptorShare(
    budget,
    () => live,
    ({ type }) => {
      first.push(type)
      live = 1
      if (type === 'scarce') old.settle()
    },
  )
  t.equal(old.take(2), true)
  live = 2
  const events: RaceEvent[] = []
  const young = createDescriptorShare(
    budget,
    () => 1,
    event => void events.push(event),
  )
  t.equal(young.take(2), true)
  t.strictSame(first, ['scarce'])
  t.strictSame(events, [])
})

t.test('what is released may be taken by the same race before the call returns', async t => {
  const budget = createScriptedBudget(1)
  let live = 1
  const share = createDescriptorShare(
    budget,
    () => live,
    ({ type }) => {
      if (type === 'wake' && share.take(3)) live++
    },
  )
  t.equal(share.take(2), true)
  live = 2
  t.equal(share.take(3), false)
  live = 1
  share.settle()
  t.strictSame([live, budget.free()], [2, 0])
  live = 1
  share.settle()
  t.equal(budget.free(), 1)
})

t.test(
  'its own attempts are given up after it is known what became of the one asked for',
  async t => {
    const events: string[] = []
    let asked: BudgetedRace | undefined
    const budget: AttemptBudget = {
      join: race => {
        asked = race
        return {
          take: () => {
            race.giveUp()
            events.push('taken')
            return true
          },
          release: () => {},
          leave: () => {},
        }
      },
    }
    const share = createDescriptorShare(
      budget,
      () => 1,
      ({ type }) => void events.push(type),
    )
    share.take(2)
    asked?.giveUp()
    t.strictSame(events, ['taken', 'scarce', 'scarce'])
  },
)

t.test('the judge and the network get one value of an address', async t => {
  const network = createMemoryNetwork(createHandClock(), {})
  const readIp = createIpReader()
  const seen: unknown[] = []
  const attempts = createAttemptSockets<MemorySocket>({
    network: {
      ...network,
      connect: (endpoint, settle) => {
        seen.push(endpoint.ip)
        return network.connect(endpoint, settle)
      },
    },
    judge: ({ address }, read) => void seen.push(read?.(address)),
    budget: undefined,
    originOf: (address, port) => ({ host: address, source: 'literal', address, port }),
    readIp,
    onConnected: () => {},
    send: () => {},
  })
  attempts.connect({ type: 'connect', id: 1, address: v6(1), family: 6, port: 443 })
  const ip = readIp(v6(1))
  t.ok(ip && seen.length === 2 && seen.every(each => each === ip))
})
