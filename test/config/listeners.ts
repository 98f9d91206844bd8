import t from 'tap'
import { NO_LOGINS } from '../../src/config/listener-users.ts'
import { buildListeners, nameListeners } from '../../src/config/listeners.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { CONFIG } from '../../src/config/table/config.ts'
import { readField } from '../fixtures/read-field.ts'

const loaded = (written: readonly object[]) =>
  readField(CONFIG.keys.listeners.field, written).value ?? []

t.test('nameListeners makes names of protocol and port, after the given ones', async t => {
  const listeners = [
    { protocol: 'socks', listen: '127.0.0.1:1080' },
    { protocol: 'socks', listen: ['[::1]:1080', '127.0.0.2:5'] },
    { protocol: 'socks', listen: 'unix:/run/eyeballd.sock' },
    { protocol: 'forward', listen: '127.0.0.1:0' },
    { name: 'socks-1080-2', protocol: 'forward', listen: '127.0.0.1:9' },
    { protocol: 'socks', listen: 'localhost:1080' },
    { protocol: 'http', listen: 'systemd:my.socket' },
    { protocol: 'socks', listen: `unix:/run/my "own" ${'x'.repeat(70)}.sock` },
  ]
  const names = nameListeners(listeners.map(listener => ({ name: null, ...listener })))
  t.strictSame(names, [
    'socks-1080',
    'socks-1080-3',
    'socks-eyeballd.sock',
    'forward-0',
    'socks-1080-2',
    'socks-1080-4',
    'http-my.socket',
    `socks-my--own--${'x'.repeat(39)}`,
  ])
})

t.test('buildListeners converts listeners for the daemon', async t => {
  const users = new Map([['a', 'b']])
  const logins = { users, usersFile: null, revoke: true }
  const built = buildListeners(
    loaded([
      { protocol: 'socks', listen: 'unix:/a', mode: 660, group: 5, open: false },
      {
        protocol: 'forward',
        listen: '127.0.0.1:1',
        target: ['h:1', '[::1]:2'],
        clients: ['192.0.2.1'],
        open: true,
      },
      { protocol: 'forward', listen: '127.0.0.1:2', open: false },
    ]),
    [logins, NO_LOGINS, NO_LOGINS],
  )
  t.match(built, [
    { name: 'socks-a', mode: 0o660, group: '5', clients: null, ...logins, open: false },
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
    buildListeners(loaded([{ protocol: 'socks', listen: '127.0.0.1:1', open: false }]), []).map(
      l => 'users' in l && l.users,
    ),
    [null],
  )
})

t.test('international names are converted to their xn-- form', async t => {
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
