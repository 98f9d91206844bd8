import t from 'tap'
import { createRaceMachine } from '../../src/eyeballs/race/machine.ts'
import type { RaceEvent, RaceTrace } from '../../src/eyeballs/race/types.ts'
import { createRaceError, isRaceError } from '../../src/library/race-error.ts'
import { RaceMachine } from '../../src/library/race-machine.ts'
import { raceConfig } from '../fixtures/race.ts'

type Step = readonly [at: number, event: RaceEvent]

const failed = (id: number, code: string, message: string): RaceEvent => ({
  type: 'connect-failed',
  id,
  code,
  message,
  sent: true,
})

/** The trace of a race over two addresses in which this happens. */
const traceOf = (steps: readonly Step[], connectTimeoutMs: number | null = null): RaceTrace => {
  const machine = new RaceMachine({
    addresses: [
      { family: 6, address: '2001:db8::1', port: 443 },
      { family: 4, address: '192.0.2.1', port: 443 },
    ],
    timing: { connectTimeoutMs },
  })
  machine.handle({ type: 'wake' }, 0)
  for (const [at, event] of steps) machine.handle(event, at)
  return machine.trace()
}

const nowhere = { host: null, port: null }

const error = (steps: readonly Step[], errors: [number, Error][] = []) =>
  createRaceError({ trace: traceOf(steps), reason: 'all-failed', errors: new Map(errors) }, nowhere)

void t.test('one text that all share, and one code', async t => {
  const first = new Error('no')
  const found = error(
    [
      [1, failed(1, 'EIO', 'no')],
      [11, { type: 'wake' }],
      [20, failed(2, 'EIO', 'no')],
    ],
    [[1, first]],
  )
  t.equal(found.message, 'no')
  t.equal(found.code, 'EIO')
  t.equal(found.name, 'RaceError')
  t.equal(String(found), 'RaceError: no')
  t.equal(found.cause, first)
  t.not(found, first, 'always a new error')
  t.equal(found.attempts[0]?.error, first)
  t.match(found.attempts[1]?.error, { code: 'EIO', message: 'no' })
  t.same(Object.keys(found).toSorted(), ['attempts', 'code', 'dns', 'host', 'port'])
})

void t.test('several texts, several codes', async t => {
  const found = error([
    [1.26, failed(1, 'ECONNREFUSED', 'a')],
    [11, { type: 'wake' }],
    [20, failed(2, 'EIO', 'b')],
  ])
  t.match(found, { message: 'Multiple exceptions: a, b', code: 'ERR_RACE_FAILED' })
  t.same(
    found.attempts.map(attempt => ({ ...attempt, error: undefined })),
    [
      {
        n: 1,
        address: '2001:db8::1',
        family: 6,
        port: 443,
        startMs: 0,
        endMs: 1.3,
        outcome: 'failed',
        code: 'ECONNREFUSED',
        error: undefined,
      },
      {
        n: 2,
        address: '192.0.2.1',
        family: 4,
        port: 443,
        startMs: 11,
        endMs: 20,
        outcome: 'failed',
        code: 'EIO',
        error: undefined,
      },
    ],
  )
  t.equal(
    error([
      [1, failed(1, 'EIO', 'a')],
      [11, { type: 'wake' }],
      [20, failed(2, 'EIO', 'b')],
    ]).code,
    'EIO',
  )
})

void t.test("each attempt's text is that of its own error", async t => {
  const six = Object.assign(new Error('connect ECONNREFUSED 2001:db8::1:443'), { code: 'EIO' })
  const four = Object.assign(new Error('the tunnel is down'), { code: 'EIO' })
  const steps: Step[] = [
    [1, failed(1, 'EIO', 'connect ECONNREFUSED [2001:db8::1]:443')],
    [11, { type: 'wake' }],
    [20, failed(2, 'EIO', 'connect EIO 192.0.2.1:443')],
  ]
  const found = error(steps, [
    [1, six],
    [2, four],
  ])
  t.equal(
    found.message,
    'Multiple exceptions: connect ECONNREFUSED 2001:db8::1:443, the tunnel is down',
  )
  const same = new Error('the tunnel is down')
  t.equal(
    error(steps, [
      [1, same],
      [2, four],
    ]).message,
    'the tunnel is down',
  )
})

void t.test('the deadline is ETIMEDOUT, with what failed before beside it', async t => {
  const trace = traceOf(
    [
      [1, failed(1, 'ECONNREFUSED', 'a')],
      [11, { type: 'wake' }],
      [1000, { type: 'wake' }],
    ],
    1000,
  )
  const found = createRaceError(
    { trace, reason: 'deadline', errors: new Map() },
    { host: 'example.com', port: 443 },
  )
  t.match(found, { code: 'ETIMEDOUT', host: 'example.com', port: 443 })
  t.same(
    found.attempts.map(({ code }) => code),
    ['ECONNREFUSED', 'ETIMEDOUT'],
  )
  t.match(found.cause, { code: 'ECONNREFUSED', message: 'a' })
})

void t.test('lookups that failed, and one that the race did not wait for', async t => {
  const query = { host: 'example.com', port: 443 }
  const machine = new RaceMachine({
    queries: [
      { ...query, record: 'AAAA' },
      { ...query, record: 'A' },
    ],
  })
  machine.handle({ type: 'wake' }, 0)
  machine.handle({ type: 'resolve-failed', id: 0, code: 'ENOTFOUND', source: 'dns' }, 4)
  // A trace grows with its race.
  const part = structuredClone(machine.trace())
  machine.handle({ type: 'resolve-failed', id: 1, code: 'ENOTFOUND', source: 'dns' }, 5)
  const target = { host: 'example.com', port: 443 }
  const found = createRaceError(
    { trace: machine.trace(), reason: 'no-addresses', errors: new Map() },
    target,
  )
  t.match(found, { code: 'ENOTFOUND', attempts: [] })
  t.match(found.dns, [
    { type: 'AAAA', host: 'example.com', endMs: 4, code: 'ENOTFOUND' },
    {
      type: 'A',
      endMs: 5,
      error: { message: 'lookup of A for example.com: no such name (NXDOMAIN)' },
    },
  ])
  t.equal(found.cause, found.dns[0]?.error)

  const early = createRaceError({ trace: part, reason: 'deadline', errors: new Map() }, target)
  t.match(early, { code: 'ETIMEDOUT' })
  t.equal(early.dns[1]?.endMs, null)
  t.equal(early.dns[1]?.error, undefined)
  const none = createRaceMachine(part.config)
  none.handle({ type: 'wake' }, 0)
  const silent = createRaceError(
    { trace: none.trace(), reason: 'deadline', errors: new Map() },
    target,
  )
  t.notOk('cause' in silent, 'nothing failed: there is no cause')
})

void t.test('it is distinguished from everything else', async t => {
  t.equal(isRaceError(error([])), true)
  const named = Object.assign(new Error('x'), { name: 'RaceError' })
  for (const other of [
    undefined,
    null,
    'RaceError',
    new Error('x'),
    named,
    Object.assign(named, { attempts: [] }),
    { name: 'RaceError', attempts: [], dns: [] },
    new DOMException('aborted', 'AbortError'),
  ]) {
    t.equal(isRaceError(other), false)
  }
})

void t.test('a lookup that did not take place is not among those that failed', async t => {
  const machine = createRaceMachine({
    ...raceConfig(),
    queries: [
      { host: 'a.example', port: 1, record: 'AAAA' },
      { host: 'a.example', port: 1, record: 'A' },
    ],
  })
  machine.handle({ type: 'wake' }, 0)
  machine.handle({ type: 'resolve-failed', id: 0, code: 'ENODATA', source: 'none' }, 1)
  machine.handle({ type: 'resolve-failed', id: 1, code: 'ENOTFOUND', source: 'dns' }, 2)
  const trace = machine.trace()
  const { dns } = createRaceError({ trace, reason: 'no-addresses', errors: new Map() }, nowhere)
  t.same(
    dns.map(({ type }) => type),
    ['A'],
  )
})
