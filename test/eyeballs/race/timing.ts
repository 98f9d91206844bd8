import t from 'tap'
import { createResolving } from '../../../src/eyeballs/race/racing.ts'
import type { Attempt } from '../../../src/eyeballs/race/state.ts'
import {
  attemptDeadlineAt,
  deadlineAt,
  deferralEndAt,
  floorAt,
  isAwaiting,
  isPending,
  mayStart,
  resolutionDelayEnd,
  freeAt,
  startDueAt,
  turnDueAt,
} from '../../../src/eyeballs/race/timing.ts'
import type { Candidate } from '../../../src/eyeballs/race/types.ts'
import { attemptAt } from '../../fixtures/race-state.ts'
import {
  A,
  AAAA,
  candidate,
  demoted,
  marked,
  queriesFor,
  raceConfig,
  v4,
  v6,
} from '../../fixtures/race.ts'

const attempt = (id: number, startedAt: number, changes: Partial<Attempt> = {}): Attempt =>
  attemptAt(v6(id), { id, startedAt, ...changes })

const config = raceConfig()

void t.test('the first attempt is due at once', async t => {
  t.equal(startDueAt([], config), -Infinity)
})

void t.test('the next is due a Connection Attempt Delay after the newest start', async t => {
  t.equal(startDueAt([attempt(1, 100)], config), 350)
  t.equal(startDueAt([attempt(1, 100), attempt(2, 350)], config), 600)
})

void t.test('after the newest failed, or with none in flight, only the floor counts', async t => {
  const failed = { status: 'failed' } as const
  t.equal(startDueAt([attempt(1, 0), attempt(2, 250, failed)], config), 260)
  t.equal(startDueAt([attempt(1, 0, failed), attempt(2, 250)], config), 500)
  t.equal(startDueAt([attempt(1, 0, failed)], config), 10)
})

void t.test('an attempt that put no packet on the wire leaves no trace in the timing', async t => {
  const local = { status: 'failed', sent: false } as const
  t.equal(startDueAt([attempt(1, 0, local)], config), -Infinity)
  t.equal(startDueAt([attempt(1, 0), attempt(2, 250, local)], config), 250)
  t.equal(
    startDueAt(
      [attempt(1, 0), attempt(2, 250, { status: 'failed' }), attempt(3, 262, local)],
      config,
    ),
    260,
  )
})

void t.test(
  'no delay: only a failure starts the next; a delay below the floor is the floor',
  async t => {
    const serial = raceConfig({ timing: { connectionAttemptDelayMs: null } })
    t.equal(startDueAt([attempt(1, 0)], serial), Infinity)
    t.equal(startDueAt([attempt(1, 0, { status: 'failed' })], serial), 10)
    t.equal(
      startDueAt([attempt(1, 0)], raceConfig({ timing: { connectionAttemptDelayMs: 3 } })),
      10,
    )
  },
)

void t.test("a candidate's own delay counts, the floor below it, and no delay is none", async t => {
  const own = (attemptDelayMs: number): Attempt[] => [
    attempt(1, 100, { candidate: marked(v6(1), { attemptDelayMs }) }),
  ]
  t.equal(startDueAt(own(20), config), 120)
  t.equal(startDueAt(own(1200), config), 1300)
  t.equal(startDueAt(own(3), config), 110)
  t.equal(startDueAt(own(20), raceConfig({ timing: { connectionAttemptDelayMs: null } })), Infinity)
})

void t.test('one that was denied starts the next as one that failed, sent or not', async t => {
  t.equal(startDueAt([attempt(1, 0, { status: 'denied' })], config), 10)
  t.equal(startDueAt([attempt(1, 0, { status: 'denied', sent: false })], config), -Infinity)
})

void t.test('the floor stands 10 ms behind the newest that was sent', async t => {
  t.equal(floorAt([]), -Infinity)
  t.equal(floorAt([attempt(1, 0), attempt(2, 250)]), 260)
  t.equal(floorAt([attempt(1, 0), attempt(2, 250, { sent: false })]), 10)
})

void t.test('whose turn it is to get the ClientHello, and when', async t => {
  const due = (at: number, changes: Partial<Attempt>, delay: number | null = 250): number =>
    turnDueAt(
      [{ attempt: attempt(1, 100, changes), at, greeted: true }],
      raceConfig({ timing: { connectionAttemptDelayMs: delay } }),
    )
  const connected = { status: 'connected', connectedAt: 140 } as const
  t.equal(turnDueAt([], config), -Infinity, 'the first: at once')
  t.equal(due(150, connected), 150 + 2 * 40 + 250)
  t.equal(due(150, { ...connected, connectedAt: 1200 }), 150 + 2000, 'at most 2 s')
  t.equal(due(150, connected, null), Infinity)
  t.equal(due(150, {}), 150 + 250, 'it still connects')
  t.equal(due(150, {}, null), Infinity)
  t.equal(due(150, { candidate: marked(v6(1), { attemptDelayMs: 30 }) }), 180)
  t.equal(due(150, { ...connected, status: 'failed' }), -Infinity, 'closed')
  t.equal(due(150, { status: 'denied' }), -Infinity)
  const calls = [connected, {}].map((changes, i) => ({
    attempt: attempt(i + 1, 0, changes),
    at: 400 * i,
    greeted: true,
  }))
  t.equal(turnDueAt(calls, config), 650, 'the newest counts')
})

void t.test('the cap has room again when an attempt ends or is 3 s old', async t => {
  const two = raceConfig({ maxConcurrentAttempts: 2 })
  const one = attempt(1, 0)
  t.equal(freeAt([one], 250, two), -Infinity)
  t.equal(freeAt([one, attempt(2, 250)], 300, two), 3000)
  t.equal(freeAt([one, attempt(2, 250)], 3000, two), -Infinity)
  t.equal(freeAt([one, attempt(2, 250), attempt(3, 3000)], 3001, two), 3250)
  t.equal(freeAt([attempt(1, 0, { status: 'failed' }), attempt(2, 250)], 300, two), -Infinity)
})

void t.test('deadlines are absolute; without a limit they never come', async t => {
  const live = { name: 'resolving', startedAt: 40, lookups: [], firstAnswerAt: null } as const
  const limited = raceConfig({ timing: { connectTimeoutMs: 1000, attemptTimeoutMs: 200 } })
  t.equal(deadlineAt(live, limited), 1040)
  t.equal(deadlineAt(live, config), Infinity)
  t.equal(attemptDeadlineAt(attempt(1, 30), limited), 230)
  t.equal(attemptDeadlineAt(attempt(1, 30), config), Infinity)
})

void t.test(
  'an attempt that no descriptor was free for waits as long as the next one would',
  async t => {
    const delay = (connectionAttemptDelayMs: number | null) =>
      raceConfig({ timing: { connectionAttemptDelayMs } })
    t.equal(deferralEndAt(100, config), 350)
    t.equal(deferralEndAt(100, delay(0)), 110, 'never less than the floor')
    t.equal(deferralEndAt(100, delay(null)), Infinity, 'until a wake')
  },
)

type Resolving = ReturnType<typeof createResolving>

const preferred6 = raceConfig()

const answer = (state: Resolving, id: number, ...found: (string | Candidate)[]): void => {
  const lookup = state.lookups[id]
  if (!lookup) throw new Error(`no lookup ${id}`)
  lookup.status = found.length > 0 ? 'positive' : 'negative'
  lookup.candidates = found.map(each => (typeof each === 'string' ? candidate(each) : each))
}

void t.test('a race begins with every lookup out and no answer', async t => {
  t.strictSame(createResolving(preferred6, 7), {
    name: 'resolving',
    startedAt: 7,
    lookups: [
      { record: 'AAAA', name: 0, status: 'pending', refreshing: false, candidates: [] },
      { record: 'A', name: 0, status: 'pending', refreshing: false, candidates: [] },
    ],
    firstAnswerAt: null,
  })
})

void t.test('the lookups of one host are those of one name', async t => {
  const queries = queriesFor(['a.example', 'AAAA'], ['a.example', 'A'], ['b.example', 'AAAA'])
  const { lookups } = createResolving(raceConfig({ queries }), 0)
  t.strictSame(
    lookups.map(({ name }) => name),
    [0, 0, 2],
  )
})

void t.test(
  'the Resolution Delay runs from the first answer; before one it has no end',
  async t => {
    const state = createResolving(preferred6, 7)
    t.equal(resolutionDelayEnd(state, preferred6), Infinity)
    state.firstAnswerAt = 12
    t.equal(resolutionDelayEnd(state, preferred6), 62)
  },
)

void t.test('an address of the preferred family starts the race at once', async t => {
  const state = createResolving(preferred6, 0)
  state.firstAnswerAt = 5
  answer(state, AAAA, v6(1))
  t.equal(mayStart(state, preferred6, 5), true)
})

void t.test('an address of the other family waits, to the millisecond', async t => {
  const state = createResolving(preferred6, 0)
  state.firstAnswerAt = 5
  answer(state, A, v4(1))
  t.equal(mayStart(state, preferred6, 54.9), false)
  t.equal(mayStart(state, preferred6, 55), true)
})

void t.test('a negative answer of the preferred family ends the wait', async t => {
  const state = createResolving(preferred6, 0)
  state.firstAnswerAt = 5
  answer(state, A, v4(1))
  answer(state, AAAA)
  t.equal(mayStart(state, preferred6, 5), true)
})

void t.test('a race without a lookup of the preferred family never waits', async t => {
  const only4 = raceConfig({ queries: [{ host: '192.0.2.1', port: 443, record: 'A' }] })
  const state = createResolving(only4, 0)
  state.firstAnswerAt = 0
  answer(state, 0, v4(1))
  t.equal(mayStart(state, only4, 0), true)
})

void t.test('a lookup is pending until it is answered, well or not', async t => {
  const state = createResolving(preferred6, 0)
  t.equal(isPending(state), true)
  answer(state, AAAA, v6(1))
  t.equal(isPending(state), true)
  answer(state, A)
  t.equal(isPending(state), false)
})

void t.test('while an expired answer is refreshed something may still come', async t => {
  const state = createResolving(preferred6, 0)
  t.equal(isAwaiting(state), true)
  answer(state, AAAA, v6(1))
  answer(state, A)
  t.equal(isAwaiting(state), false)
  const [aaaa] = state.lookups
  if (aaaa) aaaa.refreshing = true
  t.equal(isAwaiting(state), true)
  t.equal(isPending(state), false)
  t.equal(mayStart(state, preferred6, 0), true, 'no start waits for that')
})

/** Of an address that is first whatever IPv4 brings, what of its source makes that doubtful. */
const DOUBTS: readonly [what: string, address: string, source: Partial<Candidate>][] = [
  ['no source', v6(1), { source: null }],
  ['a source of another scope', v6(1), { source: 'fe80::1' }],
  ['a deprecated source', v6(1), { source: v6(9), sourceDeprecated: true }],
  ['a unique local source', v6(1), { source: 'fd00::9' }],
  ['a 6to4 source', v6(1), { source: '2002:c633:6401::9' }],
  ['a precedence below that of IPv4', 'fd00::1', { source: 'fd00::9' }],
]

for (const [what, address, source] of DOUBTS) {
  void t.test(`an IPv6 address with ${what} waits for IPv4`, async t => {
    const state = createResolving(preferred6, 0)
    state.firstAnswerAt = 5
    answer(state, AAAA, marked(address, source))
    t.equal(mayStart(state, preferred6, 54.9), false)
    t.equal(mayStart(state, preferred6, 55), true, 'no longer than the Resolution Delay')
    const first = raceConfig({ order: 'preferred' })
    t.equal(mayStart(state, first, 5), true, 'unless its family goes first in any case')
    const given = raceConfig({ order: 'given' })
    t.equal(mayStart(state, given, 5), true, 'or the order was given by hand')
    answer(state, AAAA, marked(address, source), marked(v6(2), { source: v6(9) }))
    t.equal(mayStart(state, preferred6, 5), true, 'or another one is beyond doubt')
    answer(state, AAAA, marked(address, source))
    answer(state, A, v4(1))
    t.equal(mayStart(state, preferred6, 5), true, 'or IPv4 is there')
    answer(state, A)
    t.equal(mayStart(state, preferred6, 5), true, 'or there is none')
    const known = raceConfig({ addresses: [marked(address, source)] })
    t.equal(mayStart(createResolving(known, 5), known, 5), false, 'nor does one that was given')
  })
}

void t.test('IPv4, where it is the preferred family, starts at once', async t => {
  const four = raceConfig({ preferredFamily: 4, policyTable: 'updated' })
  const state = createResolving(four, 0)
  state.firstAnswerAt = 5
  answer(state, A, marked(v4(1), { source: '192.0.2.77' }))
  t.equal(mayStart(state, four, 5), true)
  answer(state, A, marked(v4(1), { source: null }))
  t.equal(mayStart(state, four, 5), false, 'unless it has no source')
})

type Answers = readonly (readonly [id: number, ...found: (string | Candidate)[]])[]

const STARTS: readonly [name: string, answers: Answers, starts: boolean][] = [
  ['a demoted one of the preferred family', [[AAAA, demoted(v6(1))]], false],
  ['a demoted and a sound one of it', [[AAAA, demoted(v6(1)), v6(2)]], true],
  [
    'a sound one of the other, its own demoted',
    [
      [AAAA, demoted(v6(1))],
      [A, v4(1)],
    ],
    true,
  ],
  ['a sound one of the other alone', [[A, v4(1)]], false],
  ['a demoted one of the other alone', [[A, demoted(v4(1))]], false],
  ['a demoted one of the other, its own negative', [[A, demoted(v4(1))], [AAAA]], true],
  [
    'all demoted, nothing out',
    [
      [AAAA, demoted(v6(1))],
      [A, demoted(v4(1))],
    ],
    true,
  ],
  ['a demoted one, the other negative', [[AAAA, demoted(v6(1))], [A]], true],
]

for (const [name, answers, starts] of STARTS) {
  void t.test(`a race ${starts ? 'starts' : 'waits'} with ${name}`, async t => {
    const state = createResolving(preferred6, 0)
    state.firstAnswerAt = 5
    for (const [id, ...found] of answers) answer(state, id, ...found)
    t.equal(mayStart(state, preferred6, 5), starts)
    t.equal(mayStart(state, preferred6, 55), true, 'at the latest when its time is over')
  })
}

void t.test('addresses that need no lookup are an answer that is there from the begin', async t => {
  const known = (...addresses: Candidate[]) => raceConfig({ addresses })
  const starts = (about: ReturnType<typeof known>, now: number): boolean =>
    mayStart(createResolving(about, 7), about, now)
  t.equal(createResolving(known(candidate(v4(1))), 7).firstAnswerAt, 7)
  t.equal(createResolving(known(), 7).firstAnswerAt, null)
  t.equal(starts(known(candidate(v6(1))), 7), true)
  t.equal(starts(known(demoted(v6(1))), 7), false)
  t.equal(starts(known(candidate(v4(1))), 7), false)
  t.equal(starts(known(candidate(v4(1))), 57), true)
  const nat64 = marked('64:ff9b::c000:201', { embedded: '192.0.2.1' })
  t.equal(starts(known(nat64), 7), false, 'it counts as IPv4')
})
