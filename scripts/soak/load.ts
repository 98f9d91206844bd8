import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../test/fixtures/random.ts'
import type { Connection, Place } from './connection.ts'
import { openConnection } from './connection.ts'
import { anyExchange, short } from './exchanges.ts'
import { forwardRequests } from './forwarded.ts'
import { anyHostile } from './hostile.ts'
import type { Ledger, Visit } from './ledger.ts'
import type { Need, Target } from './targets.ts'
import { NEAR, PORTS, deadTarget, liveFour, liveTarget } from './targets.ts'
import type { Entrances } from './ways.ts'
import { anyWay, authorityOf, forwardWay } from './ways.ts'

/** Clients at a time; beyond that none begins. */
const CLIENTS_MAX = 250

/** What a client intends. */
type Plan = {
  readonly kind: string
  readonly place: Place
  readonly expects: Visit['expects']
  readonly needs: readonly Need[]
  readonly what: string
  readonly run: (connection: Connection) => Promise<void>
}

export type Load = {
  /** Clients that are at it. */
  readonly active: () => number
  readonly pause: () => void
  readonly resume: () => void
  /** Clients that come all at once. */
  readonly burst: (count: number) => Promise<void>
  /** No client begins any more; resolves when all have ended. */
  readonly stop: () => Promise<void>
}

export type LoadOptions = {
  readonly entrances: Entrances
  readonly ledger: Ledger
  readonly random: Random
  /** Clients that begin in a second. */
  readonly rate: number
  /** Milliseconds since the soak began. */
  readonly now: () => number
}

const planRelay = (
  entrances: Entrances,
  random: Random,
  target: Target,
  exchange = anyExchange(random),
): Plan => {
  const way = anyWay(random, entrances, target)
  return {
    kind: way.name,
    place: way.place,
    expects: 'success',
    needs: target.needs,
    what: `${exchange.name} with ${target.host}`,
    run: async connection => {
      await way.ask(connection, target, PORTS.stream)
      await exchange.run(connection, random)
    },
  }
}

const planDead = (entrances: Entrances, random: Random): Plan => {
  const isClosedPort = random.chance(0.3)
  const target = isClosedPort ? NEAR : deadTarget(random)
  const way = anyWay(random, entrances, target)
  return {
    kind: 'dead targets',
    place: way.place,
    expects: 'refusal',
    needs: [],
    what: `${way.name} to ${target.host}`,
    run: connection => way.ask(connection, target, isClosedPort ? PORTS.closed : PORTS.stream),
  }
}

const planForward = (entrances: Entrances, random: Random): Plan => {
  if (random.chance(0.15)) {
    return {
      kind: 'dead targets',
      place: entrances.deadForward,
      expects: 'refusal',
      needs: [],
      what: 'forward to a dead target',
      run: async connection => void (await connection.read(1)),
    }
  }
  const way = forwardWay(entrances.forward)
  const exchange = anyExchange(random)
  return {
    kind: 'forward',
    place: way.place,
    expects: 'success',
    needs: ['network'],
    what: exchange.name,
    run: connection => exchange.run(connection, random),
  }
}

const planRequests = (entrances: Entrances, random: Random): Plan => {
  const targets = Array.from({ length: random.between(1, 5) }, () =>
    random.chance(0.5) ? liveFour(random) : liveTarget(random),
  )
  return {
    kind: 'HTTP requests, kept alive',
    place: random.pick([entrances.mixed[0], entrances.http, entrances.unix]),
    expects: 'success',
    needs: targets.flatMap(({ needs }) => needs),
    what: targets.map(({ host }) => host).join(', '),
    run: connection => forwardRequests(connection, targets, random),
  }
}

const planHostile = (entrances: Entrances, random: Random): Plan => {
  const hostile = anyHostile(random)
  return {
    kind: hostile.name,
    place: hostile.place(entrances, random),
    expects: 'end',
    needs: [],
    what: hostile.name,
    run: connection => hostile.run(connection, random),
  }
}

const anyPlan = (entrances: Entrances, random: Random): Plan => {
  const die = random.between(1, 100)
  if (die <= 50) return planRelay(entrances, random, liveTarget(random))
  if (die <= 60) return planDead(entrances, random)
  if (die <= 70) return planForward(entrances, random)
  if (die <= 80) return planRequests(entrances, random)
  return planHostile(entrances, random)
}

/** Clients of all kinds, mixed by the seed, so many a second whatever becomes of them. */
export const startLoad = ({ entrances, ledger, random, rate, now }: LoadOptions): Load => {
  let active = 0
  let isPaused = false
  const running = new Set<Promise<void>>()

  const visit = async ({ kind, place, expects, needs, what, run }: Plan): Promise<void> => {
    const from = now()
    let connection: Connection | undefined
    let client: string | undefined
    const end = (error?: Error): void =>
      ledger.add({
        kind,
        from,
        to: now(),
        needs,
        expects,
        what,
        ...(client !== undefined && { client }),
        ...(error && { error }),
      })
    active++
    try {
      connection = await openConnection(place)
      const { localAddress, localPort } = connection.socket
      if (localPort !== undefined) client = authorityOf(localAddress ?? '', localPort)
      await run(connection)
      end()
    } catch (error) {
      end(error as Error)
    } finally {
      connection?.destroy()
      active--
    }
  }
  const begin = (plan: Plan): Promise<void> => {
    const running1 = visit(plan)
    running.add(running1)
    void running1.finally(() => running.delete(running1))
    return running1
  }

  const timer = setInterval(() => {
    if (!isPaused && active < CLIENTS_MAX) void begin(anyPlan(entrances, random))
  }, 1000 / rate)

  return {
    active: () => active,
    pause: () => (isPaused = true),
    resume: () => (isPaused = false),
    burst: async count => {
      const plans = Array.from({ length: count }, () => planRelay(entrances, random, NEAR, short))
      await Promise.all(plans.map(begin))
    },
    stop: async () => {
      clearInterval(timer)
      while (running.size > 0) await Promise.race([Promise.all(running), sleep(100)])
    },
  }
}
