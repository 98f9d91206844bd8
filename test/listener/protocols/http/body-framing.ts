import t from 'tap'
import {
  bodyFraming,
  bodyLength,
  encodeInnerHead,
  isLastRequest,
  tokensOf,
} from '../../../../src/listener/protocols/http/body-framing.ts'
import type { Field } from '../../../../src/wire/http/wire.ts'

const framing = (...fields: Field[]) => bodyFraming({ version: '1.1', fields })

t.test('how a body ends', async t => {
  t.same(framing(), { type: 'none' })
  t.equal(bodyLength({ type: 'none' }), 0)
  t.equal(bodyLength({ type: 'length', length: 7 }), 7)
  t.equal(bodyLength({ type: 'chunked' }), Infinity)
  t.same(framing(['content-length', '0']), { type: 'length', length: 0 })
  t.same(framing(['Content-Length', '4096']), { type: 'length', length: 4096 })
  t.same(framing(['Transfer-Encoding', 'Chunked']), { type: 'chunked' })
})

t.test('what two readers could read differently is refused', async t => {
  const length: Field = ['Content-Length', '5']
  const vectors: readonly (readonly [status: number, ...Field[]])[] = [
    [400, length, length],
    [400, length, ['content-length', '6']],
    [400, length, ['Transfer-Encoding', 'chunked']],
    [400, ['Content-Length', '']],
    [400, ['Content-Length', '+5']],
    [400, ['Content-Length', '-5']],
    [400, ['Content-Length', '0x5']],
    [400, ['Content-Length', '5, 5']],
    [400, ['Content-Length', '5 5']],
    [400, ['Content-Length', '1e3']],
    [400, ['Content-Length', '9999999999999999']],
    [400, ['Transfer-Encoding', 'xchunked']],
    [400, ['Transfer-Encoding', '']],
    [400, ['Transfer-Encoding', 'identity']],
    [400, ['Transfer-Encoding', 'chunked, gzip']],
    [400, ['Transfer-Encoding', 'chunked, chunked']],
    [400, ['Transfer-Encoding', 'chunked'], ['Transfer-Encoding', 'chunked']],
    [400, ['Transfer-Encoding', 'chunked'], ['Transfer-Encoding', 'identity']],
    [501, ['Transfer-Encoding', 'gzip, chunked']],
    [501, ['Transfer-Encoding', 'gzip'], ['Transfer-Encoding', 'chunked']],
  ]
  for (const [status, ...fields] of vectors) {
    t.throws(() => framing(...fields), { code: 'ERR_HTTP_BODY', status }, JSON.stringify(fields))
  }
  const old = { version: '1.0', fields: [['Transfer-Encoding', 'chunked']] } as const
  t.throws(() => bodyFraming(old), { code: 'ERR_HTTP_BODY', status: 400 })
})

t.test('the last request of a connection', async t => {
  const isLast = (version: '1.0' | '1.1', ...fields: Field[]) => isLastRequest({ version, fields })
  t.equal(isLast('1.1'), false)
  t.equal(isLast('1.1', ['Connection', 'keep-alive']), false)
  t.equal(isLast('1.1', ['Connection', 'foo, CLOSE']), true)
  t.equal(isLast('1.1', ['Connection', 'foo'], ['connection', 'close']), true)
  t.equal(isLast('1.0', ['Connection', 'keep-alive']), true)
})

t.test('the head for node:http has nothing of the client but the framing', async t => {
  const text = (method: string, ...fields: Field[]) => {
    const head = { method, version: '1.1', fields } as const
    return Buffer.from(encodeInnerHead(head, bodyFraming(head))).toString('latin1')
  }
  t.equal(text('GET', ['Host', 'example.com'], ['X', 'y']), 'POST / HTTP/1.1\r\n\r\n')
  t.equal(text('HEAD', ['Connection', 'close']), 'HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n')
  t.equal(text('BREW', ['content-LENGTH', '5']), 'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n')
  t.equal(
    text('PUT', ['Transfer-Encoding', 'CHUNKED'], ['Expect', '100-continue']),
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
})

t.test('tokens of a list', async t => {
  t.same(tokensOf([' A ,b,, C', '', 'd']), ['a', 'b', 'c', 'd'])
})
