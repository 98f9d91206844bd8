import t from 'tap'
import type { EgressDialers, ListenerDialer } from '../../src/daemon/egress-dialers.ts'
import { createListenerParts } from '../../src/daemon/listener-parts.ts'
import type { ListenerParts } from '../../src/listener/session-types.ts'
import { collectGarbage } from '../fixtures/collect-garbage.ts'

const dialer = (name: string): ListenerDialer => ({
  race: () => () => {},
  fullNames: () => [name],
})

const common = (idleTimeoutMs: number) =>
  ({ waits: { idleTimeoutMs }, nextId: () => 'c1' }) as unknown as ListenerParts

type Dialers = Readonly<Record<string, ListenerDialer>>

const byName = (all: Dialers): EgressDialers['listeners'] =>
  new Map(Object.entries(all).map(([name, each]) => [name, { override: {}, dialer: each }]))

const dialersOf = (listeners: Dialers, removed: Dialers = {}) => ({
  listeners: byName(listeners),
  removed: byName(removed),
})

/** The dialer that a session of these parts would use, and its idle timeout. */
const seen = ({ race, fullNames, waits }: ListenerParts) => [race, fullNames('x'), waits]

t.test('a session meets what is in force for its listener', async t => {
  const parts = createListenerParts()
  t.throws(() => parts.of('a'), { code: 'ERR_BUG' })
  const [daemon, own] = [dialer('daemon'), dialer('own')]
  parts.change(common(1), dialersOf({ a: own, b: daemon, c: daemon }))
  const [ofA, ofB, ofC] = [parts.of('a'), parts.of('b'), parts.of('c')]
  t.same(seen(ofA), [own.race, ['own'], { idleTimeoutMs: 1 }])
  t.same(seen(ofB), [daemon.race, ['daemon'], { idleTimeoutMs: 1 }])
  t.equal(ofA.nextId(), 'c1')

  // Sessions hold the parts that they began with: here `a` loses its egress, and `b` gets one.
  parts.change(common(2), dialersOf({ a: daemon, b: own, c: daemon }))
  t.same(seen(ofA), [daemon.race, ['daemon'], { idleTimeoutMs: 2 }])
  t.same(seen(ofB), [own.race, ['own'], { idleTimeoutMs: 2 }])
  t.same(seen(ofC), [daemon.race, ['daemon'], { idleTimeoutMs: 2 }])
  t.same([parts.of('a') === ofA, parts.of('b') === ofB], [true, true])
})

t.test('sessions of a removed listener meet what is in force for it', async t => {
  const parts = createListenerParts()
  const [daemon, own, later] = [dialer('daemon'), dialer('own'), dialer('later')]
  parts.change(common(1), dialersOf({ a: own, b: daemon }))
  const ofA = parts.of('a')
  t.equal(parts.isUsed('a'), false, 'it is not removed')
  for (const [i, each] of [own, later].entries()) {
    parts.change(common(2 + i), dialersOf({ b: daemon }, { a: each }))
    t.same(seen(ofA), [each.race, each.fullNames('x'), { idleTimeoutMs: 2 + i }])
    t.throws(() => parts.of('a'), { code: 'ERR_BUG' }, 'it gets no connections')
    t.equal(parts.isUsed('a'), true)
  }
  parts.change(common(4), dialersOf({ a: daemon, b: daemon }))
  t.equal(parts.of('a'), ofA, 'it is back')
  t.same(seen(ofA), [daemon.race, ['daemon'], { idleTimeoutMs: 4 }])
})

t.test('the parts of a removed listener go with its last session', async t => {
  const parts = createListenerParts()
  const [daemon, own] = [dialer('daemon'), dialer('own')]
  parts.change(common(1), dialersOf({ a: own, b: daemon }))
  const sessions = [parts.of('a')]
  const remove = (): void => parts.change(common(2), dialersOf({ b: daemon }, { a: own }))
  const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  remove()
  await nextTurn()
  collectGarbage()
  t.equal(parts.isUsed('a'), true)
  t.equal(sessions.pop()?.waits.idleTimeoutMs, 2)
  await nextTurn()
  collectGarbage()
  t.equal(parts.isUsed('a'), false)
  remove()
  t.equal(parts.isUsed('a'), false)
})
