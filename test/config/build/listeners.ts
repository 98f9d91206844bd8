import t from 'tap'
import { buildAccess, buildListeners } from '../../../src/config/build/listeners.ts'
import { parseConfig } from '../../../src/config/parse.ts'

t.test('listeners as the daemon wants them', async t => {
  const users = new Map([['a', 'b']])
  const built = buildListeners(
    [
      { protocol: 'socks', listen: 'unix:/a', mode: 660, group: 5, open: false },
      {
        protocol: 'forward',
        listen: '127.0.0.1:1',
        target: ['h:1', '[::1]:2'],
        clients: ['192.0.2.1'],
        open: true,
      },
      { protocol: 'forward', listen: '127.0.0.1:2', open: false },
    ],
    [users, null, null],
  )
  t.match(built, [
    { name: 'socks-a', mode: 0o660, group: '5', clients: null, users, open: false },
    {
      name: 'forward-1',
      mode: 0o600,
      group: null,
      clients: [{ length: 32 }],
      target: [
        { host: 'h', port: 1 },
        { host: '::1', port: 2 },
      ],
      open: true,
    },
    { target: [] },
  ])
  t.notOk('users' in (built[1] ?? {}))
  t.strictSame(
    buildListeners([{ protocol: 'socks', listen: '127.0.0.1:1', open: false }], []).map(
      l => 'users' in l && l.users,
    ),
    [null],
  )
})

t.test('rules as the listener wants them; null for what they leave open', async t => {
  t.strictSame(buildAccess([{ action: 'deny' }]), [
    { action: 'deny', clients: null, users: null, to: null, ports: null },
  ])
  t.match(
    buildAccess([
      {
        action: 'allow',
        clients: ['192.0.2.1'],
        users: ['a'],
        to: ['private'],
        ports: [80, '90-99'],
      },
    ]),
    [
      {
        action: 'allow',
        clients: [{ length: 32 }],
        users: ['a'],
        to: [{ type: 'word', word: 'private' }],
        ports: [
          { first: 80, last: 80 },
          { first: 90, last: 99 },
        ],
      },
    ],
  )
})

t.test('international names of targets are in their xn-- form', async t => {
  const text = `
listeners: { protocol: forward, listen: 1, target: ["bücher.example.:80", "A.example:81"] }
access: { action: deny, to: ["*.bücher.example", bücher.example] }
resolver: { hosts: { bücher.example: 192.0.2.1 }, search: bücher.example }
`
  t.match(parseConfig(text, 'f'), {
    listeners: [{ target: [{ host: 'xn--bcher-kva.example.' }, { host: 'A.example' }] }],
    access: [{ to: [{ suffix: '.xn--bcher-kva.example' }, { name: 'xn--bcher-kva.example' }] }],
    resolver: { search: ['xn--bcher-kva.example'] },
  })
  t.ok(parseConfig(text, 'f').resolver.hosts.has('xn--bcher-kva.example'))
})
