import t from 'tap'
import { checkEgress } from '../../../src/config/check/egress.ts'

const problems = (given: Parameters<typeof checkEgress>[0]): readonly string[] =>
  checkEgress(given).map(({ path, message }) => `${path.join('.')}: ${message.split(';')[0]}`)

t.test('one family is left, of the daemon, of each listener and of each rule', async t => {
  t.same(problems({}), [])
  t.same(problems({ egress: { bind4: 'none' }, listeners: [], access: [] }), [])
  t.same(problems({ egress: { bind4: 'none', bind6: 'none' } }), [
    'egress.bind6: found none, as for bind4',
  ])
  const egress = { bind6: 'none' }
  const listeners = [
    {},
    { egress: { bind4: 'none' } },
    { egress: { bind4: 'none', bind6: 'system' } },
  ]
  t.same(problems({ egress, listeners }), ['listeners.1.egress.bind4: found none, as for bind6'])
  t.same(problems({ egress, access: { action: 'allow', egress: { bind4: 'none' } } }), [
    'access.egress.bind4: found none, as for bind6',
  ])
  t.same(
    problems({
      egress: { bind4: 'none' },
      listeners: { egress: { bind4: 'system' } },
      access: { egress },
    }),
    [],
    'the listener has the other family again',
  )
  const without = [{ egress: { bind4: 'none' } }, { egress: { bind4: 'none', tos: 8 } }]
  t.same(
    problems({ listeners: without, access: [{}, { egress }] }),
    ['access.1.egress.bind6: found none, as for bind4'],
    'no listener has it',
  )
  t.same(problems({ listeners: [...without, {}], access: { egress } }), [], 'one has it')
  t.same(problems({ listeners: [], access: { egress } }), [])
  // A mistake is reported once, where it is written.
  const both = { bind4: 'none', bind6: 'none' }
  t.equal(problems({ egress: both, listeners: [{ egress: { tos: 8 } }] }).length, 1)
})

t.test('names can be looked up by the family that is left', async t => {
  const [egress, resolver] = [{ bind4: 'none' }, { ipv6: false }]
  t.same(problems({ egress, resolver }), ['egress.bind4: found none, and resolver.ipv6 is false'])
  t.same(problems({ egress: { bind6: 'none' }, resolver }), [])
  t.same(problems({ access: [{ action: 'allow', egress }], resolver }), [], 'lookups go on')
  const servers = ['2001:db8::53', '[2001:db8::54]:5353']
  t.same(problems({ egress: { bind6: 'none' }, resolver: { servers } }), [
    'egress.bind6: found none, and all of resolver.servers are IPv6 addresses',
  ])
  t.same(
    problems({ egress: { bind6: 'none' }, resolver: { servers: [...servers, '192.0.2.53'] } }),
    [],
  )
})

t.test('the C library takes no path', async t => {
  const resolver = { mode: 'system' }
  const path = { bind4: '192.0.2.7', bind6: 'none', interface: 'eth0', mark: 5, tos: 8 }
  const paths = problems({ resolver, egress: path }).map(text => text.split(':')[0])
  t.same(paths, ['egress.bind4', 'egress.bind6', 'egress.interface', 'egress.mark'])
  t.same(problems({ resolver, egress: { bind4: 'system', mark: 0, tos: 8 } }), [])
  t.equal(problems({ resolver, listeners: [{ egress: path }] }).length, 4)
  t.same(problems({ resolver, access: [{ action: 'allow', egress: path }] }), [])
  t.same(problems({ resolver: { mode: 'dns' }, egress: path }), [])
})

t.test('streams have no options of the C library', async t => {
  const pipe = { engine: 'stream' }
  const native = { interface: 'eth0', mark: 5, userTimeout: '30s', mptcp: true }
  const egress = { ...native, congestion: 'bbr', tos: 8 }
  const found = problems({ pipe, egress }).map(text => text.split(':')[0])
  t.same(found, [
    'egress.interface',
    'egress.mark',
    'egress.userTimeout',
    'egress.mptcp',
    'egress.congestion',
    'egress.tos',
  ])
  // A mistake is reported where it is written, not where it is inherited.
  t.equal(problems({ pipe, egress, listeners: [{ egress: { noDelay: false } }] }).length, 6)
  t.same(problems({ pipe, listeners: { egress: { tos: 8 } } }), [
    "listeners.egress.tos: is not allowed with pipe.engine stream: Node's sockets do not have it",
  ])
  t.equal(problems({ pipe, access: [{ action: 'allow', egress }] }).length, 6)
  const plain = { bind4: '192.0.2.7', noDelay: false, keepAlive: 'off', fastOpen: false }
  const off = { interface: 'system', mark: 0, userTimeout: 'off', mptcp: false, tos: 0 }
  t.same(problems({ pipe, egress: { ...plain, ...off, congestion: 'system' } }), [])
  for (const engine of ['auto', 'splice', 'else', undefined]) {
    t.same(problems({ pipe: { engine }, egress }), [])
  }
})

t.test('a rule that denies connects nowhere', async t => {
  t.same(
    problems({
      access: [
        { action: 'deny', egress: {} },
        { action: 'allow', egress: {} },
      ],
    }),
    ['access.0.egress: is not allowed with action deny, which makes no connection'],
  )
})
