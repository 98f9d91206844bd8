import fc from 'fast-check'
import t from 'tap'
import { createRaceMachine } from '../../../src/eyeballs/race/machine.ts'
import {
  ATTEMPT_COUNTS_MS,
  CONNECTION_ATTEMPT_FLOOR_MS,
} from '../../../src/eyeballs/race/timing.ts'
import type { RaceTrace } from '../../../src/eyeballs/race/trace.ts'
import { raceConfig, v4, v6 } from '../../fixtures/race.ts'
import type { World } from '../../fixtures/race-simulation.ts'
import { simulate } from '../../fixtures/race-simulation.ts'

const ms = (max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(0, 10, 50, 250), fc.integer({ min: 0, max }))

const lookup = (address: (n: number) => string): fc.Arbitrary<World['lookups'][number]> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('answers' as const),
      afterMs: ms(600),
      addresses: fc
        .uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 10 })
        .map(ns => ns.map(address)),
    }),
    fc.record({ kind: fc.constant('fails' as const), afterMs: ms(600) }),
    fc.constant({ kind: 'silent' as const }),
  )

const attempt: fc.Arbitrary<World['attempts'][number]> = fc.oneof(
  fc.record({ kind: fc.constantFrom('connects' as const, 'refuses' as const), afterMs: ms(4000) }),
  fc.record({ kind: fc.constantFrom('unreachable' as const, 'denied' as const, 'hangs' as const) }),
)

const anyWorld: fc.Arbitrary<World> = fc.record({
  lookups: fc.tuple(lookup(v6), lookup(v4)),
  attempts: fc.array(attempt, { minLength: 1, maxLength: 12 }),
  abortAtMs: fc.option(fc.integer({ min: 0, max: 5000 })),
  earlyMs: fc.array(fc.double({ min: 0, max: 0.9, noNaN: true }), { maxLength: 5 }),
})

const anyConfig = fc.record({
  preferredFamily: fc.constantFrom(4 as const, 6 as const),
  order: fc.constantFrom('sorted' as const, 'preferred' as const, 'given' as const),
  firstAddressFamilyCount: fc.integer({ min: 1, max: 3 }),
  maxConcurrentAttempts: fc.integer({ min: 1, max: 6 }),
  timing: fc.record({
    resolutionDelayMs: ms(100),
    connectionAttemptDelayMs: fc.option(ms(2000)),
    attemptTimeoutMs: fc.option(fc.integer({ min: 1, max: 3000 })),
    connectTimeoutMs: fc.integer({ min: 1, max: 10_000 }),
  }),
})

type Starts = Map<number, { at: number; endAt: number; sent: boolean; address: string }>

const readStarts = ({ entries }: RaceTrace): Starts => {
  const starts: Starts = new Map()
  for (const entry of entries) {
    const item = 'command' in entry ? entry.command : entry.event
    if (item.type === 'connect') {
      starts.set(item.id, { at: entry.at, endAt: Infinity, sent: true, address: item.address })
    } else if (item.type === 'won' || item.type === 'cancel' || item.type === 'connect-failed') {
      const start = starts.get(item.id)
      if (!start) throw new Error(`${item.type} of attempt ${item.id}, which never began`)
      start.endAt = Math.min(start.endAt, entry.at)
      if (item.type === 'connect-failed' && !item.sent) start.sent = false
    }
  }
  return starts
}

void t.test('over random worlds', async t => {
  fc.assert(
    fc.property(anyConfig, anyWorld, (changes, world) => {
      const config = raceConfig(changes)
      const machine = createRaceMachine(config)
      simulate(machine, config, world)
      const trace = machine.trace()
      const commands = trace.entries.flatMap(entry => ('command' in entry ? [entry] : []))

      const ends = commands.filter(({ command: { type } }) => type === 'won' || type === 'lost')
      if (ends.length !== 1) throw new Error(`${ends.length} ends`)
      const [end] = ends
      const endAt = end?.at ?? NaN
      if (!(endAt <= (config.timing.connectTimeoutMs ?? NaN))) throw new Error('past the deadline')

      const after = commands.slice(commands.findIndex(command => command === end) + 1)
      const harmless = after.every(({ command: c }) => c.type === 'cancel' && c.reason === 'second')
      if (!harmless) throw new Error('a command after the end')

      const starts = [...readStarts(trace).values()]
      if (starts.some(start => start.endAt > endAt)) throw new Error('an attempt outlived the race')
      if (new Set(starts.map(({ address }) => address)).size !== starts.length) {
        throw new Error('an address was tried twice')
      }
      const sent = starts.filter(start => start.sent)
      for (const [i, start] of sent.entries()) {
        const before = sent[i - 1]
        if (before && start.at - before.at < CONNECTION_ATTEMPT_FLOOR_MS) {
          throw new Error('two starts within the floor')
        }
      }
      for (const { at } of starts) {
        const counting = starts.filter(
          other => other.at <= at && other.endAt > at && at - other.at < ATTEMPT_COUNTS_MS,
        )
        if (counting.length > config.maxConcurrentAttempts) throw new Error('above the cap')
      }
    }),
    { numRuns: 3000 },
  )
  t.pass('one end, no attempt left, none twice, none within the floor, none above the cap')
})

void t.test('the events of a trace, given again, make the same trace', async t => {
  fc.assert(
    fc.property(anyConfig, anyWorld, (changes, world) => {
      const config = raceConfig(changes)
      const machine = createRaceMachine(config)
      simulate(machine, config, world)
      const trace = JSON.parse(JSON.stringify(machine.trace())) as RaceTrace
      const again = createRaceMachine(trace.config)
      for (const entry of trace.entries) {
        if ('event' in entry) again.handle(entry.event, entry.at)
      }
      const replayed = JSON.stringify(again.trace())
      if (replayed !== JSON.stringify(trace)) throw new Error('the replay differs')
    }),
    { numRuns: 500 },
  )
  t.pass('500 races replayed')
})
