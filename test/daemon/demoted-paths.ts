import t from 'tap'
import { PLAIN_EGRESS, pathOf } from '../../src/core/egress.ts'
import { demotedBy, joinDemoted } from '../../src/daemon/demoted-paths.ts'

const found = (prefix: string, evidenceAt: number) => ({
  prefix,
  evidenceAt,
  until: evidenceAt + 100,
  unresponsive: false,
  passedOver: 1,
})

const moment = { now: 1000, epochNow: 50_000.4 }

t.test('what all paths have demoted, in epoch time', async t => {
  const plain = JSON.stringify(pathOf(PLAIN_EGRESS))
  const other = JSON.stringify({
    ...pathOf(PLAIN_EGRESS),
    interface: 'wg0',
    bind6: 'none',
    mark: 7,
  })
  const dialers = new Map([
    [plain, { history: { demoted: () => [found('192.0.2.0/24', 900)] } }],
    [other, { history: { demoted: () => [found('192.0.2.0/24', 950), found('::/48', 10)] } }],
    ['{}', { history: null }],
  ])
  const path = 'bind6 none, interface wg0, mark 7'
  t.same(demotedBy(dialers, 9, moment), [
    { ...found('192.0.2.0/24', 49_950), path },
    found('192.0.2.0/24', 49_900),
    { ...found('::/48', 49_010), path },
  ])
  t.equal(demotedBy(dialers, 2, moment).length, 2)
})

t.test('what several processes have demoted', async t => {
  const own = { ...found('a', 5), path: 'mark 1' }
  const all = [
    [found('a', 10), { ...found('b', 20), unresponsive: true }],
    [found('b', 30), own],
  ]
  t.same(joinDemoted(all, 9), [
    { ...found('b', 30), unresponsive: true, passedOver: 2 },
    found('a', 10),
    own,
  ])
  t.equal(joinDemoted(all, 1).length, 1)
  t.same(joinDemoted([], 9), [])
})
