import t from 'tap'
import type { EgressDialers, ListenerDialer } from '../../src/daemon/egress-dialers.ts'
import { createListenerParts } from '../../src/daemon/listener-parts.ts'
import type { ListenerParts } from '../../src/listener/session-types.ts'

const dialer = (name: string): ListenerDialer => ({
  race: () => () => {},
  fullNames: () => [name],
})

const common = (idleTimeoutMs: number) =>
  ({ waits: { idleTimeoutMs }, nextId: () => 'c1' }) as unknown as ListenerParts

const dialersOf = (daemon: ListenerDialer, own: Record<string, ListenerDialer>): EgressDialers => ({
  dialers: new Map(),
  daemon,
  listeners: new Map(Object.entries(own)),
})

/** The dialer that a session of these parts would use, and its idle timeout. */
const seen = ({ race, fullNames, waits }: ListenerParts) => [race, fullNames('x'), waits]

t.test('a listener with an egress of its own has a dialer of its own alone', async t => {
  const parts = createListenerParts()
  t.throws(() => parts.of('a'), { code: 'ERR_BUG' })
  const [daemon, a, b] = [dialer('daemon'), dialer('a'), dialer('b')]
  parts.change(common(1), dialersOf(daemon, { a, b }))
  const [ofA, ofB, ofC] = [parts.of('a'), parts.of('b'), parts.of('c')]
  t.same(seen(ofC), [daemon.race, ['daemon'], { idleTimeoutMs: 1 }])
  t.same(seen(ofA), [a.race, ['a'], { idleTimeoutMs: 1 }])
  t.equal(ofA.nextId(), 'c1')

  // Sessions hold the parts that they began with.
  const [daemon2, a2] = [dialer('daemon2'), dialer('a2')]
  parts.change(common(2), dialersOf(daemon2, { a: a2 }))
  t.same(seen(ofC), [daemon2.race, ['daemon2'], { idleTimeoutMs: 2 }])
  t.same(seen(ofA), [a2.race, ['a2'], { idleTimeoutMs: 2 }])
  t.equal(parts.of('a'), ofA)
  t.same(seen(ofB), [b.race, ['b'], { idleTimeoutMs: 2 }], 'it leaves by no other way')
  t.equal(parts.of('b'), ofC, 'new connections have the egress of the daemon')
})
