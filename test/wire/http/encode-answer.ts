import t from 'tap'
import { encodeAnswer, encodeConnected } from '../../../src/wire/http/encode-answer.ts'

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

const proxyStatus = 'eyeballd; error=http_request_error'

t.test('a response of the proxy: status, one line of text, and the end', async t => {
  t.equal(
    textOf(encodeAnswer({ status: 502, text: 'the target refused the connection', proxyStatus })),
    [
      'HTTP/1.1 502 Bad Gateway',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Length: 34',
      'Proxy-Status: eyeballd; error=http_request_error',
      'Connection: close',
      '',
      'the target refused the connection\n',
    ].join('\r\n'),
  )
})

t.test('RFC 9110 sections 15.5.6 and 15.5.8: fields that a status requires', async t => {
  const fieldsOf = (status: 405 | 407): string =>
    textOf(encodeAnswer({ status, text: '', proxyStatus }))
  t.match(fieldsOf(405), /^HTTP\/1\.1 405 Method Not Allowed\r\n[^]*\r\nAllow: CONNECT\r\n/)
  t.match(
    fieldsOf(407),
    /^HTTP\/1\.1 407 Proxy Authentication Required\r\n[^]*\r\nProxy-Authenticate: Basic realm="eyeballd", charset="UTF-8"\r\n/,
  )
})

t.test('text cannot become a field or another response', async t => {
  const text = 'a\r\nX: 1\r\n\r\nHTTP/1.1 200 OK é\0'
  const [, body] = textOf(encodeAnswer({ status: 400, text, proxyStatus })).split('\r\n\r\n')
  t.equal(body, 'a??X: 1????HTTP/1.1 200 OK ??\n')
})

t.test('every status has its phrase and its length', async t => {
  for (const status of [400, 403, 405, 407, 408, 431, 501, 502, 503, 504, 505] as const) {
    const [head = '', body = ''] = textOf(encodeAnswer({ status, text: 'why', proxyStatus })).split(
      '\r\n\r\n',
    )
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} [A-Z][A-Za-z ]+\r\n`))
    t.match(head, new RegExp(`\r\nContent-Length: ${body.length}\r\n`))
    t.ok(body.endsWith('\n'))
  }
})

t.test('RFC 9110 section 9.3.6: success has no body and no length', async t => {
  t.equal(
    textOf(encodeConnected({ host: '2001:db8::1', port: 443 })),
    'HTTP/1.1 200 Connection established\r\n' +
      'Proxy-Status: eyeballd; next-hop="[2001:db8::1]:443"\r\n\r\n',
  )
})
