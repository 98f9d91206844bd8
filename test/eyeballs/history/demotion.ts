import t from 'tap'
import type { Demotion } from '../../../src/eyeballs/history/demotion.ts'
import {
  EVIDENCE_MAX_AGE_MS,
  DEMOTION_MAX_AGE_MS,
  PROBE_INTERVAL_MS,
  PROBE_RACES,
  createRaceProbe,
  dueProbe,
  startProbe,
  isFresh,
  isProbed,
  isRemembered,
  demote,
} from '../../../src/eyeballs/history/demotion.ts'

const begun = (at = 0): Demotion => demote(undefined, at)

t.test('evidence is void after two minutes, and forgotten after ten', async t => {
  const demotion = begun()
  t.equal(isFresh(demotion, EVIDENCE_MAX_AGE_MS - 1), true)
  t.equal(isFresh(demotion, EVIDENCE_MAX_AGE_MS), false)
  t.equal(isRemembered(demotion, DEMOTION_MAX_AGE_MS - 1), true)
  t.equal(isRemembered(demotion, DEMOTION_MAX_AGE_MS), false)
  t.equal(isFresh(undefined, 0), false)
  t.equal(isRemembered(undefined, 0), false)
})

t.test('new evidence counts from now, and does not put off the next probe', async t => {
  const demotion = begun()
  demotion.passedOver = 7
  t.equal(demote(demotion, 5000), demotion)
  t.match(demotion, { evidenceAt: 5000, passedOver: 7, probedAt: 0 })
  t.equal(demote(demotion, 6000, true).unresponsive, true)
  t.equal(demote(demotion, 5000).unresponsive, true, 'and so it stays')
  const later = demote(demotion, 5000 + DEMOTION_MAX_AGE_MS)
  t.not(later, demotion, 'what was forgotten begins anew')
  t.match(later, { passedOver: 0, probedAt: 5000 + DEMOTION_MAX_AGE_MS })
})

t.test('a probe is due after 16 races, or after 15 s', async t => {
  const demotion = begun()
  t.equal(dueProbe(demotion, PROBE_INTERVAL_MS - 1), undefined)
  t.equal(dueProbe(demotion, PROBE_INTERVAL_MS), 'probe')
  demotion.passedOver = PROBE_RACES - 1
  t.equal(dueProbe(demotion, 1), undefined)
  demotion.passedOver = PROBE_RACES
  t.equal(dueProbe(demotion, 1), 'probe')
})

t.test('where evidence is void a full try is due', async t => {
  t.equal(dueProbe(begun(), EVIDENCE_MAX_AGE_MS), 'full')
})

t.test('a head start shows nothing of what takes connections: it waits for a full try', async t => {
  const demotion = demote(undefined, 0, true)
  demotion.passedOver = PROBE_RACES
  t.equal(dueProbe(demotion, PROBE_INTERVAL_MS), undefined)
  t.equal(dueProbe(demotion, EVIDENCE_MAX_AGE_MS), 'full')
})

t.test('one race at a time tries, for 3 s at most', async t => {
  const demotion = begun()
  t.equal(isProbed(demotion, 0), false)
  demotion.passedOver = PROBE_RACES
  const race = {}
  startProbe(demotion, race, 'probe', 100)
  t.match(demotion, { full: false, passedOver: 0, probedAt: 100 })
  t.equal(demotion.prober, race)
  t.equal(isProbed(demotion, 3099), true)
  t.equal(isProbed(demotion, 3100), false)
  startProbe(demotion, race, 'full', 4000)
  t.equal(demotion.full, true)
})

const demotion = (): Demotion => demote(undefined, 0)

t.test('nothing held against it, nothing said', async t => {
  t.equal(createRaceProbe().treatment(undefined, undefined, 0), undefined)
})

t.test('it is passed over once for each race, however many addresses it has there', async t => {
  const network = demotion()
  for (let race = 1; race <= PROBE_RACES; race++) {
    const { treatment } = createRaceProbe()
    t.equal(treatment(undefined, network, 1), 'demoted')
    t.equal(treatment(demotion(), network, 1), 'demoted')
    t.equal(network.passedOver, race)
  }
  t.equal(createRaceProbe().treatment(undefined, network, 1), 'probe')
})

t.test('an address stands for itself where its network is sound', async t => {
  const own = demotion()
  t.equal(createRaceProbe().treatment(own, undefined, 1), 'demoted')
  t.equal(createRaceProbe().treatment(own, undefined, PROBE_INTERVAL_MS), 'probe')
})

t.test('a probe is for one address, and for one race at a time', async t => {
  const network = demotion()
  const first = createRaceProbe()
  const second = createRaceProbe()
  const now = PROBE_INTERVAL_MS
  t.equal(first.treatment(undefined, network, now), 'probe')
  t.equal(first.treatment(undefined, network, now), 'demoted', 'the other address of the network')
  t.equal(second.treatment(undefined, network, now), 'demoted', 'another race')
  first.release()
  second.release()
  t.equal(createRaceProbe().treatment(undefined, network, now), 'demoted', 'it has just been tried')
  t.equal(createRaceProbe().treatment(undefined, network, now + PROBE_INTERVAL_MS), 'probe')
})

t.test('a race tries one thing', async t => {
  const { treatment } = createRaceProbe()
  t.equal(treatment(undefined, demotion(), PROBE_INTERVAL_MS), 'probe')
  t.equal(treatment(undefined, demotion(), PROBE_INTERVAL_MS), 'demoted')
})

t.test('a full try is for the whole network, but what else is demoted in it', async t => {
  const network = demotion()
  const now = EVIDENCE_MAX_AGE_MS
  const race = createRaceProbe()
  t.equal(race.treatment(undefined, network, now), 'full')
  t.equal(race.treatment(undefined, network, now), 'full')
  t.equal(race.treatment(demotion(), network, now), 'full', 'void evidence is none')
  t.equal(race.treatment(demote(undefined, now - 1), network, now), 'demoted')
  t.equal(createRaceProbe().treatment(undefined, network, now), 'demoted', 'others wait')
  race.release()
  t.equal(createRaceProbe().treatment(undefined, network, now), 'full', 'nothing was learnt')
})

t.test('a race that never ends keeps others waiting for 3 s', async t => {
  const network = demotion()
  const now = EVIDENCE_MAX_AGE_MS
  const stuck = createRaceProbe()
  stuck.treatment(undefined, network, now)
  t.equal(createRaceProbe().treatment(undefined, network, now + 2999), 'demoted')
  const next = createRaceProbe()
  t.equal(next.treatment(undefined, network, now + 3000), 'full')
  stuck.release()
  t.equal(
    createRaceProbe().treatment(undefined, network, now + 3001),
    'demoted',
    'the next race has it now',
  )
})
