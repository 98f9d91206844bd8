import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { createHandshake } from '../../../src/wire/socks5/handshake.ts'
import { collectGarbage } from '../../fixtures/collect-garbage.ts'
import {
  HELLO,
  LOGIN,
  LOGIN_HELLO,
  PAYLOAD,
  REQUEST,
  VERIFY,
  holds,
  talk,
  talkEveryWay,
  users,
} from '../../fixtures/handshake-talk.ts'
import { bytesOf, domainRequest, hexOf } from '../../fixtures/socks-bytes.ts'

void t.test('RFC 1928 section 3: 05 01 00 is answered by exactly 05 00', async t => {
  const handshake = createHandshake({ requireLogin: false })
  const outputs = handshake.receive(bytesOf(5, 1, 0))
  t.same(outputs, [{ type: 'send', bytes: Uint8Array.of(5, 0) }])
})

void t.test('greeting, request and payload: every way to cut them', async t => {
  const expected = ['send 0500', 'request example.com:443 domain']
  holds(t, bytesOf(HELLO, REQUEST), expected)
  for (const [way, lines] of talkEveryWay(bytesOf(HELLO, REQUEST, PAYLOAD))) {
    t.same(lines, [...expected, `rest ${hexOf(PAYLOAD)}`], way)
  }
})

void t.test('greeting, login, request and payload: every way to cut them', async t => {
  const expected = ['send 0502', VERIFY, 'send 0100', 'request example.com:443 domain']
  holds(t, bytesOf(LOGIN_HELLO, LOGIN, REQUEST), expected, users)
  for (const [way, lines] of talkEveryWay(bytesOf(LOGIN_HELLO, LOGIN, REQUEST, PAYLOAD), users)) {
    t.same(lines, [...expected, `rest ${hexOf(PAYLOAD)}`], way)
  }
})

void t.test('RFC 1928 section 3: NMETHODS 0 is answered by 05 FF', async t => {
  holds(t, bytesOf(5, 0), ['refuse 05ff auth -'])
  holds(t, bytesOf(5, 0), ['refuse 05ff auth -'], users)
})

void t.test('RFC 1928 section 3: NMETHODS 255, with 00 among them and without', async t => {
  const without = new Uint8Array(255).fill(0x80)
  const among = without.slice()
  among[254] = 0
  holds(t, bytesOf(5, 255, among, REQUEST), ['send 0500', 'request example.com:443 domain'])
  holds(t, bytesOf(5, 255, without), ['refuse 05ff auth -'])
})

void t.test('RFC 1928 section 3: duplicated and unknown methods are ignored', async t => {
  const greeting = bytesOf(5, 6, 0x80, 0, 0, 0xfe, 3, 0)
  holds(t, bytesOf(greeting, REQUEST), ['send 0500', 'request example.com:443 domain'])
})

void t.test(
  'RFC 1928 section 3: none acceptable is 05 FF; a method that was not offered is never selected',
  async t => {
    holds(t, bytesOf(5, 2, 1, 0x80), ['refuse 05ff auth -'])
    holds(t, bytesOf(5, 1, 2), ['refuse 05ff auth -'])
    holds(t, bytesOf(5, 1, 0xff), ['refuse 05ff auth -'])
    holds(t, bytesOf(5, 1, 0), ['refuse 05ff auth -'], users)
  },
)

void t.test('with users only 02 is selected, whatever the order of the offer', async t => {
  for (const methods of [[2], [0, 2], [2, 0], [1, 0, 2, 0x80]]) {
    t.same(talk([bytesOf(5, methods.length, ...methods)], users), ['send 0502'])
  }
  for (const methods of [[0], [0, 2], [2, 0]]) {
    t.same(talk([bytesOf(5, methods.length, ...methods)]), ['send 0500'])
  }
})

void t.test('RFC 1928 section 3: a greeting of another version gets no answer', async t => {
  for (const first of [4, 0x16, 0x47, 0x80]) holds(t, bytesOf(first, 1, 0), ['refuse  version -'])
  const refused = createHandshake({ requireLogin: false }).receive(bytesOf(0x16))
  t.match(refused, [{ message: /0x16: 0x05 is allowed/ }])
})

void t.test('whoever sends nothing, or leaves after a greeting, may be a probe', async t => {
  const handshake = createHandshake({ requireLogin: false })
  t.ok(handshake.probe(), 'nothing was sent')
  t.equal(handshake.stage(), 'greeting')
  handshake.receive(bytesOf(5))
  t.notOk(handshake.probe(), 'part of a greeting')
  handshake.receive(bytesOf(1, 0))
  t.ok(handshake.probe(), 'a healthcheck')
  t.equal(handshake.stage(), 'request')
  handshake.receive(bytesOf(5))
  t.notOk(handshake.probe(), 'part of a request')
  handshake.receive(REQUEST.slice(1))
  t.notOk(handshake.probe(), 'a request')
  t.equal(handshake.stage(), null)
})

void t.test('with users the same holds up to the login', async t => {
  const handshake = createHandshake({ requireLogin: true })
  handshake.receive(LOGIN_HELLO.slice())
  t.ok(handshake.probe())
  t.equal(handshake.stage(), 'login')
  handshake.receive(bytesOf(1))
  t.notOk(handshake.probe())
  handshake.receive(LOGIN.slice(1))
  t.notOk(handshake.probe())
  t.equal(handshake.stage(), 'verification')
  handshake.verified(true)
  t.notOk(handshake.probe(), 'who has logged in is no probe')
  t.equal(handshake.stage(), 'request')
  handshake.receive(bytesOf(5, 9))
  t.notOk(handshake.probe(), 'nor who was refused')
  t.equal(handshake.stage(), null)
})

void t.test('5 methods announced and 3 sent: it waits, and says for what', async t => {
  const handshake = createHandshake({ requireLogin: false })
  t.same(handshake.receive(bytesOf(5, 5, 0, 1, 2)), [])
  t.equal(handshake.stage(), 'greeting')
  t.notOk(handshake.probe())
})

void t.test('what comes behind a refusal is not kept', async t => {
  const handshake = createHandshake({ requireLogin: false })
  t.match(handshake.receive(bytesOf(5, 1, 2)), [{ type: 'refuse' }])
  const give = (): WeakRef<Uint8Array> => {
    const bytes = new Uint8Array(64 * 1024)
    t.same(handshake.receive(bytes), [])
    return new WeakRef(bytes)
  }
  const given = give()
  // A WeakRef holds until the turn in which it was made is over.
  await setImmediate()
  collectGarbage()
  t.equal(given.deref(), undefined)
  t.notOk(handshake.full())
})

void t.test('early data are held up to 64 KiB, and given out once and in order', async t => {
  const handshake = createHandshake({ requireLogin: false })
  const early = Uint8Array.from({ length: 64 * 1024 }, (_, i) => i % 251)
  t.notOk(handshake.full())
  handshake.receive(bytesOf(HELLO, REQUEST, early.slice(0, 10)))
  t.equal(handshake.stage(), null)
  handshake.receive(early.slice(10, -1))
  t.notOk(handshake.full(), 'one byte less')
  handshake.receive(early.slice(-1))
  t.ok(handshake.full())
  t.ok(Buffer.from(handshake.rest()).equals(early))
  t.equal(handshake.rest().length, 0)
  t.notOk(handshake.full())
})

void t.test('there is nothing to give out before the request', async t => {
  const handshake = createHandshake({ requireLogin: true })
  handshake.receive(bytesOf(LOGIN_HELLO, LOGIN, REQUEST, PAYLOAD))
  t.equal(handshake.rest().length, 0, 'and asking takes nothing away')
  t.match(handshake.verified(true), [{ type: 'send' }, { type: 'request' }])
  t.equal(hexOf(handshake.rest()), hexOf(PAYLOAD))
})

void t.test('RFC 1928 section 4: another version in the request is 01', async t => {
  holds(t, bytesOf(HELLO, 4), ['send 0500', 'refuse 05010001000000000000 version 1'])
})

void t.test('RFC 1928 section 6: CMD 02, 03, 09, F0, F1 are 07 in full, at once', async t => {
  for (const command of [0x02, 0x03, 0x09, 0xf0, 0xf1]) {
    const expected = ['send 0500', 'refuse 05070001000000000000 command 7']
    holds(t, bytesOf(HELLO, 5, command), expected)
    holds(t, bytesOf(HELLO, 5, command, 0, 1, 192, 0, 2, 1, 0, 80), expected)
  }
})

void t.test(
  'RFC 1928 section 6: ATYP 00, 02, 05, FF are 08, also when more never comes',
  async t => {
    for (const type of [0x00, 0x02, 0x05, 0xff]) {
      const expected = ['send 0500', 'refuse 05080001000000000000 address 8']
      holds(t, bytesOf(HELLO, 5, 1, 0, type), expected)
    }
  },
)

void t.test('ATYP 3 of length 0 and port 0 are 01', async t => {
  const expected = ['send 0500', 'refuse 05010001000000000000 address 1']
  holds(t, bytesOf(HELLO, 5, 1, 0, 3, 0), expected)
  holds(t, bytesOf(HELLO, 5, 1, 0, 3, 0, 0, 80), expected)
  holds(t, bytesOf(HELLO, domainRequest('example.com', 0)), expected)
})

void t.test('a domain that no name can be is 04, and there is no request', async t => {
  const expected = ['send 0500', 'refuse 05040001000000000000 address 4']
  for (const name of [
    'localhost\0.evil',
    'a b',
    'a\r\nb',
    'fe80::1%1',
    'a/b',
    'u@b',
    'b\xfccher',
  ]) {
    holds(t, bytesOf(HELLO, domainRequest(name)), expected)
  }
})

void t.test('RFC 1928 section 5: addresses in each of their forms', async t => {
  const rows: [Uint8Array, string][] = [
    [bytesOf(5, 1, 0, 1, 192, 0, 2, 1, 1, 0xbb), 'request 192.0.2.1:443 ipv4'],
    [bytesOf(5, 1, 0xff, 1, 0, 0, 0, 0, 1, 0xbb), 'request 0.0.0.0:443 ipv4'],
    [bytesOf(5, 1, 0, 4, new Uint8Array(16), 1, 0xbb), 'request [::]:443 ipv6'],
    [
      bytesOf(5, 1, 0, 4, new Uint8Array(10), 0xff, 0xff, 192, 0, 2, 1, 1, 0xbb),
      'request 192.0.2.1:443 ipv4',
    ],
    [domainRequest('[::1]'), 'request [::1]:443 ipv6'],
    [domainRequest('192.0.2.1'), 'request 192.0.2.1:443 ipv4'],
    [domainRequest('Example.COM.'), 'request Example.COM.:443 domain'],
    [domainRequest('a'.repeat(255)), `request ${'a'.repeat(255)}:443 domain`],
  ]
  for (const [request, line] of rows) holds(t, bytesOf(HELLO, request), ['send 0500', line])
})

void t.test('a truncated request waits, and nothing is said', async t => {
  for (let length = 0; length < REQUEST.length; length++) {
    t.same(talk([bytesOf(HELLO, REQUEST.slice(0, length))]), ['send 0500'])
  }
})

void t.test('an empty array changes nothing', async t => {
  t.same(talk([bytesOf(), HELLO, bytesOf(), REQUEST, bytesOf()]), talk([HELLO, REQUEST]))
})
