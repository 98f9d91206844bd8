import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { fail } from '../../../src/core/fail.ts'
import { formatListenAddress, parseListenAddress } from '../../../src/core/listen-address.ts'
import { createPassedSockets } from '../../../src/daemon/systemd/passed-sockets.ts'
import type { PassedSocket } from '../../../src/net/native/passed-socket.ts'

/** `name=address` each, or `name!fault`. */
const passedBy = (...specs: readonly string[]) => {
  const found = specs.map((spec, i): PassedSocket => {
    const [, kind, rest = ''] = /^[^=!]+([=!])(.*)$/.exec(spec) ?? []
    if (kind === '!') return { ok: false, fault: rest }
    const [address] = parseListenAddress(rest)
    if (!address || address.type === 'systemd') throw new Error(spec)
    return { ok: true, address: { ...address, passed: 3 + i } }
  })
  const descriptors = specs.map((spec, i) => ({ fd: 3 + i, name: spec.split(/[=!]/)[0] ?? '' }))
  return createPassedSockets(descriptors, fd => {
    const one = found[fd - 3]
    if (!one) throw new Error(`descriptor ${fd}`)
    return one
  })
}

const configOf = (listeners: string, rest = '') =>
  parseConfig(`{ listeners: [${listeners}]${rest} }`, 'test')

t.test('a name stands for all sockets of that name', async t => {
  const sockets = passedBy('web=127.0.0.1:80', 'ctl=unix:/run/ctl', 'web=[::1]:80', 'web=unix:/w')
  const resolved = sockets.resolve(
    configOf(
      `{ protocol: socks, listen: ['systemd:web', '127.0.0.1:1080'] }`,
      `, admin: { listen: 'systemd:ctl' }`,
    ),
  )
  t.match(resolved.listeners, [
    {
      name: 'socks-web',
      listen: [
        { type: 'tcp', host: '127.0.0.1', port: 80, passed: 3 },
        { type: 'tcp', host: '::1', port: 80, passed: 5 },
        { type: 'unix', path: '/w', passed: 6 },
        { type: 'tcp', host: '127.0.0.1', port: 1080, passed: undefined },
      ],
    },
  ])
  t.match(resolved.admin.listen, [{ type: 'unix', path: '/run/ctl', passed: 4 }])
  t.same(sockets.unused(resolved), [])
})

t.test('a TCP address that systemd has bound is used by its passed socket', async t => {
  const sockets = passedBy('a=127.0.0.1:1080', 'b=unix:/s', 'c=[::1]:1080', 'd=127.0.0.1:7')
  const resolved = sockets.resolve(
    configOf(`{ protocol: socks, listen: [1080, 'unix:/s', '127.0.0.1:0'] }`),
  )
  t.same(
    resolved.listeners[0]?.listen.map(each => [
      formatListenAddress(each),
      each.type === 'systemd' ? 0 : (each.passed ?? null),
    ]),
    [
      ['127.0.0.1:1080', 3],
      ['[::1]:1080', 5],
      ['unix:/s', null],
      ['127.0.0.1:0', null],
    ],
    'the rights of a UNIX socket are those of its unit: it has to be named',
  )
  t.same(sockets.unused(resolved), ['b (unix:/s)', 'd (127.0.0.1:7)'])
})

t.test('of very many descriptors only the first ones are named', async t => {
  const sockets = passedBy(...Array.from({ length: 500 }, (_, i) => `n${i}!is not open`))
  const unused = sockets.unused(configOf(`{ protocol: socks, listen: 1080 }`))
  t.equal(unused.length, 11)
  t.same(unused.slice(9), ['n9 (descriptor 12, which is not open)', '490 more'])
  t.throws(() => sockets.resolve(configOf(`{ protocol: socks, listen: 'systemd:web' }`)), {
    message: /n9 \(descriptor 12, which is not open\), 490 more, or FileDescriptorName=web/,
  })
})

t.test('what is missing or no listening socket is an error with the key', async t => {
  const refused = (sockets: ReturnType<typeof passedBy>, message: RegExp): void => {
    const config = configOf(`{ protocol: socks, listen: '127.0.0.1:1' },
      { protocol: socks, listen: 'systemd:web' }`)
    t.throws(() => sockets.resolve(config), {
      code: 'ERR_PASSED_SOCKET',
      key: 'listeners[1].listen',
      message,
    })
  }
  refused(
    passedBy(),
    /^listeners\[1\]\.listen: found systemd:web, and systemd has passed no socket; expected one from a socket unit/,
  )
  refused(
    passedBy('a=127.0.0.1:80', 'b!is not open'),
    /no socket of that name; expected one of: a \(127\.0\.0\.1:80\), b \(descriptor 4, which is not open\), or FileDescriptorName=web/,
  )
  refused(
    passedBy('web=127.0.0.1:80', 'web!is a datagram socket'),
    /but the descriptor 4 of that name is a datagram socket; expected a listening TCP or UNIX/,
  )
})

t.test('a socket that others can reach needs a guard, as an address does', async t => {
  const sockets = passedBy('web=unix:/s', 'web=0.0.0.0:80')
  const resolve = (more: string) =>
    sockets.resolve(configOf(`{ protocol: socks, listen: 'systemd:web'${more} }`))
  t.throws(() => resolve(''), { message: /a socket on 0\.0\.0\.0:80, which others can reach/ })
  for (const guard of ["clients: ['192.0.2.1']", 'open: true', 'auth: { users: { a: b } }'])
    t.equal(resolve(`, ${guard}`).listeners[0]?.listen.length, 2, guard)
  const forward = `{ protocol: forward, listen: 'systemd:web', target: 'a:1' }`
  t.throws(() => sockets.resolve(configOf(forward)), /^listeners\[0\]\.listen: .*others can reach/)
  const admin = (token: string) =>
    sockets.resolve(
      configOf(
        `{ protocol: socks, listen: '127.0.0.1:1' }`,
        `, admin: { listen: 'systemd:web'${token} }`,
      ),
    )
  t.throws(() => admin(''), /^admin\.listen: .* and no token/)
  t.equal(admin(', token: secret').admin.listen.length, 2)
})

t.test('a passed socket has one place', async t => {
  const sockets = passedBy('web=127.0.0.1:1080', 'ctl=127.0.0.1:9000')
  const refused = (config: ReturnType<typeof configOf>, message: string): void =>
    void t.throws(() => sockets.resolve(config), { code: 'ERR_PASSED_SOCKET', message })
  refused(
    configOf(
      `{ protocol: socks, listen: 'systemd:web' }, { protocol: http, listen: '127.0.0.1:1080' }`,
    ),
    'listeners[1].listen: found 127.0.0.1:1080, a passed socket that listeners[0].listen has too; expected each socket in one place',
  )
  refused(
    configOf(`{ protocol: socks, listen: '127.0.0.1:9000' }`, `, admin: { listen: 'systemd:ctl' }`),
    'admin.listen: found 127.0.0.1:9000, a passed socket that listeners[0].listen has too; expected each socket in one place',
  )
})

t.test('an address in use is explained by the passed socket in the way', async t => {
  const explain = (passed: string, wanted: string, code: 'EADDRINUSE' | 'EADDRNOTAVAIL') => {
    const sockets = passedBy('other=127.0.0.1:7', passed)
    const config = sockets.resolve(
      configOf(`{ protocol: socks, listen: ['127.0.0.1:9', '${wanted}'], open: true }`),
    )
    const error = fail(code, `cannot listen on ${wanted}: another process is there`)
    return [sockets.explain(config, error), error] as const
  }
  for (const [passed, wanted] of [
    ['127.0.0.1:1080', '0.0.0.0:1080'],
    ['[::1]:1080', '[::]:1080'],
    ['0.0.0.0:1080', '127.0.0.2:1080'],
    ['[::]:1080', '127.0.0.1:1080'],
  ] as const) {
    const [explained] = explain(`web=${passed}`, wanted, 'EADDRINUSE')
    t.equal(
      explained.message,
      `cannot listen on ${wanted}: systemd has bound web (${passed}); expected ListenStream=${wanted} in the socket unit, in place of that`,
    )
    t.match(explained, { code: 'EADDRINUSE' })
  }
  t.equal(
    explain('web=unix:/s', 'unix:/s', 'EADDRINUSE')[0].message,
    'cannot listen on unix:/s: systemd has bound web (unix:/s); expected listen: systemd:web',
  )
  for (const [passed, wanted, code] of [
    ['127.0.0.1:1080', '0.0.0.0:1080', 'EADDRNOTAVAIL'],
    ['127.0.0.1:1080', '0.0.0.0:1081', 'EADDRINUSE'],
    ['127.0.0.1:1080', '127.0.0.2:1080', 'EADDRINUSE'],
    ['127.0.0.1:1080', '127.0.0.1:1080', 'EADDRINUSE'],
    ['unix:/s', '127.0.0.1:1080', 'EADDRINUSE'],
  ] as const) {
    const [explained, error] = explain(`web=${passed}`, wanted, code)
    t.equal(explained, error, `${passed}, ${wanted}`)
  }
})
