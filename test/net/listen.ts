import t from 'tap'
import { fail } from '../../src/core/fail.ts'
import type { SocketAddress } from '../../src/core/listen-address.ts'
import { bindFailure } from '../../src/net/listen.ts'

const http: SocketAddress = { type: 'tcp', host: '::1', port: 80 }
const high: SocketAddress = { type: 'tcp', host: '192.0.2.1', port: 8080 }
const unix: SocketAddress = { type: 'unix', path: '/run/eyeballd.sock' }

const systemError = (code: string): Error =>
  Object.assign(new Error(`listen ${code}`), { code, syscall: 'listen' })

void t.test('the message names the address, the reason and a remedy', async t => {
  const seen: readonly [string, SocketAddress, string, string][] = [
    ['EADDRINUSE', http, 'EADDRINUSE', '[::1]:80: another process or listener is there already'],
    ['EADDRNOTAVAIL', high, 'EADDRNOTAVAIL', '192.0.2.1:8080: this host has no such address'],
    ['EAFNOSUPPORT', http, 'EADDRNOTAVAIL', '[::1]:80: this host has no such address'],
    [
      'EACCES',
      http,
      'EACCES',
      '[::1]:80: a port below 1024 needs the capability CAP_NET_BIND_SERVICE; choose a port above 1023 or grant it',
    ],
    ['EACCES', high, 'EACCES', '192.0.2.1:8080: the system does not let this process listen there'],
    [
      'EPERM',
      unix,
      'EPERM',
      'unix:/run/eyeballd.sock: this user may not create a file in that directory; it needs the right to write there',
    ],
    ['ENOENT', unix, 'ENOENT', 'unix:/run/eyeballd.sock: its directory does not exist'],
    [
      'ENOSPC',
      unix,
      'ENOSPC',
      'unix:/run/eyeballd.sock: its file system has no space left for the socket',
    ],
    ['EINVAL', high, 'EINVAL', '192.0.2.1:8080: listen EINVAL'],
  ]
  for (const [code, address, wanted, text] of seen) {
    const cause = systemError(code)
    t.match(bindFailure(cause, address), {
      code: wanted,
      message: `cannot listen on ${text}`,
      address: text.slice(0, text.indexOf(': ', 6)),
      cause,
    })
  }
})

void t.test('an error of eyeballd keeps its message', async t => {
  t.match(bindFailure(fail('EADDRINUSE', 'a file is there'), unix), {
    code: 'EADDRINUSE',
    message: 'cannot listen on unix:/run/eyeballd.sock: a file is there',
  })
  t.match(bindFailure('?', high), {
    code: 'ERR_BUG',
    message: 'cannot listen on 192.0.2.1:8080: failed',
  })
})
