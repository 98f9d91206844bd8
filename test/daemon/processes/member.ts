import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import type { Holds } from '../../../src/daemon/processes/holds.ts'
import {
  ANSWER_TIMEOUT_MS,
  createMember,
  END_TIMEOUT_MS,
} from '../../../src/daemon/processes/member.ts'
import { sumCounters } from '../../../src/daemon/processes/sum-counters.ts'
import { createFakeWorker } from '../../fixtures/fake-worker.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const config = parseConfig('', 'test')
const address = { type: 'tcp', host: '127.0.0.1', port: 5 } as const
const taken = { type: 'applied', error: null, notices: [], lost: 0 } as const
const prepared = { type: 'prepared', error: null } as const
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const rig = () => {
  const seen: unknown[] = []
  const holds: Holds = {
    resolve: async asked => asked,
    begin: worker => void seen.push(['begin', worker]),
    finish: worker => void seen.push(['finish', worker]),
    ask: (worker, question, answer) => {
      seen.push(['ask', worker, question.address])
      answer({ address, boundAs: null })
    },
    place: async () => null,
    release: (worker, released) => void seen.push(['release', worker, released]),
    forget: worker => void seen.push(['forget', worker]),
    prune: () => {},
    leave: () => {},
    close: () => {},
  }
  const worker = createFakeWorker(77)
  const clock = createHandClock()
  const lines: string[] = []
  const parts = { number: 40, process: worker.process, holds, clock }
  const member = createMember({ ...parts, onLine: line => lines.push(line) })
  return { seen, worker, clock, lines, member }
}

t.test('it takes one configuration after the other', async t => {
  const { member, worker, clock, seen } = rig()
  t.equal(member.pid, 77)
  const [first, second] = [member.prepare(config, false), member.prepare(config, true)]
  await turn()
  t.match(worker.told, [{ type: 'apply', idSuffix: '-14', lenient: false }])
  t.equal(worker.told.length, 1)
  worker.say({ type: 'ready' })
  worker.say(prepared)
  t.match(await first, { error: null })
  await turn()
  t.match(worker.told.at(-1), { type: 'apply', lenient: true })
  worker.say(prepared)
  await second
  worker.say(prepared)
  t.equal(clock.pending(), 0)
  t.same(seen, [
    ['begin', 40],
    ['finish', 40],
    ['begin', 40],
    ['finish', 40],
    ['finish', 40],
  ])
})

t.test(
  'it puts in force what it prepared, or goes back, for which it may listen again',
  async t => {
    const { member, worker, seen } = rig()
    const committed = member.decide(true)
    await turn()
    t.same(worker.told, [{ type: 'decided', commit: true }])
    t.same(seen, [], 'it listens on nothing new')
    worker.say(taken)
    t.match(await committed, { error: null, lost: 0 })
    const undone = member.decide(false)
    await turn()
    t.same(worker.told.at(-1), { type: 'decided', commit: false })
    t.same(seen.at(-1), ['begin', 40])
    worker.say({ ...taken, error: { code: 'EADDRINUSE', message: 'taken' }, lost: 1 })
    t.match(await undone, { error: { code: 'EADDRINUSE' }, lost: 1 })
    t.same(seen.at(-1), ['finish', 40])
  },
)

t.test('one that cannot even begin says so', async t => {
  const { member, worker } = rig()
  const asked = member.prepare(config, false)
  await turn()
  worker.say({ ...taken, error: { code: 'ERR_ENGINE', message: 'none' } })
  t.match(await asked, { error: { code: 'ERR_ENGINE' } })
})

t.test('it asks for addresses in its name', async t => {
  const { worker, seen } = rig()
  worker.say({ type: 'hold', id: 3, question: { address, reusePort: true, mode: 0, group: null } })
  worker.say({ type: 'place', id: 4, address })
  worker.say({ type: 'release', address })
  await turn()
  t.same(worker.told, [
    { type: 'held', id: 3, answer: { address, boundAs: null } },
    { type: 'placed', id: 4, error: null },
  ])
  t.same(seen, [
    ['ask', 40, address],
    ['release', 40, address],
  ])
})

t.test('it says what it does', async t => {
  const { member, worker, lines } = rig()
  const counted = member.count()
  await turn()
  worker.say({ type: 'counted', counters: sumCounters([]) })
  t.same(await counted, sumCounters([]))
  worker.say({ type: 'load', connections: 9 })
  t.equal(member.load(), 9)
  worker.line('a\n')
  t.same(lines, ['a\n'])
  const drained = member.drain()
  await turn()
  t.match(worker.told.at(-1), { type: 'drain' })
  worker.say({ type: 'draining' })
  await drained
})

t.test('one that is gone has no answers', async t => {
  const { member, worker, clock, seen } = rig()
  const [asked, counted, drained] = [member.prepare(config, false), member.count(), member.drain()]
  const decided = member.decide(true)
  t.equal(member.ended(), null)
  await turn()
  worker.die('exit status 3')
  t.equal(member.ended(), 'exit status 3')
  t.equal(await asked, null)
  t.equal(await decided, null)
  t.equal(await counted, null)
  await drained
  t.equal(await member.gone, 'exit status 3')
  t.equal(await member.count(), null, 'later neither')
  t.same(seen.at(-1), ['forget', 40])
  t.equal(clock.pending(), 0)
})

t.test('one that hangs is ended', async t => {
  const { member, worker, clock } = rig()
  const applied = member.prepare(config, false)
  await turn()
  clock.advance(ANSWER_TIMEOUT_MS - 1)
  t.notOk(worker.isKilled())
  clock.advance(1)
  t.ok(worker.isKilled())
  t.equal(await applied, null)
})

t.test('at the end it has a moment', async t => {
  const { member, worker, clock } = rig()
  member.end()
  t.same(worker.told, [{ type: 'end' }])
  clock.advance(END_TIMEOUT_MS)
  t.ok(worker.isKilled())
  const other = rig()
  other.member.end()
  other.worker.die('exit status 0')
  await turn()
  t.equal(other.clock.pending(), 0)
  other.member.kill()
  t.ok(other.worker.isKilled())
})
