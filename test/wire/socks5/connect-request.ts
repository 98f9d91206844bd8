import t from 'tap'
import { createByteReader } from '../../../src/core/byte-reader.ts'
import { createConnectAnswer, encodeConnect } from '../../../src/wire/socks5/connect-request.ts'
import { decodeGreeting } from '../../../src/wire/socks5/decode.ts'
import { decodeRequest } from '../../../src/wire/socks5/decode-request.ts'
import { byteByByte, bytesOf, hexOf } from '../../fixtures/socks-bytes.ts'

void t.test('RFC 1928 sections 3 and 4: greeting and request', async t => {
  t.equal(
    hexOf(encodeConnect({ host: 'example.com', port: 443 })),
    '050100050100030b6578616d706c652e636f6d01bb',
  )
  t.equal(hexOf(encodeConnect({ host: '192.0.2.1', port: 22 })), '05010005010001c00002010016')
  t.equal(
    hexOf(encodeConnect({ host: '2001:db8::1', port: 1 })),
    '0501000501000420010db80000000000000000000000010001',
  )
  for (const host of ['', 'a'.repeat(256)])
    t.throws(() => encodeConnect({ host, port: 1 }), { code: 'ERR_SOCKS_ADDRESS' })
})

void t.test('the decoder of the server reads it', async t => {
  for (const host of ['a'.repeat(255), 'example.com', '192.0.2.1', '2001:db8::1']) {
    const reader = createByteReader()
    reader.append(encodeConnect({ host, port: 65_535 }))
    t.match(decodeGreeting(reader), { methods: Uint8Array.of(0) })
    t.match(decodeRequest(reader), { target: { host, port: 65_535 } })
    t.equal(reader.length(), 0)
  }
})

const METHOD = [5, 0]
const ANSWERS = [
  bytesOf(...METHOD, 5, 0, 0, 1, 192, 0, 2, 1, 0, 22),
  bytesOf(...METHOD, 5, 0, 0, 4, new Uint8Array(16), 0, 22),
  bytesOf(...METHOD, 5, 0, 0, 3, 3, 'abc', 0, 22),
]

void t.test('an answer is read byte by byte and all at once; bytes behind it are left', async t => {
  for (const bytes of ANSWERS) {
    const [whole, single] = [createByteReader(), createByteReader()]
    whole.append(bytesOf(bytes, 'SSH-2.0'))
    t.equal(createConnectAnswer().read(whole), true)
    t.equal(Buffer.from(whole.rest()).toString(), 'SSH-2.0')
    const answer = createConnectAnswer()
    const results = byteByByte(bytes).map(byte => {
      single.append(byte)
      return answer.read(single)
    })
    t.same(
      results,
      [...bytes].map((_, i) => i === bytes.length - 1),
    )
  }
})

void t.test('what is no success is an error with a text for people', async t => {
  const cases: readonly (readonly [Uint8Array, Record<string, unknown>])[] = [
    [bytesOf('HTTP/1.1 400'), { code: 'ERR_SOCKS_VERSION', found: 0x48 }],
    [bytesOf(5, 0xff), { code: 'ERR_SOCKS_AUTH', found: 0xff }],
    [bytesOf(...METHOD, 4), { code: 'ERR_SOCKS_VERSION', found: 4 }],
    [bytesOf(...METHOD, 5, 5), { found: 5, message: 'the connection was refused' }],
    [bytesOf(...METHOD, 5, 2), { found: 2, message: 'the connection is not allowed' }],
    [bytesOf(...METHOD, 5, 9), { found: 9, message: 'the proxy replied 0x09' }],
    [bytesOf(...METHOD, 5, 0, 0, 2), { code: 'ERR_SOCKS_ADDRESS_TYPE', found: 2 }],
  ]
  for (const [bytes, expected] of cases) {
    const reader = createByteReader()
    reader.append(bytes)
    t.throws(() => createConnectAnswer().read(reader), expected as { code: string })
  }
})
