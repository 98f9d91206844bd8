import fc from 'fast-check'
import t from 'tap'
import {
  LABEL_MAX_CHARACTERS,
  NAME_MAX_CHARACTERS,
  checkPort,
  formatHostPort,
  hostNameFault,
  parseHostPort,
  splitHostPort,
  withoutBrackets,
} from '../../src/core/host-port.ts'

void t.test('host and port; an IPv6 address in brackets', async t => {
  t.same(parseHostPort('example.com:443'), { host: 'example.com', port: 443 })
  t.same(parseHostPort('192.0.2.1:65535'), { host: '192.0.2.1', port: 65_535 })
  t.same(parseHostPort('[2001:db8::1]:443'), { host: '2001:db8::1', port: 443 })
  t.same(parseHostPort('[fe80::1%eth0]:1'), { host: 'fe80::1%eth0', port: 1 })
})

void t.test('anything else is refused in one message', async t => {
  for (const text of [
    ['', ':', ':80', 'host', 'host:', 'host:80:80', '[]:80', '[::1]80'],
    ['[::1]:', 'host:http', 'host:-1', 'host:123456', 'host:8 0', 'host:+80', '[[::1]]:80'],
    ['a[::1]:80', 'host:80\n'],
  ].flat()) {
    t.throws(() => parseHostPort(text), {
      code: 'ERR_INVALID_ADDRESS',
      message: `${JSON.stringify(text)} is not an address; expected host:port or [ipv6]:port`,
      found: text,
    })
    t.equal(splitHostPort(text), undefined)
  }
  for (const [text, meant] of [
    ['::1', '[::1]:PORT'],
    ['[::1]', '[::1]:PORT'],
    ['::1:80', '[::1]:80'],
    ['192.0.2.1', '192.0.2.1:PORT'],
  ]) {
    t.throws(() => parseHostPort(text ?? ''), {
      message: `${JSON.stringify(text)} is not an address; expected host:port or [ipv6]:port; did you mean ${meant}?`,
    })
  }
  t.throws(() => parseHostPort('[host]:80'), {
    code: 'ERR_INVALID_ADDRESS',
    message: '"[host]:80" has brackets around something that is not IPv6',
  })
})

void t.test('a port out of range', async t => {
  for (const [text, port] of [
    ['host:65536', 65_536],
    ['host:99999', 99_999],
    ['host:0', 0],
  ] as const) {
    t.throws(() => parseHostPort(text), {
      code: 'ERR_INVALID_ADDRESS',
      message: `"${text}" has port ${port}: 1 to 65535 is allowed`,
    })
  }
  t.doesNotThrow(() => checkPort('host:0', 0, 0))
  t.throws(() => checkPort('host:65536', 65_536, 0), {
    message: '"host:65536" has port 65536: 0 to 65535 is allowed',
  })
})

void t.test('brackets are taken off where they are around all of it', async t => {
  t.equal(withoutBrackets('[2001:db8::1]'), '2001:db8::1')
  t.equal(withoutBrackets('example.com'), 'example.com')
  t.equal(withoutBrackets('a[b]'), 'a[b]')
})

void t.test('every pair is read back from its text', async () => {
  const hosts = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6())
  fc.assert(
    fc.property(hosts, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
      const back = parseHostPort(formatHostPort({ host, port }))
      return back.host === host && back.port === port
    }),
  )
})

const labels = (count: number): string => Array.from({ length: count }, () => 'a').join('.')

t.test('host names', async t => {
  for (const name of [
    'localhost',
    'Example.COM',
    '_srv.my_host',
    '-edge-.example',
    '1.2.3.4.in-addr.arpa',
    'x'.repeat(LABEL_MAX_CHARACTERS),
    labels(127),
  ]) {
    t.equal(hostNameFault(name), undefined, name)
  }
})

t.test('what is none, and why', async t => {
  t.equal(labels(127).length, NAME_MAX_CHARACTERS)
  for (const [name, fault] of [
    ['', 'empty'],
    [`${labels(127)}a`, 'length'],
    ['a b', 'character'],
    ['a\\.b', 'character'],
    ['b\u00FCcher.example', 'character'],
    ['a..b', 'empty label'],
    ['.a', 'empty label'],
    ['a.', 'empty label'],
    [`${'x'.repeat(LABEL_MAX_CHARACTERS + 1)}.com`, 'label length'],
    ['127.1', 'number'],
    ['2130706433', 'number'],
    ['0x7f.0X', 'number'],
    ['a.5', 'number'],
  ] as const) {
    t.equal(hostNameFault(name), fault, name)
  }
})
