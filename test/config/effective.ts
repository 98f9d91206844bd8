import t from 'tap'
import { effectiveYaml } from '../../src/config/effective.ts'
import { parseConfig } from '../../src/config/parse.ts'

const FULL = `
listeners:
  - protocol: socks
    listen: ["[::]:1080", unix:/run/e.sock]
    mode: 0660
    group: staff
    auth: { users: { alice: hunter2, "true": hunter3 } }
    clients: [192.0.2.0/24, 2001:db8::/32]
    proxyProtocol: { from: [192.0.2.7, 2001:db8::7] }
  - { name: db, protocol: forward, listen: localhost:5432, target: [a.example:5432, "[2001:db8::1]:1"], egress: { proxyProtocol: 2 }, proxyProtocol: { from: 127.0.0.1 } }
  - { protocol: forward, listen: "*:5433", target: 192.0.2.2:1, open: true, egress: { bind6: none, userTimeout: 30s } }
  - { protocol: forward, listen: 192.0.2.1:0, target: 192.0.2.2:1, open: true }
access:
  - { action: deny, clients: [192.0.2.1], users: [alice], to: [a.example, "*.b.example", private, 198.51.100.0/24], ports: [80, 90-99] }
  - { action: allow, egress: { keepAlive: off } }
resolver: { servers: ["192.0.2.53", "[2001:db8::53]:54"], search: [], timeout: 1s, attempts: 3, hosts: { A.example: 192.0.2.1 }, nat64: 2001:DB8:64::1/96, policyTable: linux }
eyeballs: { attemptTimeout: 5s, preferredFamily: 6, adaptive: false, confirm: tls }
egress: { bind4: 192.0.2.7, mark: 7, keepAlive: { idle: 5m, count: 9 } }
log: { redact: [client] }
admin: { listen: localhost:9000, token: hunter4 }
processes: 3
drainTimeout: 90s
`

t.test('the printed configuration loads again, except for passwords', async t => {
  const config = parseConfig(FULL, 'f')
  const printed = effectiveYaml(config)
  t.notMatch(printed, /hunter/)
  t.match(printed, /alice: \(hidden\)/)
  t.match(printed, 'nat64: 2001:db8:64::/96')
  t.match(printed, /from:\n\s+- 192.0.2.7\/32\n\s+- 2001:db8::7\/128/)
  t.match(printed, /egress:\n\s+proxyProtocol: 2/)
  t.throws(() => parseConfig(printed, 'f'), { message: /users.alice: found \(hidden\)/ })
  const again = parseConfig(
    printed
      .replace('alice: (hidden)', 'alice: hunter2')
      .replace('(hidden)', 'hunter3')
      .replace('(hidden)', 'hunter4'),
    'f',
  )
  t.strictSame(again, config)
  t.equal(effectiveYaml(again), printed)
  t.match(printed, 'egress:\n      bind6: none\n      userTimeout: 30s\n')
})

t.test('of a token in a file, only the file is printed', async t => {
  const readUsersFile = (): string => 'hunter5\n'
  const config = parseConfig('admin: { listen: 1, tokenFile: /t }', 'f', { readUsersFile })
  t.equal(config.admin.token, 'hunter5')
  const printed = effectiveYaml(config)
  t.match(printed, 'tokenFile: /t\n')
  t.notMatch(printed, /hunter|hidden/)
  t.strictSame(parseConfig(printed, 'f', { readUsersFile }), config)
})

t.test('the printed defaults load again', async t => {
  const printed = effectiveYaml(parseConfig('', 'f'))
  t.strictSame(parseConfig(printed, 'f'), parseConfig('', 'f'))
  t.match(printed, 'listen: localhost:1080')
  t.match(printed, 'connectionAttemptDelay: 250ms')
  t.match(printed, 'attemptTimeout: off')
  t.match(printed, 'nat64: auto')
  t.match(printed, 'keepAlive:\n    idle: 1m\n    interval: 15s\n    count: 4\n')
  t.notMatch(printed, /undefined|null/)
})

t.test('keepAlive off is printed as off', async t => {
  const config = parseConfig('egress: { keepAlive: off }', 'f')
  t.match(effectiveYaml(config), 'keepAlive: off')
  t.strictSame(parseConfig(effectiveYaml(config), 'f'), config)
})

t.test('keywords and names of access rules load again as what they are', async t => {
  const text = 'access: [{ action: deny, to: [Private, "private.", db, db.example] }]'
  const config = parseConfig(text, 'test')
  const yaml = effectiveYaml(config)
  t.match(yaml, /- private\n *- private\.\n *- db\.\n *- db\.example\n/)
  t.same(parseConfig(yaml, 'again').access, config.access)
})

t.test('a users file is named, and its users stay in it', async t => {
  const options = { readUsersFile: () => 'bob:hunter2\n' }
  const auth = (text: string): string =>
    `listeners: { protocol: socks, listen: 127.0.0.1:1, auth: ${text} }`
  const config = parseConfig(auth('{ usersFile: users.txt }'), 'f', options)
  const printed = effectiveYaml(config)
  t.match(printed, /auth:\n +usersFile: users\.txt\n +revoke: false\n/)
  t.notMatch(printed, /bob|hunter/)
  t.strictSame(parseConfig(printed, 'f', options), config)
  const both = auth('{ users: { alice: hunter3 }, usersFile: users.txt, revoke: true }')
  const text = effectiveYaml(parseConfig(both, 'f', options))
  t.match(text, /users:\n +alice: \(hidden\)\n +usersFile: users\.txt\n +revoke: true\n/)
  t.notMatch(text, /bob|hunter/)
})
