import t from 'tap'
import type { Suspicion } from '../../../src/eyeballs/history/suspicion.ts'
import {
  EVIDENCE_MAX_AGE_MS,
  SUSPICION_MAX_AGE_MS,
  TRIAL_INTERVAL_MS,
  TRIAL_RACES,
  dueTry,
  hold,
  isFresh,
  isHeld,
  isRemembered,
  suspect,
} from '../../../src/eyeballs/history/suspicion.ts'

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
