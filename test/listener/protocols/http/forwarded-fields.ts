import t from 'tap'
import type { HostPort } from '../../../../src/core/host-port.ts'
import {
  requestFields,
  responseFields,
  trailerFields,
} from '../../../../src/listener/protocols/http/forwarded-fields.ts'
import type { Field } from '../../../../src/wire/http/wire.ts'

const TARGET = { host: 'example.com', port: 80 }

const forwarded = (
  fields: readonly Field[],
  {
    method = 'GET',
    target = TARGET,
    framing = 'none',
  }: { method?: string; target?: HostPort; framing?: 'none' | 'length' | 'chunked' } = {},
) => requestFields({ method, fields, version: '1.1' }, target, framing)

t.test('fields keep their order, case and repetitions', async t => {
  const fields: Field[] = [
    ['X-B', '1'],
    ['x-a', ''],
    ['Cookie', 'a=1'],
    ['X-b', '2'],
    ['Cookie', 'b=2'],
    ['Via', '1.1 eyeballd'],
    ['Forwarded', 'for=secret'],
  ]
  t.same(forwarded(fields), ['Host', 'example.com', ...fields.flat(), 'Via', '1.1 eyeballd'])
})

t.test('fields of the connection are dropped, and what Connection names', async t => {
  const fields: Field[] = [
    ['Connection', 'X-One, keep-alive , close'],
    ['connection', 'x-two'],
    ['X-One', '1'],
    ['x-TWO', '2'],
    ['X-Three', '3'],
    ['Keep-Alive', 'timeout=5'],
    ['TE', 'trailers'],
    ['Trailer', 'X-T'],
    ['Upgrade', 'h2c'],
    ['Transfer-Encoding', 'chunked'],
    ['Proxy-Connection', 'keep-alive'],
    ['Proxy-Authorization', 'Basic c2VjcmV0'],
    ['PROXY-AUTHORIZATION', 'Basic c2VjcmV0'],
    ['Proxy-Foo', 'bar'],
    ['Host', 'elsewhere.example'],
    ['Host', 'another.example'],
  ]
  t.same(forwarded(fields), ['Host', 'example.com', 'X-Three', '3', 'Via', '1.1 eyeballd'])
})

t.test('Connection cannot remove what frames or routes a message', async t => {
  const fields: Field[] = [
    ['Connection', 'content-length, host, via'],
    ['Content-Length', '5'],
    ['Via', '1.0 first'],
  ]
  t.same(forwarded(fields, { method: 'POST', framing: 'length' }), [
    'Host',
    'example.com',
    'Content-Length',
    '5',
    'Via',
    '1.0 first',
    'Via',
    '1.1 eyeballd',
  ])
})

t.test('Host is made from the target', async t => {
  const host = (name: string, port: number) =>
    forwarded([], { target: { host: name, port } }).slice(0, 2)
  t.same(host('example.com', 8080), ['Host', 'example.com:8080'])
  t.same(host('2001:db8::80', 80), ['Host', '[2001:db8::80]'])
  t.same(host('2001:db8::1', 8080), ['Host', '[2001:db8::1]:8080'])
})

t.test('the framing is stated once', async t => {
  const framed = (method: string, framing: 'none' | 'length' | 'chunked', ...fields: Field[]) =>
    forwarded(fields, { method, framing }).slice(2, -2)
  t.same(framed('GET', 'none'), [])
  t.same(framed('POST', 'none'), ['Content-Length', '0'])
  t.same(framed('BREW', 'none'), ['Content-Length', '0'])
  t.same(framed('POST', 'length', ['content-length', '7']), ['content-length', '7'])
  t.same(framed('GET', 'chunked', ['transfer-encoding', 'CHUNKED']), [
    'Transfer-Encoding',
    'chunked',
  ])
})

t.test('Via has the version that came', async t => {
  const fields = requestFields({ method: 'GET', fields: [], version: '1.0' }, TARGET, 'none')
  t.same(fields.slice(-2), ['Via', '1.0 eyeballd'])
})

t.test('a response', async t => {
  const raw = [
    'Set-Cookie',
    'a=1',
    'set-cookie',
    'b=2',
    'Connection',
    'X-Hop',
    'X-Hop',
    '1',
    'Transfer-Encoding',
    'chunked',
    'Keep-Alive',
    'timeout=5',
    'Trailer',
    'X',
    'Upgrade',
    'x',
    'Proxy-Authenticate',
    'Basic',
    'Proxy-Status',
    'other; error=x',
    'Content-Length',
    '5',
  ]
  const kept = ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Proxy-Status', 'other; error=x']
  const length = ['Content-Length', '5']
  t.same(responseFields(raw, 200, '1.1'), [...kept, ...length, 'Via', '1.1 eyeballd'])
  t.same(responseFields(raw, 304, '1.0'), [...kept, ...length, 'Via', '1.0 eyeballd'])
  // RFC 9110 section 8.6.
  for (const status of [100, 103, 199, 204]) {
    t.same(responseFields(raw, status, '1.1'), [...kept, 'Via', '1.1 eyeballd'], String(status))
  }
})

t.test(
  'Content-Disposition stands in front of Content-Length, for which Node would change it',
  async t => {
    const raw = ['X', 'a', 'Content-Length', '5', 'content-Disposition', 'b']
    const moved = ['content-Disposition', 'b', 'X', 'a', 'Content-Length', '5']
    t.same(responseFields(raw, 200, '1.1'), [...moved, 'Via', '1.1 eyeballd'])
  },
)

t.test('trailers', async t => {
  const raw = [
    'X-Sum',
    '1',
    'Content-Length',
    '5',
    'Transfer-Encoding',
    'chunked',
    'Host',
    'x',
    'Proxy-Authorization',
    'x',
    'Set-Cookie',
    'x',
    'Authorization',
    'x',
    'x-sum',
    '2',
  ]
  t.same(trailerFields(raw), [
    ['X-Sum', '1'],
    ['x-sum', '2'],
  ])
})
