import t from 'tap'
import type { Suspicion } from '../../../src/eyeballs/history/demotion.ts'
import {
  EVIDENCE_MAX_AGE_MS,
  SUSPICION_MAX_AGE_MS,
  TRIAL_INTERVAL_MS,
  TRIAL_RACES,
  createProbation,
  dueTry,
  hold,
  isFresh,
  isHeld,
  isRemembered,
  suspect,
} from '../../../src/eyeballs/history/demotion.ts'

const begun = (at = 0): Suspicion => suspect(undefined, at)

t.test('evidence is void after two minutes, and forgotten after ten', async t => {
  const suspicion = begun()
  t.equal(isFresh(suspicion, EVIDENCE_MAX_AGE_MS - 1), true)
  t.equal(isFresh(suspicion, EVIDENCE_MAX_AGE_MS), false)
  t.equal(isRemembered(suspicion, SUSPICION_MAX_AGE_MS - 1), true)
  t.equal(isRemembered(suspicion, SUSPICION_MAX_AGE_MS), false)
  t.equal(isFresh(undefined, 0), false)
  t.equal(isRemembered(undefined, 0), false)
})

t.test('new evidence counts from now, and does not put off the next trial', async t => {
  const suspicion = begun()
  suspicion.passedOver = 7
  t.equal(suspect(suspicion, 5000), suspicion)
  t.match(suspicion, { evidenceAt: 5000, passedOver: 7, triedAt: 0 })
  t.equal(suspect(suspicion, 6000, true).deaf, true)
  t.equal(suspect(suspicion, 5000).deaf, true, 'and so it stays')
  const later = suspect(suspicion, 5000 + SUSPICION_MAX_AGE_MS)
  t.not(later, suspicion, 'what was forgotten begins anew')
  t.match(later, { passedOver: 0, triedAt: 5000 + SUSPICION_MAX_AGE_MS })
})

t.test('a trial is due after 16 races, or after 15 s', async t => {
  const suspicion = begun()
  t.equal(dueTry(suspicion, TRIAL_INTERVAL_MS - 1), undefined)
  t.equal(dueTry(suspicion, TRIAL_INTERVAL_MS), 'trial')
  suspicion.passedOver = TRIAL_RACES - 1
  t.equal(dueTry(suspicion, 1), undefined)
  suspicion.passedOver = TRIAL_RACES
  t.equal(dueTry(suspicion, 1), 'trial')
})

t.test('where evidence is void a full try is due', async t => {
  t.equal(dueTry(begun(), EVIDENCE_MAX_AGE_MS), 'full')
})

t.test('a head start shows nothing of what takes connections: it waits for a full try', async t => {
  const suspicion = suspect(undefined, 0, true)
  suspicion.passedOver = TRIAL_RACES
  t.equal(dueTry(suspicion, TRIAL_INTERVAL_MS), undefined)
  t.equal(dueTry(suspicion, EVIDENCE_MAX_AGE_MS), 'full')
})

t.test('one race at a time tries, for 3 s at most', async t => {
  const suspicion = begun()
  t.equal(isHeld(suspicion, 0), false)
  suspicion.passedOver = TRIAL_RACES
  const race = {}
  hold(suspicion, race, 'trial', 100)
  t.match(suspicion, { full: false, passedOver: 0, triedAt: 100 })
  t.equal(suspicion.holder, race)
  t.equal(isHeld(suspicion, 3099), true)
  t.equal(isHeld(suspicion, 3100), false)
  hold(suspicion, race, 'full', 4000)
  t.equal(suspicion.full, true)
})

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
