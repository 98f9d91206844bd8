import t from 'tap'
import fc from 'fast-check'
import { createByteReader } from '../../../src/core/byte-reader.ts'
import { decodeSocks4Request } from '../../../src/wire/socks4/decode-request.ts'
import { bytesOf } from '../../fixtures/socks-bytes.ts'
import { readsThreeWays, refusesThreeWays } from '../../fixtures/three-ways.ts'

const request = (address: readonly number[], userId: string, ...rest: (string | number)[]) =>
  bytesOf(4, 1, 0x01, 0xbb, ...address, userId, 0, ...rest)

t.test('SOCKS4: an IPv4 address, with any user id', async t => {
  for (const userId of ['', 'alice', 'u'.repeat(255), '\xff\x04\x05']) {
    readsThreeWays(t, decodeSocks4Request, request([192, 0, 2, 1], userId), (target, way) =>
      t.same(target, { host: '192.0.2.1', port: 443 }, way),
    )
  }
})

t.test('SOCKS4: 0.0.0.0 is an address, and so is 0.0.1.0', async t => {
  for (const [bytes, host] of [
    [[0, 0, 0, 0], '0.0.0.0'],
    [[0, 0, 1, 0], '0.0.1.0'],
    [[0, 1, 0, 1], '0.1.0.1'],
  ] as const) {
    readsThreeWays(t, decodeSocks4Request, request(bytes, 'u'), (target, way) =>
      t.same(target, { host, port: 443 }, way),
    )
  }
})

t.test('SOCKS4A: a name behind the user id', async t => {
  const long = `${'a'.repeat(100)}.${'b'.repeat(154)}`
  for (const name of ['example.com', 'a', long]) {
    for (const userId of ['', 'u'.repeat(255)]) {
      const bytes = request([0, 0, 0, 255], userId, name, 0)
      readsThreeWays(t, decodeSocks4Request, bytes, (target, way) =>
        t.same(target, { host: name, port: 443 }, way),
      )
    }
  }
})

t.test('SOCKS4A: a literal in place of the name is an address', async t => {
  const bytes = request([0, 0, 0, 1], '', '[::ffff:192.0.2.1]', 0)
  readsThreeWays(t, decodeSocks4Request, bytes, (target, way) =>
    t.same(target, { host: '192.0.2.1', port: 443 }, way),
  )
})

t.test('commands, ports and texts that are refused as soon as it is certain', async t => {
  for (const found of [0, 2, 3, 255])
    refusesThreeWays(t, decodeSocks4Request, bytesOf(4, found), {
      code: 'ERR_SOCKS_COMMAND',
      found,
    })
  const code = 'ERR_SOCKS_ADDRESS'
  refusesThreeWays(t, decodeSocks4Request, bytesOf(4, 1, 0, 0), { code, found: 0 })
  const noEnd = bytesOf(4, 1, 0, 80, 192, 0, 2, 1, 'u'.repeat(256))
  refusesThreeWays(t, decodeSocks4Request, noEnd, { code, found: 117 })
  const domain = (name: string) => bytesOf(4, 1, 0, 80, 0, 0, 0, 1, 'u', 0, name)
  refusesThreeWays(t, decodeSocks4Request, domain('a'.repeat(256)), { code, found: 97 })
  refusesThreeWays(t, decodeSocks4Request, domain('\0'), { code, found: 0 })
  for (const bad of [' ', '%', '\x80', ':'])
    refusesThreeWays(t, decodeSocks4Request, domain(`a${bad}b\0`), {
      code,
      found: bad.charCodeAt(0),
    })
})

t.test('bytes behind the request stay', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (behind, isName) => {
      const reader = createByteReader()
      const head = isName
        ? request([0, 0, 0, 7], 'u', 'example.com', 0)
        : request([192, 0, 2, 1], 'u')
      reader.append(bytesOf(head, behind))
      const target = decodeSocks4Request(reader)
      t.equal(target?.host, isName ? 'example.com' : '192.0.2.1')
      t.same([...reader.rest()], [...behind])
    }),
  )
})
