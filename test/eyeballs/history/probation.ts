import t from 'tap'
import { createProbation } from '../../../src/eyeballs/history/probation.ts'
import type { Suspicion } from '../../../src/eyeballs/history/suspicion.ts'
import {
  EVIDENCE_MAX_AGE_MS,
  TRIAL_INTERVAL_MS,
  TRIAL_RACES,
  suspect,
} from '../../../src/eyeballs/history/suspicion.ts'

const suspicion = (): Suspicion => suspect(undefined, 0)

t.test('nothing held against it, nothing said', async t => {
  t.equal(createProbation().sentence(undefined, undefined, 0), undefined)
})

t.test('it is passed over once for each race, however many addresses it has there', async t => {
  const around = suspicion()
  for (let race = 1; race <= TRIAL_RACES; race++) {
    const { sentence } = createProbation()
    t.equal(sentence(undefined, around, 1), 'demoted')
    t.equal(sentence(suspicion(), around, 1), 'demoted')
    t.equal(around.passedOver, race)
  }
  t.equal(createProbation().sentence(undefined, around, 1), 'trial')
})

t.test('an address stands for itself where its network is sound', async t => {
  const own = suspicion()
  t.equal(createProbation().sentence(own, undefined, 1), 'demoted')
  t.equal(createProbation().sentence(own, undefined, TRIAL_INTERVAL_MS), 'trial')
})

t.test('a trial is for one address, and for one race at a time', async t => {
  const around = suspicion()
  const first = createProbation()
  const second = createProbation()
  const now = TRIAL_INTERVAL_MS
  t.equal(first.sentence(undefined, around, now), 'trial')
  t.equal(first.sentence(undefined, around, now), 'demoted', 'the other address of the network')
  t.equal(second.sentence(undefined, around, now), 'demoted', 'another race')
  first.release()
  second.release()
  t.equal(createProbation().sentence(undefined, around, now), 'demoted', 'it has just been tried')
  t.equal(createProbation().sentence(undefined, around, now + TRIAL_INTERVAL_MS), 'trial')
})

t.test('a race tries one thing', async t => {
  const { sentence } = createProbation()
  t.equal(sentence(undefined, suspicion(), TRIAL_INTERVAL_MS), 'trial')
  t.equal(sentence(undefined, suspicion(), TRIAL_INTERVAL_MS), 'demoted')
})

t.test('a full try is for the whole network, but what else is suspected in it', async t => {
  const around = suspicion()
  const now = EVIDENCE_MAX_AGE_MS
  const race = createProbation()
  t.equal(race.sentence(undefined, around, now), 'full')
  t.equal(race.sentence(undefined, around, now), 'full')
  t.equal(race.sentence(suspicion(), around, now), 'full', 'void evidence is none')
  t.equal(race.sentence(suspect(undefined, now - 1), around, now), 'demoted')
  t.equal(createProbation().sentence(undefined, around, now), 'demoted', 'others wait')
  race.release()
  t.equal(createProbation().sentence(undefined, around, now), 'full', 'nothing was learnt')
})

t.test('a race that never ends keeps others waiting for 3 s', async t => {
  const around = suspicion()
  const now = EVIDENCE_MAX_AGE_MS
  const stuck = createProbation()
  stuck.sentence(undefined, around, now)
  t.equal(createProbation().sentence(undefined, around, now + 2999), 'demoted')
  const next = createProbation()
  t.equal(next.sentence(undefined, around, now + 3000), 'full')
  stuck.release()
  t.equal(
    createProbation().sentence(undefined, around, now + 3001),
    'demoted',
    'the next race has it now',
  )
})
