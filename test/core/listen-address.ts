import t from 'tap'
import {
  formatListenAddress,
  parseListenAddress,
  reachableAddress,
  socketAddresses,
} from '../../src/core/listen-address.ts'

const read = (text: string) => parseListenAddress(text).map(formatListenAddress)

void t.test('an address and a port, 0 for any free one', async t => {
  t.same(parseListenAddress('127.0.0.1:1080'), [{ type: 'tcp', host: '127.0.0.1', port: 1080 }])
  t.same(read('[::1]:0'), ['[::1]:0'])
  t.same(read('[2001:DB8:0::1]:65535'), ['[2001:db8::1]:65535'], 'canonical')
  t.same(read('[fe80::1%eth0]:1080'), ['[fe80::1%eth0]:1080'])
  t.same(read('0.0.0.0:1080'), ['0.0.0.0:1080'])
  t.same(read('[::ffff:127.0.0.1]:1080'), ['127.0.0.1:1080'], 'IPv4-mapped is IPv4')
})

void t.test('localhost, and a port alone, is both loopback addresses', async t => {
  for (const text of ['localhost:1080', ':1080', '1080']) {
    t.same(read(text), ['127.0.0.1:1080', '[::1]:1080'], text)
  }
  t.same(read('0'), ['127.0.0.1:0', '[::1]:0'])
})

void t.test('* is all addresses of both families', async t => {
  t.same(read('*:1080'), ['0.0.0.0:1080', '[::]:1080'])
})

void t.test('what was most likely meant', async t => {
  for (const [text, meant] of [
    ['/run/eyeballd.sock', 'unix:/run/eyeballd.sock'],
    ['127.0.0.1', '127.0.0.1:1080'],
    ['localhost', 'localhost:1080'],
    ['::1', '[::1]:1080'],
    ['::1:9050', '[::1]:9050'],
    ['socks5://127.0.0.1:9050', '127.0.0.1:9050'],
  ]) {
    t.throws(() => parseListenAddress(text ?? ''), {
      code: 'ERR_INVALID_ADDRESS',
      message: `"${text}" is not an address to listen on; expected host:port, [ipv6]:port, a port, unix:/path, or systemd:NAME; did you mean ${meant}?`,
      found: text,
    })
  }
  t.throws(() => parseListenAddress('unix:///run/x'), {
    message: '"unix:///run/x" is not a UNIX socket; did you mean unix:/run/x?',
  })
})

void t.test('a UNIX socket by its absolute path', async t => {
  t.same(parseListenAddress('unix:/run/eyeballd.sock'), [
    { type: 'unix', path: '/run/eyeballd.sock' },
  ])
  t.same(read('unix:/a b:c'), ['unix:/a b:c'])
  for (const text of ['unix:', 'unix:run/x', 'unix:./x', 'unix:/run/x\0y', 'unix:@abstract']) {
    t.throws(() => parseListenAddress(text), {
      code: 'ERR_INVALID_ADDRESS',
      message: `${JSON.stringify(text)} is not a UNIX socket; expected unix:/absolute/path`,
      found: text,
    })
  }
})

void t.test('a message shows no control character, and a hint none either', async t => {
  t.throws(() => parseListenAddress('tcp://\u001b[2J:80'), {
    message: /^"tcp:\/\/\\u001b\[2J:80" is not an address to listen on; expected [^?]*$/,
  })
})

void t.test('a path must fit: its bytes count, not its letters', async t => {
  t.equal(read(`unix:/${'a'.repeat(106)}`).length, 1)
  t.equal(read(`unix:/${'ä'.repeat(53)}`).length, 1)
  for (const path of [`/${'a'.repeat(107)}`, `/${'ä'.repeat(54)}`]) {
    t.throws(() => parseListenAddress(`unix:${path}`), {
      code: 'ERR_INVALID_ADDRESS',
      message: `"unix:${path}" is longer than 107 bytes, the most that a UNIX socket path can have`,
    })
  }
})

void t.test('names and short forms are not listened on', async t => {
  for (const text of ['example.com:1080', '127.1:1080', 'LOCALHOST:1080', '0:1080']) {
    t.throws(() => parseListenAddress(text), {
      code: 'ERR_INVALID_ADDRESS',
      message: `"${text}" is not an address to listen on; expected an IP address, localhost or * before the port`,
    })
  }
  t.throws(() => parseListenAddress('[127.0.0.1]:1'), { message: /has brackets/ })
  t.throws(() => parseListenAddress('eth0'), {
    message: /is not an address to listen on; .* systemd:NAME$/,
  })
  for (const text of ['65536', ':65536']) {
    t.throws(() => parseListenAddress(text), {
      message: `"${text}" has port 65536: 0 to 65535 is allowed`,
    })
  }
  t.throws(() => parseListenAddress('127.0.0.1:65536'), {
    message: '"127.0.0.1:65536" has port 65536: 0 to 65535 is allowed',
  })
})

void t.test('the name of passed sockets', async t => {
  t.same(parseListenAddress('systemd:web'), [{ type: 'systemd', name: 'web' }])
  t.same(read('systemd:my web@1.socket'), ['systemd:my web@1.socket'])
  for (const text of [
    'systemd:',
    'systemd:a:b',
    'systemd:caf\u00e9',
    `systemd:${'x'.repeat(256)}`,
  ]) {
    t.throws(() => parseListenAddress(text), {
      code: 'ERR_INVALID_ADDRESS',
      message: /is not the name of a passed socket; expected systemd: and 1 to 255 ASCII/,
    })
  }
})

void t.test('a client reaches a wildcard address by loopback', async t => {
  const of = (text: string) => {
    const [address] = socketAddresses(parseListenAddress(text))
    return address && formatListenAddress(reachableAddress(address))
  }
  t.equal(of('0.0.0.0:9000'), '127.0.0.1:9000')
  t.equal(of('[::]:9000'), '[::1]:9000')
  t.equal(of('192.0.2.1:9000'), '192.0.2.1:9000')
  t.equal(of('unix:/a'), 'unix:/a')
})

void t.test('addresses of sockets are those whose passed sockets were looked up', async t => {
  const unix = parseListenAddress('unix:/a')
  t.same(socketAddresses(unix), unix)
  t.throws(() => socketAddresses(parseListenAddress('systemd:web')), { code: 'ERR_BUG' })
})
