import t from 'tap'
import {
  createResolving,
  isAwaiting,
  isPending,
  mayStart,
  resolutionDelayEnd,
} from '../../../src/eyeballs/race/resolution.ts'
import type { Candidate } from '../../../src/eyeballs/race/types.ts'
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

type Resolving = ReturnType<typeof createResolving>

const config = raceConfig()

const answer = (state: Resolving, id: number, ...found: (string | Candidate)[]): void => {
  const lookup = state.lookups[id]
  if (!lookup) throw new Error(`no lookup ${id}`)
  lookup.status = found.length > 0 ? 'positive' : 'negative'
  lookup.candidates = found.map(each => (typeof each === 'string' ? candidate(each) : each))
}

void t.test('a race begins with every lookup out and no answer', async t => {
  t.strictSame(createResolving(config, 7), {
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
    const state = createResolving(config, 7)
    t.equal(resolutionDelayEnd(state, config), Infinity)
    state.firstAnswerAt = 12
    t.equal(resolutionDelayEnd(state, config), 62)
  },
)

void t.test('an address of the preferred family starts the race at once', async t => {
  const state = createResolving(config, 0)
  state.firstAnswerAt = 5
  answer(state, AAAA, v6(1))
  t.equal(mayStart(state, config, 5), true)
})

void t.test('an address of the other family waits, to the millisecond', async t => {
  const state = createResolving(config, 0)
  state.firstAnswerAt = 5
  answer(state, A, v4(1))
  t.equal(mayStart(state, config, 54.9), false)
  t.equal(mayStart(state, config, 55), true)
})

void t.test('a negative answer of the preferred family ends the wait', async t => {
  const state = createResolving(config, 0)
  state.firstAnswerAt = 5
  answer(state, A, v4(1))
  answer(state, AAAA)
  t.equal(mayStart(state, config, 5), true)
})

void t.test('a race without a lookup of the preferred family never waits', async t => {
  const only4 = raceConfig({ queries: [{ host: '192.0.2.1', port: 443, record: 'A' }] })
  const state = createResolving(only4, 0)
  state.firstAnswerAt = 0
  answer(state, 0, v4(1))
  t.equal(mayStart(state, only4, 0), true)
})

void t.test('a lookup is pending until it is answered, well or not', async t => {
  const state = createResolving(config, 0)
  t.equal(isPending(state), true)
  answer(state, AAAA, v6(1))
  t.equal(isPending(state), true)
  answer(state, A)
  t.equal(isPending(state), false)
})

void t.test('while an expired answer is refreshed something may still come', async t => {
  const state = createResolving(config, 0)
  t.equal(isAwaiting(state), true)
  answer(state, AAAA, v6(1))
  answer(state, A)
  t.equal(isAwaiting(state), false)
  const [aaaa] = state.lookups
  if (aaaa) aaaa.refreshing = true
  t.equal(isAwaiting(state), true)
  t.equal(isPending(state), false)
  t.equal(mayStart(state, config, 0), true, 'no start waits for that')
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
    const state = createResolving(config, 0)
    state.firstAnswerAt = 5
    answer(state, AAAA, marked(address, source))
    t.equal(mayStart(state, config, 54.9), false)
    t.equal(mayStart(state, config, 55), true, 'no longer than the Resolution Delay')
    const first = raceConfig({ order: 'preferred' })
    t.equal(mayStart(state, first, 5), true, 'unless its family goes first in any case')
    const given = raceConfig({ order: 'given' })
    t.equal(mayStart(state, given, 5), true, 'or the order was given by hand')
    answer(state, AAAA, marked(address, source), marked(v6(2), { source: v6(9) }))
    t.equal(mayStart(state, config, 5), true, 'or another one is beyond doubt')
    answer(state, AAAA, marked(address, source))
    answer(state, A, v4(1))
    t.equal(mayStart(state, config, 5), true, 'or IPv4 is there')
    answer(state, A)
    t.equal(mayStart(state, config, 5), true, 'or there is none')
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
    const state = createResolving(config, 0)
    state.firstAnswerAt = 5
    for (const [id, ...found] of answers) answer(state, id, ...found)
    t.equal(mayStart(state, config, 5), starts)
    t.equal(mayStart(state, config, 55), true, 'at the latest when its time is over')
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
