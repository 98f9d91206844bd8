import t from 'tap'
import type { Evidence } from '../../../src/eyeballs/history/evidence.ts'
import { evidenceOf } from '../../../src/eyeballs/history/evidence.ts'
import { createRaceMachine } from '../../../src/eyeballs/race/machine.ts'
import type { RaceConfig, RaceEvent } from '../../../src/eyeballs/race/types.ts'
import {
  A,
  AAAA,
  aborted,
  candidate,
  connected,
  denied,
  raceConfig,
  refused,
  resolveFailed,
  resolved,
  unreachable,
  v4,
  v6,
  wake,
} from '../../fixtures/race.ts'

type Step = readonly [at: number, event: RaceEvent]

/** Both families known at 0, the first attempt under way. */
const known: readonly Step[] = [
  [0, wake],
  [0, resolved(AAAA, v6(1))],
  [0, resolved(A, v4(1))],
]

const hello: RaceEvent = { type: 'hello' }
const confirmed = (id: number): RaceEvent => ({ type: 'confirmed', id })
const failed = (id: number, code: string, sent = true): RaceEvent => ({
  type: 'connect-failed',
  id,
  code,
  message: code,
  sent,
})

/**
 * What a race of these events teaches, in words, where 250 ms without an answer mean something.
 *
 * @param apart attempts by another path
 */
const taught = (
  steps: readonly Step[],
  changes: Parameters<typeof raceConfig>[0] = {},
  apart?: ReadonlySet<number>,
): readonly string[] => {
  const machine = createRaceMachine(raceConfig(changes))
  for (const [at, event] of steps) machine.handle(event, at)
  return evidenceOf(machine.trace(), () => 250, apart).map(
    ({ candidate: { address }, what, roundTripMs }: Evidence) =>
      `${address} ${what}${roundTripMs === undefined ? '' : ` ${roundTripMs}`}`,
  )
}

t.test('the winner answered, in the time of its handshake', async t => {
  t.strictSame(taught([...known, [30, connected(1)]]), [`${v6(1)} answered 30`])
})

t.test('who was given its time while another one answered is silent', async t => {
  const steps: readonly Step[] = [...known, [250, wake], [280, connected(2)]]
  t.strictSame(taught(steps), [`${v6(1)} silent`, `${v4(1)} answered 30`])
})

t.test('an attempt by another path teaches nothing', async t => {
  const steps: readonly Step[] = [...known, [250, wake], [280, connected(2)]]
  t.strictSame(taught(steps, {}, new Set([1])), [`${v4(1)} answered 30`])
  // Only a winner by the same path shows that the path was not dead itself.
  t.strictSame(taught(steps, {}, new Set([2])), [])
  t.strictSame(taught(steps, {}, new Set([1, 2])), [])
})

t.test('who was not given its time is not', async t => {
  const steps: readonly Step[] = [...known, [100, wake], [249, connected(2)]]
  t.strictSame(taught(steps, { timing: { connectionAttemptDelayMs: 100 } }), [
    `${v4(1)} answered 149`,
  ])
})

t.test('nobody else answered: a dead network looks the same as a failure of this host', async t => {
  t.strictSame(
    taught([...known, [250, wake], [300, failed(1, 'ETIMEDOUT')], [400, refused(2)]]),
    [],
  )
  const limits = { timing: { connectTimeoutMs: 1000 } }
  t.strictSame(taught([...known, [250, wake], [1000, wake]], limits), [])
  t.strictSame(taught([...known, [250, wake], [900, aborted]]), [])
  t.strictSame(taught([[0, wake]]), [])
})

t.test('refused is an answer; so is what this host or a rule says', async t => {
  for (const event of [refused(1), unreachable(1), denied(1), failed(1, 'EHOSTUNREACH', false)]) {
    t.strictSame(taught([...known, [5, event], [15, wake], [40, connected(2)]]).slice(0, -1), [])
  }
})

t.test('a packet went out, and a router or the system says that it is lost', async t => {
  for (const code of ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']) {
    const steps: readonly Step[] = [...known, [5, failed(1, code)], [15, wake], [40, connected(2)]]
    t.strictSame(taught(steps), [`${v6(1)} silent`, `${v4(1)} answered 25`], code)
  }
})

t.test('the own limit of an attempt is judged by its time', async t => {
  const steps: readonly Step[] = [...known, [300, wake], [320, connected(2)]]
  const long = { timing: { attemptTimeoutMs: 300, connectionAttemptDelayMs: null } }
  t.strictSame(taught(steps, long), [`${v6(1)} silent`, `${v4(1)} answered 20`])
  const short = { timing: { attemptTimeoutMs: 100, connectionAttemptDelayMs: null } }
  t.strictSame(taught([...known, [100, wake], [120, connected(2)]], short), [
    `${v4(1)} answered 20`,
  ])
})

t.test('one that had connected by then answered, nobody knows when', async t => {
  const steps: readonly Step[] = [...known, [250, wake], [280, connected(2)], [280, connected(1)]]
  t.strictSame(taught(steps), [`${v6(1)} answered`, `${v4(1)} answered 30`])
})

t.test('lookups count their ids apart', async t => {
  const steps: readonly Step[] = [
    ...known,
    [10, resolved(AAAA, v6(1))],
    [11, resolveFailed(A)],
    [30, connected(1)],
  ]
  t.strictSame(taught(steps), [`${v6(1)} answered 30`])
})

t.test('a NAT64 address is reported with the one in it, by the port that was dialled', async t => {
  const config: RaceConfig = raceConfig({
    queries: [],
    addresses: [
      { ...candidate(v6(1)), port: 80 },
      { ...candidate(v6(1)), embedded: v4(1) },
    ],
  })
  const machine = createRaceMachine(config)
  machine.handle(wake, 0)
  machine.handle(refused(1), 5)
  machine.handle(wake, 15)
  machine.handle(connected(2), 30)
  t.match(
    evidenceOf(machine.trace(), () => 250).map(evidence => evidence.candidate),
    [{ address: v6(1), embedded: v4(1), port: 443 }],
  )
})

t.test('an address that a later answer no longer has is reported, too', async t => {
  const steps: readonly Step[] = [...known, [10, resolved(AAAA, v6(2))], [30, connected(1)]]
  t.strictSame(taught(steps), [`${v6(1)} answered 30`])
})

t.test('a trace that has lost its answers still names what was dialled', async t => {
  const machine = createRaceMachine(raceConfig())
  for (const [at, event] of [...known, [30, connected(1)]] as const) machine.handle(event, at)
  const { entries, ...rest } = machine.trace()
  const cut = entries.filter(each => !('event' in each && each.event.type === 'resolved'))
  t.strictSame(
    evidenceOf({ ...rest, entries: cut }, () => 250).map(evidence => evidence.candidate),
    [{ address: v6(1) }],
  )
})

const tls = { confirm: 'tls' } as const

t.test('greeted before the one that answered, and unresponsive', async t => {
  const steps: readonly Step[] = [...known, [20, connected(1)], [30, hello]]
  // Twice the handshake and the attempt delay later the next one is dialled, and greeted.
  const next: readonly Step[] = [
    [320, wake],
    [340, connected(2)],
    [360, confirmed(2)],
  ]
  t.strictSame(taught([...steps, ...next], tls), [
    `${v6(1)} unresponsive 20`,
    `${v4(1)} confirmed 20`,
  ])
  const first: readonly Step[] = [...next.slice(0, -1), [360, confirmed(1)]]
  t.strictSame(taught([...steps, ...first], tls), [
    `${v6(1)} confirmed 20`,
    `${v4(1)} connected 20`,
  ])
})

t.test('where nobody has answered in the end, nobody was unresponsive', async t => {
  const machine = createRaceMachine(raceConfig(tls))
  const steps: readonly Step[] = [...known, [20, connected(1)], [30, hello], [320, wake]]
  for (const [at, event] of [...steps, [340, connected(2)], [360, confirmed(2)]] as const) {
    machine.handle(event, at)
  }
  const { entries, ...rest } = machine.trace()
  const unconfirmed = entries.filter(each => !('event' in each && each.event.type === 'confirmed'))
  t.strictSame(
    evidenceOf({ ...rest, entries: unconfirmed }, () => 250).map(({ what }) => what),
    ['connected', 'answered'],
  )
})

t.test('a target that speaks first says nothing of the others', async t => {
  const steps: readonly Step[] = [
    ...known,
    [250, wake],
    [280, connected(2)],
    [290, connected(1)],
    [300, confirmed(2)],
  ]
  t.strictSame(taught(steps, tls), [`${v6(1)} connected 290`, `${v4(1)} confirmed 30`])
})

t.test('one that closed before it answered is neither', async t => {
  const steps: readonly Step[] = [
    ...known,
    [20, connected(1)],
    [30, hello],
    [40, failed(1, 'ETIMEDOUT')],
    [50, wake],
    [70, connected(2)],
  ]
  t.strictSame(taught(steps, tls), [`${v4(1)} answered 30`])
})

t.test('an attempt that was not started shows nothing', async t => {
  const deferred: RaceEvent = { type: 'deferred', id: 2 }
  const steps: readonly Step[] = [...known, [250, wake], [250, deferred]]
  t.strictSame(taught([...steps, [600, connected(1)]]), [`${v6(1)} answered 600`])
  t.strictSame(taught([...steps, [300, wake], [320, connected(2)]]), [
    `${v6(1)} silent`,
    `${v4(1)} answered 20`,
  ])
})
