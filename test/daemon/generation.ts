import t from 'tap'
import type { Users } from '../../src/auth/types.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { createGeneration } from '../../src/daemon/generation.ts'
import { createAttemptBudget } from '../../src/dial/attempt-budget.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createNetwork } from '../../src/net/node/network.ts'
import { testLookups } from '../fixtures/host-lookups.ts'

const clock = createRealClock()
const made: Users[] = []
const parts = {
  clock,
  network: createNetwork({ clock }),
  lookups: testLookups(),
  createVerify: (users: Users) => {
    made.push(users)
    return () => ({ leave: () => {}, isWaiting: () => false })
  },
  budget: createAttemptBudget({ files: () => 9, races: () => 1 }),
}

const socks = (name: string, user: string, more = ''): string =>
  `{ listeners: [{ name: ${name}, protocol: socks, listen: '127.0.0.1:1080', auth: { users: { ${user}: secret } } }]${more} }`

t.test('what is the same stays, with all that it has learnt', async t => {
  const first = createGeneration(parseConfig(socks('a', 'alice'), 'test'), undefined, parts)
  t.teardown(() => first.dialer.resolver.close())
  t.same([...first.verifiers.keys()], ['a'])
  const text = socks('a', 'alice', ', access: [{ action: deny }], limits: { maxConnections: 3 }')
  const second = createGeneration(parseConfig(text, 'test'), first, parts)
  t.equal(second.dialer, first.dialer)
  t.equal(second.verifiers.get('a'), first.verifiers.get('a'))
  t.equal(made.length, 1)

  const third = createGeneration(parseConfig(socks('a', 'bob'), 'test'), second, parts)
  t.equal(third.dialer, first.dialer)
  t.not(third.verifiers.get('a'), first.verifiers.get('a'), 'other users')
  const open = "{ listeners: [{ name: a, protocol: socks, listen: '127.0.0.1:1080' }] }"
  t.equal(createGeneration(parseConfig(open, 'test'), third, parts).verifiers.size, 0)

  const names = socks('a', 'alice', ', resolver: { hosts: { x.example: 192.0.2.1 } }')
  const fourth = createGeneration(parseConfig(names, 'test'), first, parts)
  t.teardown(() => fourth.dialer.resolver.close())
  t.not(fourth.dialer, first.dialer, 'other names')
})
