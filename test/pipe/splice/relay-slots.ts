import t from 'tap'
import {
  RELAY_REASONS,
  RING_EMPTY,
  SLOT,
  STOP_BIT,
  putRing,
  takeRing,
} from '../../../src/pipe/splice/relay-memory.ts'
import type { RelayEnd, RelayJob, RelaySlots } from '../../../src/pipe/splice/relay-slots.ts'
import { createRelaySlots } from '../../../src/pipe/splice/relay-slots.ts'

const job = (client: number, more: Partial<RelayJob> = {}): RelayJob => ({
  client,
  upstream: client + 1,
  idleMs: 1000,
  halfCloseMs: 100,
  clientEnded: false,
  upstreamEnded: false,
  copied: false,
  unixClient: false,
  ownKeepAlive: false,
  ...more,
})

/** What the worker does when a relay is over. */
const endInWorker = (
  { memory }: RelaySlots,
  slot: number,
  reason: (typeof RELAY_REASONS)[number],
  notify = true,
): void => {
  memory.fds[2 * slot] = -1
  memory.fds[2 * slot + 1] = -1
  memory.reason[slot] = RELAY_REASONS.indexOf(reason)
  Atomics.store(memory.state, slot, SLOT.DONE)
  if (notify) putRing(memory.completions, slot)
}

t.test('a job is written to shared memory, and its end is reported', async t => {
  const slots = createRelaySlots(4)
  const { memory } = slots
  memory.bytes.fill(77)
  memory.ended.fill(1)
  const ends: RelayEnd[] = []
  const slot = slots.begin(job(10), end => ends.push(end))
  t.equal(slots.active(), 1)
  t.equal(takeRing(memory.submissions), slot)
  t.same([...memory.fds.subarray(2 * slot, 2 * slot + 2)], [10, 11])
  t.same([...memory.bytes.subarray(2 * slot, 2 * slot + 2)], [0, 0])
  t.same([...memory.ended.subarray(2 * slot, 2 * slot + 2)], [0, 0])
  t.same([memory.idleMs[slot], memory.halfCloseMs[slot]], [1000, 100])
  t.equal(memory.state[slot], SLOT.RELAYING)
  memory.bytes.set([5, 6], 2 * slot)
  t.same([slots.bytesUp(slot), slots.bytesDown(slot)], [5, 6], 'while it runs')
  slots.takeDone()
  t.same(ends, [], 'it is not over')
  endInWorker(slots, slot, 'client-reset')
  slots.takeDone()
  slots.takeDone()
  t.same(ends, [{ bytesUp: 5, bytesDown: 6, reason: 'client-reset' }])
  t.equal(slots.active(), 0)
  t.equal(memory.state[slot], SLOT.FREE)
})

t.test('a side that has ended is submitted as ended', async t => {
  const slots = createRelaySlots(2)
  slots.begin(job(1, { clientEnded: true }), () => {})
  slots.begin(job(3, { upstreamEnded: true }), () => {})
  t.same([...slots.memory.ended], [1, 0, 0, 1])
})

t.test('as many relays as slots, and each slot is reused', async t => {
  const slots = createRelaySlots(3)
  const seen = new Set<number>()
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 3; i++) {
      t.ok(slots.hasFreeSlot())
      seen.add(slots.begin(job(2 * i), () => {}))
    }
    t.notOk(slots.hasFreeSlot())
    for (const slot of seen) endInWorker(slots, slot, 'eof')
    slots.takeDone()
  }
  t.same(
    [...seen].toSorted((a, b) => a - b),
    [0, 1, 2],
  )
})

t.test('only the owner stops a relay, once, before its end', async t => {
  const slots = createRelaySlots(2)
  const { submissions } = slots.memory
  const owner = (): void => {}
  const slot = slots.begin(job(1), owner)
  takeRing(submissions)
  t.notOk(slots.stop(slot, () => {}))
  t.ok(slots.stop(slot, owner))
  t.notOk(slots.stop(slot, owner))
  t.equal(takeRing(submissions), slot | STOP_BIT)
  endInWorker(slots, slot, 'drain')
  slots.takeDone()
  t.notOk(slots.stop(slot, owner))
  t.equal(takeRing(submissions), RING_EMPTY)
  const next = (): void => {}
  t.equal(slots.begin(job(1), next), slot)
  t.notOk(slots.stop(slot, owner), 'the slot has another owner')
  t.ok(slots.stop(slot, next), 'who can stop it')
})

t.test('an owner may begin another relay when its relay ends', async t => {
  const slots = createRelaySlots(1)
  let again = -1
  const slot = slots.begin(job(1), () => {
    again = slots.begin(job(3), () => {})
  })
  endInWorker(slots, slot, 'eof')
  slots.takeDone()
  t.equal(again, slot)
  t.equal(slots.active(), 1)
})

t.test(
  'after the death of the worker every relay is reported, and each open descriptor closed once',
  async t => {
    const slots = createRelaySlots(8)
    const { memory } = slots
    const ends: Record<string, RelayEnd[]> = {
      reported: [],
      unreported: [],
      half: [],
      open: [],
      over: [],
    }
    const begin = (name: string, fd: number): number =>
      slots.begin(job(fd), end => ends[name]?.push(end))
    endInWorker(slots, begin('over', 1), 'eof')
    slots.takeDone()
    const [reported, unreported] = [begin('reported', 10), begin('unreported', 20)]
    const half = begin('half', 30)
    begin('open', 40)
    endInWorker(slots, reported, 'idle')
    endInWorker(slots, unreported, 'target-reset', false)
    memory.fds[2 * half] = -1
    memory.bytes[2 * half] = 9
    const closed: number[] = []
    t.equal(
      slots.abandon('error', fd => closed.push(fd)),
      2,
    )
    t.same(closed, [31, 40, 41])
    t.match(ends, {
      over: [{ reason: 'eof' }],
      reported: [{ reason: 'idle' }],
      unreported: [{ reason: 'target-reset' }],
      half: [{ reason: 'error', bytesUp: 9 }],
      open: [{ reason: 'error' }],
    })
    t.ok(Object.values(ends).every(({ length }) => length === 1))
    t.equal(
      slots.abandon('error', fd => closed.push(fd)),
      0,
    )
    t.equal(closed.length, 3)
  },
)

t.test('an invalid reason counts as error', async t => {
  const slots = createRelaySlots(1)
  const ends: RelayEnd[] = []
  const slot = slots.begin(job(1), end => ends.push(end))
  endInWorker(slots, slot, 'eof')
  slots.memory.reason[slot] = 99
  slots.takeDone()
  t.match(ends, [{ reason: 'error' }])
})

t.test('an end that is reported twice reaches its owner once', async t => {
  const slots = createRelaySlots(1)
  const ends: RelayEnd[] = []
  const slot = slots.begin(job(1), end => ends.push(end))
  endInWorker(slots, slot, 'eof')
  putRing(slots.memory.completions, slot)
  slots.takeDone()
  t.equal(ends.length, 1)
  t.equal(slots.active(), 0)
  slots.begin(job(1), () => {})
  t.notOk(slots.hasFreeSlot(), 'its slot was freed once')
})
