import t from 'tap'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { createHostFacts } from '../../../src/net/host/host-facts.ts'
import { createSourceTurns } from '../../../src/net/host/source-address.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { interfacesOf } from '../../fixtures/own-interfaces.ts'

const INTERFACES = interfacesOf(['eth0 192.0.2.2/24', 'eth0 2001:db8::2/64', 'eth0 fd00::2/64'])

t.test('the facts of two paths share their turns', async t => {
  const turns = createSourceTurns(1)
  const answers: (() => void)[] = []
  const ask = () =>
    new Promise<{ address: string }>(resolve => {
      answers.push(() => resolve({ address: '192.0.2.2' }))
    })
  const facts = [0, 1].map(() =>
    createHostFacts({ clock: createHandClock(), interfaces: () => INTERFACES, ask, turns }),
  )
  const sources = facts.map(({ source }) => source('198.51.100.1'))
  t.equal(answers.length, 1, 'one at a time, whichever path asks')
  answers[0]?.()
  await sources[0]
  await new Promise(resolve => setImmediate(resolve))
  t.equal(answers.length, 2)
  answers[1]?.()
  t.match(await sources[1], { address: '192.0.2.2', prefixLength: 24 })
})

t.test('connectivity goes by the path, the rest by the host', async t => {
  const { connectivity, epoch, knownLocal } = createHostFacts({
    clock: createHandClock(),
    interfaces: () => INTERFACES,
    path: { ...PLAIN_EGRESS, bind4: 'none' },
    ask: async () => ({ address: '2001:db8::2' }),
  })
  t.match(await connectivity(), { ipv4: false, ipv6: true, preferredFamily: 6 })
  t.equal(epoch(), 1)
  t.same(knownLocal(), ['fd00::2'])
})
