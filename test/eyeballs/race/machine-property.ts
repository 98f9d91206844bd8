import fc from 'fast-check'
import t from 'tap'
import type { RaceMachine } from '../../../src/eyeballs/race/machine.ts'
import { createRaceMachine } from '../../../src/eyeballs/race/machine.ts'
import type {
  RaceCommand,
  RaceConfig,
  RaceEvent,
  TraceEntry,
} from '../../../src/eyeballs/race/types.ts'
import { fuzzRaces, tryRace } from '../../fixtures/fuzz-races.ts'
import { simulate } from '../../fixtures/race-simulation.ts'
import { anyConfig, anyWorld } from '../../fixtures/race-worlds.ts'

// Tens of thousands of races, which take long on a busy machine.
t.setTimeout(120_000)

/*
 * What holds for every race is written down in fixtures/race-invariants.ts. `npm run fuzz` tries it
 * on a million events; here on as many as a test may take.
 */

void t.test('over random worlds every race keeps to its rules, and to its replay', async t => {
  fc.assert(
    fc.property(anyConfig, anyWorld, (config, world) => void tryRace(config, world)),
    {
      numRuns: 5000,
    },
  )
  t.pass('5,000 races')
})

void t.test('random worlds come to every kind of event, command and end', async t => {
  const seen = new Map<string, number>()
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)
  fc.assert(
    fc.property(anyConfig, anyWorld, (config, world) => {
      const machine = createRaceMachine(config)
      simulate(machine, world)
      for (const entry of machine.trace().entries) {
        if ('event' in entry) count(entry.event.type)
        else if (entry.command.type === 'lost') count(`lost ${entry.command.reason}`)
        else if (entry.command.type === 'cancel') count(`cancel ${entry.command.reason}`)
        else count(entry.command.type)
      }
    }),
    { numRuns: 5000, seed: 1 },
  )
  const events: readonly RaceEvent['type'][] = [
    'wake',
    'resolved',
    'resolve-failed',
    'connected',
    'connect-failed',
    'aborted',
    'hello',
    'not-hello',
    'confirmed',
    'deferred',
    'scarce',
  ]
  const commands = ['resolve', 'connect', 'wake-at', 'won', 'greet', 'joined']
  const cancels = [
    'won',
    'second',
    'unconfirmed',
    'attempt-timeout',
    'deadline',
    'descriptors',
    'aborted',
  ]
  const losses = ['no-addresses', 'all-failed', 'deadline', 'aborted']
  const kinds = [
    ...events,
    ...commands,
    ...cancels.map(reason => `cancel ${reason}`),
    ...losses.map(reason => `lost ${reason}`),
  ]
  for (const kind of kinds) t.ok((seen.get(kind) ?? 0) >= 20, `${kind}: ${seen.get(kind) ?? 0}`)
})

/** A machine whose commands are spoilt on their way out, in its trace as well. */
const spoilt =
  (spoil: (commands: readonly RaceCommand[], config: RaceConfig) => readonly RaceCommand[]) =>
  (config: RaceConfig): RaceMachine => {
    const machine = createRaceMachine(config)
    const entries: TraceEntry[] = []
    let seen = 0
    return {
      handle: (events, at) => {
        const commands = spoil(machine.handle(events, at), config)
        const all = machine.trace().entries.slice(seen)
        seen += all.length
        entries.push(...all.filter(entry => 'event' in entry))
        entries.push(...commands.map(command => ({ at, command })))
        return commands
      },
      trace: () => ({ v: 1, config, entries }),
    }
  }

const SPOILT: readonly [
  what: string,
  spoil: Parameters<typeof spoilt>[0],
  message: RegExp | string,
][] = [
  [
    'a cancel is forgotten',
    commands => commands.filter(({ type }) => type !== 'cancel'),
    /an attempt outlived the race/,
  ],
  [
    'one is greeted twice',
    commands =>
      commands.flatMap((each): RaceCommand[] => (each.type === 'greet' ? [each, each] : [each])),
    /one was greeted twice/,
  ],
  [
    'a timer is not asked for',
    commands => commands.filter(({ type }) => type !== 'wake-at'),
    /a race had no end/,
  ],
  [
    'a provisional win is reported as the end',
    commands =>
      commands.map(each =>
        each.type === 'won' ? { type: 'won', id: each.id, hidden: each.hidden } : each,
      ),
    /an attempt outlived the race|a command after the end/,
  ],
]

void t.test('a machine that is broken is found, and its race can be run again', async t => {
  const whole = fuzzRaces({ seed: 1, events: 2000 })
  t.ok(whole.events >= 2000)
  t.ok(whole.races >= 100)
  t.equal(whole.counterexample, null)
  for (const [what, spoil, message] of SPOILT) {
    const createMachine = spoilt(spoil)
    const { counterexample } = fuzzRaces({ seed: 1, events: 20_000, createMachine })
    if (!counterexample) {
      t.fail(`${what}: not found`)
      continue
    }
    t.match(counterexample.message, message, what)
    const { seed, path, trace } = counterexample
    const again = fuzzRaces({ seed, path, events: 20_000, createMachine })
    t.equal(again.counterexample?.message, counterexample.message)
    t.strictSame(again.counterexample?.trace, trace, 'the same race')
    t.equal(fuzzRaces({ seed, path, events: 20_000 }).counterexample, null, 'which is sound')
  }
})
