import t from 'tap'
import {
  answerExchangeFailure,
  readRequest,
  refuseMalformedBody,
  withoutBody,
} from '../../../../src/listener/protocols/http/read-request.ts'
import type { RequestHead } from '../../../../src/wire/http/wire.ts'

const headOf = (method: string, target: string): RequestHead => ({
  method,
  target,
  version: '1.1',
  fields: [['Content-Length', '3']],
  bytes: new Uint8Array(0),
})

t.test('a request in absolute form', async t => {
  const head = headOf('POST', 'http://example.com/a?b')
  t.same(readRequest(head), {
    head,
    target: { host: 'example.com', port: 80 },
    path: '/a?b',
    framing: { type: 'length', length: 3 },
  })
  const asked = { type: 'forward', target: { host: 'a', port: 1 }, path: '/b' } as const
  t.match(readRequest(head, asked), { target: asked.target, path: '/b' }, 'it was read before')
})

t.test('anything else is refused', async t => {
  const refused = (method: string, target: string) => () => readRequest(headOf(method, target))
  t.throws(refused('GET', '/'), { code: 'ERR_HTTP_TARGET', status: 400 })
  t.throws(refused('OPTIONS', '*'), { code: 'ERR_HTTP_TARGET', status: 400 })
  t.throws(refused('GET', 'https://example.com/'), { code: 'ERR_HTTP_SCHEME', status: 501 })
  const tunnel: RequestHead = { ...headOf('CONNECT', 'example.com:443'), fields: [] }
  t.throws(() => readRequest(tunnel), { code: 'ERR_HTTP_METHOD', status: 400, message: /first/ })
})

t.test('answers to a request without a response', async t => {
  const text = (failure: Parameters<typeof answerExchangeFailure>[0]): string => {
    const { answer, status } = answerExchangeFailure(failure)
    const all = Buffer.from(answer).toString('latin1')
    t.match(all, new RegExp(`^HTTP/1.1 ${status} `))
    t.match(all, /\r\nConnection: close\r\n/)
    return all
  }
  t.match(text('terminated'), /^HTTP\/1.1 502 [^]*error=connection_terminated/)
  t.match(text('protocol'), /^HTTP\/1.1 502 [^]*error=http_protocol_error/)
  t.match(text('timeout'), /^HTTP\/1.1 504 [^]*error=http_response_timeout/)
  t.match(text('request'), /^HTTP\/1.1 400 [^]*error=http_request_error/)
  t.match(text('stalled'), /^HTTP\/1.1 408 Request Timeout[^]*error=http_request_error/)
})

t.test('a malformed body', async t => {
  t.match(refuseMalformedBody('HPE_X'), { status: 400, reason: 'protocol', message: /HPE_X/ })
})

t.test('HEAD gets no body', async t => {
  const { answer } = answerExchangeFailure('terminated')
  const short = Buffer.from(withoutBody(answer)).toString('latin1')
  t.ok(Buffer.from(answer).toString('latin1').startsWith(short))
  t.match(short, /Content-Length: \d+\r\n[^]*\r\n\r\n$/)
  t.same(withoutBody(Buffer.from('no end')), Buffer.from('no end'))
})
