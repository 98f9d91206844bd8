import t from 'tap'
import {
  createResolving,
  isPending,
  mayStart,
  resolutionDelayEnd,
} from '../../../src/eyeballs/race/resolution.ts'
import type { Candidate } from '../../../src/eyeballs/race/types.ts'
import { A, AAAA, candidate, demoted, marked, raceConfig, v4, v6 } from '../../fixtures/race.ts'

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
      { record: 'AAAA', status: 'pending', candidates: [] },
      { record: 'A', status: 'pending', candidates: [] },
    ],
    firstAnswerAt: null,
  })
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

void t.test('an address of the preferred family starts the race at once (Q4, Q6)', async t => {
  const state = createResolving(config, 0)
  state.firstAnswerAt = 5
  answer(state, AAAA, v6(1))
  t.equal(mayStart(state, config, 5), true)
})

void t.test('an address of the other family waits (Q5), to the millisecond', async t => {
  const state = createResolving(config, 0)
  state.firstAnswerAt = 5
  answer(state, A, v4(1))
  t.equal(mayStart(state, config, 54.9), false)
  t.equal(mayStart(state, config, 55), true)
})

void t.test('a negative answer of the preferred family ends the wait (Q7)', async t => {
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
