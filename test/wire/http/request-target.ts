import t from 'tap'
import fc from 'fast-check'
import type { RequestTarget } from '../../../src/wire/http/request-target.ts'
import { readRequestTarget } from '../../../src/wire/http/request-target.ts'
import type { Field } from '../../../src/wire/http/wire.ts'

const read = (method: string, target: string, fields: readonly Field[] = []): RequestTarget =>
  readRequestTarget({ method, target, fields })

t.test('RFC 9110 section 9.3.6: CONNECT has host and port', async t => {
  const rows: [string, string, number][] = [
    ['example.com:443', 'example.com', 443],
    ['Example.COM.:65535', 'Example.COM.', 65_535],
    ['_a-b.example:1', '_a-b.example', 1],
    ['192.0.2.1:80', '192.0.2.1', 80],
    ['[2001:DB8:0::1]:443', '2001:db8::1', 443],
    ['[::ffff:192.0.2.1]:443', '192.0.2.1', 443],
    ['localhost:00080', 'localhost', 80],
    [`${'a'.repeat(255)}:1`, 'a'.repeat(255), 1],
  ]
  for (const [text, host, port] of rows) {
    t.same(read('CONNECT', text), { type: 'tunnel', target: { host, port } }, text)
  }
})

t.test('CONNECT with anything else is 400', async t => {
  for (const text of [
    'example.com',
    'example.com:',
    'example.com:0',
    'example.com:65536',
    'example.com:100000',
    'example.com:+80',
    'example.com:-1',
    'example.com:0x50',
    'example.com:80:80',
    'example.com:80/',
    'example.com:80?',
    ':443',
    '[]:443',
    '[::1]',
    '[::1]:',
    '[::1]443',
    '[::1',
    '::1:443',
    '2001:db8::1:443',
    '[192.0.2.1]:443',
    '[example.com]:443',
    '[fe80::1%eth0]:443',
    '[:::]:443',
    'user@example.com:443',
    'user:secret@example.com:443',
    'exa%6dple.com:443',
    'a/b:443',
    'http://example.com:443',
    'http://example.com:443/',
    '/',
    '*',
    `${'a'.repeat(256)}:1`,
  ]) {
    t.throws(() => read('CONNECT', text), { code: 'ERR_HTTP_TARGET', status: 400 }, text)
  }
})

t.test('CONNECT has no content: Content-Length and Transfer-Encoding are 400', async t => {
  for (const field of [
    ['Content-Length', '0'],
    ['content-length', '5'],
    ['TRANSFER-ENCODING', 'chunked'],
    ['Transfer-Encoding', 'identity'],
  ] as const) {
    const expected = { code: 'ERR_HTTP_BODY', status: 400 }
    t.throws(() => read('CONNECT', 'example.com:443', [field]), expected, field.join())
    t.equal(read('POST', 'http://example.com/', [field]).type, 'forward')
  }
})

t.test(
  'RFC 9112 section 3.2.2: a Host that differs is ignored, and so is a missing one',
  async t => {
    const expected = read('CONNECT', 'example.com:443')
    t.same(read('CONNECT', 'example.com:443', [['Host', 'other.example']]), expected)
  },
)

t.test('RFC 9112 section 3.2.2: the absolute-form is to be forwarded', async t => {
  const rows: [string, string, number, string][] = [
    ['http://example.com/a?b=c', 'example.com', 80, '/a?b=c'],
    ['http://example.com', 'example.com', 80, '/'],
    ['http://example.com?q', 'example.com', 80, '/?q'],
    ['http://example.com:8080/', 'example.com', 8080, '/'],
    ['http://example.com:/x', 'example.com', 80, '/x'],
    ['HTTP://[2001:db8::1]:81/x@y:z', '2001:db8::1', 81, '/x@y:z'],
    ['http://192.0.2.1//double', '192.0.2.1', 80, '//double'],
    ['http://a/http://b/', 'a', 80, '/http://b/'],
  ]
  for (const [text, host, port, path] of rows) {
    t.same(read('GET', text), { type: 'forward', target: { host, port }, path }, text)
  }
  t.match(read('OPTIONS', 'http://example.com'), { path: '*' })
  t.match(read('OPTIONS', 'http://example.com/'), { path: '/' })
  t.match(read('OPTIONS', 'http://example.com?q'), { path: '/?q' })
})

t.test('an absolute-form with an invalid authority or a fragment is 400', async t => {
  for (const text of [
    'http://',
    'http:///path',
    'http://:80/',
    'http://[]/',
    'http://user@example.com/',
    'http://user:secret@example.com/',
    'http://example.com:0/',
    'http://example.com:65536/',
    'http://example.com:80:80/',
    'http://[::1/',
    'http://::1/',
    'http://example.com/#part',
    'http://exa%6dple.com/',
    'http:/example.com/',
    'http:example.com',
  ]) {
    t.throws(() => read('GET', text), { code: 'ERR_HTTP_TARGET', status: 400 }, text)
  }
})

t.test('the answer to the origin-form and the asterisk-form says that this is a proxy', async t => {
  for (const [method, text] of [
    ['GET', '/'],
    ['GET', '/http://example.com/'],
    ['OPTIONS', '*'],
    ['GET', '*'],
  ] as const) {
    const expected = { code: 'ERR_HTTP_TARGET', status: 400, message: /this is a proxy/ }
    t.throws(() => read(method, text), expected)
  }
})

t.test('RFC 9110 section 9.1: HEAD and CONNECT in other letters are 501', async t => {
  for (const method of ['Head', 'head', 'heaD', 'Connect', 'connect']) {
    const expected = { code: 'ERR_HTTP_METHOD', status: 501, message: /case-sensitive/ }
    for (const text of ['http://example.com/', 'example.com:443', '/']) {
      t.throws(() => read(method, text), expected, `${method} ${text}`)
    }
  }
  for (const method of ['Get', 'get', 'Options', 'header']) {
    t.match(read(method, 'http://example.com'), { type: 'forward', path: '/' }, method)
  }
})

t.test('the authority-form with another method is 405', async t => {
  for (const text of ['example.com:443', '[2001:db8::1]:443', 'localhost:0']) {
    t.throws(() => read('GET', text), { code: 'ERR_HTTP_METHOD', status: 405 }, text)
  }
  t.throws(
    () => read('connect', 'example.com:443'),
    { code: 'ERR_HTTP_METHOD' },
    'methods have a case',
  )
  for (const text of ['example.com', 'x', '?']) {
    t.throws(() => read('GET', text), { code: 'ERR_HTTP_TARGET', status: 400 }, text)
  }
})

t.test('another scheme is 501', async t => {
  for (const text of ['https://example.com/', 'ftp://example.com/', 'urn:isbn:1', 'httpx://a/']) {
    t.throws(() => read('GET', text), { code: 'ERR_HTTP_SCHEME', status: 501 }, text)
  }
})

t.test('RFC 9110 section 4.2.4: user information is named as what is wrong', async t => {
  for (const [method, text] of [
    ['GET', 'http://user@example.com/'],
    ['GET', 'http://user:secret@example.com:80/'],
    ['CONNECT', 'user:secret@example.com:443'],
  ] as const) {
    t.throws(() => read(method, text), { code: 'ERR_HTTP_TARGET', message: /user information/ })
  }
})

t.test('no message repeats a target, which may hold a password or control sequences', async t => {
  for (const text of ['http://user:secret@example.com/', 'http://secret%x/', 'secret://a/']) {
    try {
      read('GET', text)
      t.fail(text)
    } catch (error) {
      t.notMatch(JSON.stringify(error) + String(error), /secret/)
    }
  }
})

t.test('what is read as http is what the WHATWG parser reads', async t => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map(text => `[${text}]`),
  )
  const tail = fc.webPath().map(path => path.replace(/[^!-~]/g, ''))
  fc.assert(
    fc.property(host, fc.option(fc.integer({ min: 1, max: 65_535 })), tail, (name, port, path) => {
      const text = `http://${name}${port === null ? '' : `:${port}`}${path}`
      const { target, path: found } = read('GET', text) as Extract<
        RequestTarget,
        { type: 'forward' }
      >
      const url = new URL(text)
      const asUrl = new URL(
        `http://${target.host.includes(':') ? `[${target.host}]` : target.host}`,
      )
      const mapped = name.toLowerCase().startsWith('[::ffff:')
      return (
        (mapped || asUrl.hostname === url.hostname) &&
        target.port === Number(url.port || 80) &&
        found === (path || '/')
      )
    }),
    { numRuns: 1000 },
  )
  t.pass()
})
