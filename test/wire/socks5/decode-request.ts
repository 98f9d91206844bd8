import t from 'tap'
import { createByteReader } from '../../../src/core/byte-reader.ts'
import { decodeRequest } from '../../../src/wire/socks5/decode-request.ts'
import { bytesOf, domainRequest } from '../../fixtures/socks-bytes.ts'
import { readsThreeWays, refusesThreeWays } from '../../fixtures/three-ways.ts'

const ipv4Request = bytesOf(5, 1, 0, 1, 192, 0, 2, 1, 0x01, 0xbb)
const ipv6Of = (...groups: number[]): Uint8Array =>
  bytesOf(5, 1, 0, 4, ...groups.flatMap(group => [group >> 8, group & 0xff]), 0x01, 0xbb)

void t.test('RFC 1928 section 5: a request for an IPv4 address', async t => {
  readsThreeWays(t, decodeRequest, ipv4Request, (request, way) =>
    t.same(request, { target: { host: '192.0.2.1', port: 443 }, kind: 'ipv4' }, way),
  )
})

void t.test('RFC 1928 section 5: a request for an IPv6 address', async t => {
  const rows: [number[], string][] = [
    [[0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], '2001:db8::1'],
    [[0, 0, 0, 0, 0, 0, 0, 0], '::'],
    [[0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x201], '64:ff9b::c000:201'],
    [[0x2002, 0xc000, 0x201, 0, 0, 0, 0, 1], '2002:c000:201::1'],
    [[0x2001, 0, 0xcb00, 0x7101, 0, 0, 0x3fff, 0xfdd2], '2001:0:cb00:7101::3fff:fdd2'],
  ]
  for (const [groups, host] of rows) {
    readsThreeWays(t, decodeRequest, ipv6Of(...groups), (request, way) =>
      t.same(request, { target: { host, port: 443 }, kind: 'ipv6' }, `${host} ${way}`),
    )
  }
})

void t.test('ATYP 4 v4-mapped is the IPv4 address that it holds', async t => {
  readsThreeWays(t, decodeRequest, ipv6Of(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201), (request, way) =>
    t.same(request, { target: { host: '192.0.2.1', port: 443 }, kind: 'ipv4' }, way),
  )
})

void t.test('RFC 1928 section 5: a request for a domain, as long as 255 bytes', async t => {
  const long = `${'a'.repeat(100)}.${'b'.repeat(154)}`
  for (const host of ['example.com', 'a', long]) {
    readsThreeWays(t, decodeRequest, domainRequest(host, 65_535), (request, way) =>
      t.same(request, { target: { host, port: 65_535 }, kind: 'domain' }, way),
    )
  }
})

void t.test('RSV that is not 0 is ignored', async t => {
  const bytes = ipv4Request.slice()
  bytes[2] = 0xff
  readsThreeWays(t, decodeRequest, bytes, (request, way) =>
    t.equal(request.target.host, '192.0.2.1', way),
  )
})

void t.test('RFC 1928 section 4: VER other than 5', async t => {
  for (const found of [0, 1, 4, 6]) {
    refusesThreeWays(t, decodeRequest, bytesOf(found), { code: 'ERR_SOCKS_VERSION', found })
  }
})

void t.test('RFC 1928 section 4: CMD 00, 02, 03, 09, F0, F1 are refused by that byte', async t => {
  for (const found of [0x00, 0x02, 0x03, 0x09, 0xf0, 0xf1]) {
    const expected = { code: 'ERR_SOCKS_COMMAND', found, reply: 7 }
    refusesThreeWays(t, decodeRequest, bytesOf(5, found), expected)
  }
})

void t.test(
  'RFC 1928 section 5: ATYP 00, 02, 05, FF are refused without waiting for more',
  async t => {
    for (const found of [0x00, 0x02, 0x05, 0xff]) {
      const expected = { code: 'ERR_SOCKS_ADDRESS_TYPE', found, reply: 8 }
      refusesThreeWays(t, decodeRequest, bytesOf(5, 1, 0, found), expected)
    }
  },
)

void t.test('a domain of length 0 is refused by its length', async t => {
  const expected = { code: 'ERR_SOCKS_ADDRESS', found: 0, reply: 1 }
  refusesThreeWays(t, decodeRequest, bytesOf(5, 1, 0, 3, 0), expected)
})

void t.test('port 0 is refused, whatever the address', async t => {
  const expected = { code: 'ERR_SOCKS_ADDRESS', found: 0, reply: 1 }
  refusesThreeWays(t, decodeRequest, bytesOf(5, 1, 0, 1, 192, 0, 2, 1, 0, 0), expected)
  refusesThreeWays(t, decodeRequest, domainRequest('example.com', 0), expected)
  refusesThreeWays(t, decodeRequest, bytesOf(5, 1, 0, 4, new Uint8Array(16), 0, 0), expected)
})

void t.test('ports are big-endian, and one zero byte is no port 0', async t => {
  for (const port of [1, 255, 256, 0x1234]) {
    readsThreeWays(t, decodeRequest, domainRequest('a', port), request =>
      t.equal(request.target.port, port),
    )
  }
})

void t.test('NUL in a domain is refused, and its byte is named', async t => {
  const expected = { code: 'ERR_SOCKS_ADDRESS', found: 0, reply: 4 }
  refusesThreeWays(t, decodeRequest, domainRequest('localhost\0.evil'), expected)
})

void t.test('messages say what was found and what is allowed', async t => {
  const messageFor = (bytes: Uint8Array): string => {
    const reader = createByteReader()
    reader.append(bytes)
    try {
      decodeRequest(reader)
    } catch (error) {
      return (error as Error).message
    }
    return 'nothing was thrown'
  }
  t.equal(
    messageFor(bytesOf(5, 2)),
    'the request has command 0x02 (BIND): only 0x01 (CONNECT) is served',
  )
  t.equal(
    messageFor(bytesOf(5, 3)),
    'the request has command 0x03 (UDP ASSOCIATE): only 0x01 (CONNECT) is served',
  )
  t.match(messageFor(bytesOf(5, 9)), /^the request has command 0x09: /)
  t.match(messageFor(bytesOf(5, 1, 0, 2)), /^the request has address type 0x02: /)
  t.match(messageFor(bytesOf(5, 1, 0, 3, 0)), /^the request has an empty domain: 1 to 255/)
  t.equal(
    messageFor(domainRequest('ab\x1b[31mc')),
    'the domain of the request has byte 0x1b at place 3: a host name or an IP address is allowed',
  )
  t.match(messageFor(domainRequest('example.com:80')), /byte 0x3a at place 12:/)
  t.match(messageFor(domainRequest('a', 0)), /^the request has port 0: 1 to 65535/)
})

void t.test('the domain is read as the host of any request', async t => {
  const mapped = domainRequest('[::ffff:192.0.2.1]')
  readsThreeWays(t, decodeRequest, mapped, (request, way) =>
    t.same(request, { target: { host: '192.0.2.1', port: 443 }, kind: 'ipv4' }, way),
  )
  for (const bad of ['\0', ' ', '\x80', '\xff', '%', '/', '@']) {
    const found = bad.charCodeAt(0)
    const expected = { code: 'ERR_SOCKS_ADDRESS', found, reply: 4 }
    refusesThreeWays(t, decodeRequest, domainRequest(`localhost${bad}.evil`), expected)
  }
})
