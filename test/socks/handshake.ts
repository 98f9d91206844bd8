import fc from 'fast-check'
import type { Test } from 'tap'
import t from 'tap'
import { createHandshake } from '../../src/socks/handshake.ts'
import type { TalkOptions } from '../fixtures/handshake-talk.ts'
import { talk, talkEveryWay } from '../fixtures/handshake-talk.ts'
import { bytesOf, cutAt, domainRequest, hexOf, loginOf } from '../fixtures/socks-bytes.ts'

const HELLO = bytesOf(5, 1, 0)
const LOGIN_HELLO = bytesOf(5, 2, 0, 2)
const REQUEST = domainRequest('example.com', 443)
const LOGIN = loginOf('user', 'pass')
const VERIFY = `verify ${hexOf(bytesOf('user'))} ${hexOf(bytesOf('pass'))}`
const PAYLOAD = bytesOf('GET / HTTP/1.1\r\n\r\n')
const users: TalkOptions = { requireLogin: true }

/** The lines that must come out, however the bytes are cut, with nothing behind them and with trailing bytes. */
const holds = (
  t: Test,
  bytes: Uint8Array,
  expected: readonly string[],
  options: TalkOptions = {},
): void => {
  for (const [way, lines] of talkEveryWay(bytes, options)) t.same(lines, expected, way)
  const more = bytesOf(5, 0, 0xff)
  const rest = expected.some(line => line.startsWith('request')) ? [`rest ${hexOf(more)}`] : []
  for (const [way, lines] of talkEveryWay(bytesOf(bytes, more), options)) {
    t.same(lines, [...expected, ...rest], `${way}, with trailing bytes`)
  }
}

t.test('3.1: 05 01 00 is answered by exactly 05 00', async t => {
  const handshake = createHandshake({ requireLogin: false })
  const outputs = handshake.receive(bytesOf(5, 1, 0))
  t.same(outputs, [{ type: 'send', bytes: Uint8Array.of(5, 0) }])
})

t.test('3.1: greeting, request and payload: every way to cut them', async t => {
  const expected = ['send 0500', 'request example.com:443 domain']
  holds(t, bytesOf(HELLO, REQUEST), expected)
  for (const [way, lines] of talkEveryWay(bytesOf(HELLO, REQUEST, PAYLOAD))) {
    t.same(lines, [...expected, `rest ${hexOf(PAYLOAD)}`], way)
  }
})

t.test('3.1: greeting, login, request and payload: every way to cut them', async t => {
  const expected = ['send 0502', VERIFY, 'send 0100', 'request example.com:443 domain']
  holds(t, bytesOf(LOGIN_HELLO, LOGIN, REQUEST), expected, users)
  for (const [way, lines] of talkEveryWay(bytesOf(LOGIN_HELLO, LOGIN, REQUEST, PAYLOAD), users)) {
    t.same(lines, [...expected, `rest ${hexOf(PAYLOAD)}`], way)
  }
})

t.test('3.1: NMETHODS 0 is answered by 05 FF', async t => {
  holds(t, bytesOf(5, 0), ['refuse 05ff auth -'])
  holds(t, bytesOf(5, 0), ['refuse 05ff auth -'], users)
})

t.test('3.1: NMETHODS 255, with 00 among them and without', async t => {
  const without = new Uint8Array(255).fill(0x80)
  const among = without.slice()
  among[254] = 0
  holds(t, bytesOf(5, 255, among, REQUEST), ['send 0500', 'request example.com:443 domain'])
  holds(t, bytesOf(5, 255, without), ['refuse 05ff auth -'])
})

t.test('3.1: duplicated and unknown methods are ignored', async t => {
  const greeting = bytesOf(5, 6, 0x80, 0, 0, 0xfe, 3, 0)
  holds(t, bytesOf(greeting, REQUEST), ['send 0500', 'request example.com:443 domain'])
})

t.test(
  '3.1: none acceptable is 05 FF; a method that was not offered is never selected',
  async t => {
    holds(t, bytesOf(5, 2, 1, 0x80), ['refuse 05ff auth -'])
    holds(t, bytesOf(5, 1, 2), ['refuse 05ff auth -'])
    holds(t, bytesOf(5, 1, 0xff), ['refuse 05ff auth -'])
    holds(t, bytesOf(5, 1, 0), ['refuse 05ff auth -'], users)
  },
)

t.test('3.1: with users only 02 is selected, whatever the order of the offer', async t => {
  for (const methods of [[2], [0, 2], [2, 0], [1, 0, 2, 0x80]]) {
    t.same(talk([bytesOf(5, methods.length, ...methods)], users), ['send 0502'])
  }
  for (const methods of [[0], [0, 2], [2, 0]]) {
    t.same(talk([bytesOf(5, methods.length, ...methods)]), ['send 0500'])
  }
})

t.test('3.1: a client of another protocol is told by its first byte', async t => {
  holds(t, bytesOf(4, 1, 0x01, 0xbb, 192, 0, 2, 1, 0), ['refuse 005b000000000000 version -'])
  holds(t, bytesOf(0x16, 3, 1, 2, 0), ['refuse  protocol -'])
  holds(t, bytesOf(0x80), ['refuse  protocol -'])
  const [http = ''] = talk([bytesOf('GET / HTTP/1.1\r\n\r\n')])
  const answer = Buffer.from(http.split(' ')[1] ?? '', 'hex').toString()
  t.match(answer, /^HTTP\/1\.1 501 [^]*SOCKS5/)
  holds(t, bytesOf('CONNECT 192.0.2.1:443 HTTP/1.1\r\n\r\n'), [http])
  const guess = createHandshake({ requireLogin: false }).receive(bytesOf(0x16))
  t.match(guess, [{ message: /TLS/ }], 'the guess is in the message')
})

t.test('3.1: whoever sends nothing, or leaves after a greeting, may be a probe', async t => {
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

t.test('3.1: with users the same holds up to the login', async t => {
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

t.test('3.1: 5 methods announced and 3 sent: it waits, and says for what', async t => {
  const handshake = createHandshake({ requireLogin: false })
  t.same(handshake.receive(bytesOf(5, 5, 0, 1, 2)), [])
  t.equal(handshake.stage(), 'greeting')
  t.notOk(handshake.probe())
})

t.test('3.2: a bad pair is 01 01, and what is behind it is dropped', async t => {
  const expected = ['send 0502', VERIFY, 'refuse 0101 auth -']
  holds(t, bytesOf(LOGIN_HELLO, LOGIN), expected, { ...users, good: false })
  holds(t, bytesOf(LOGIN_HELLO, LOGIN, REQUEST), expected, { ...users, good: false })
})

t.test('3.2: ULEN 0, PLEN 0 and another sub-version are 01 01', async t => {
  const expected = ['send 0502', 'refuse 0101 auth -']
  for (const login of [bytesOf(1, 0), bytesOf(1, 1, 'u', 0), bytesOf(2), bytesOf(0)]) {
    holds(t, bytesOf(LOGIN_HELLO, login), expected, users)
  }
})

t.test('3.2: a client that skips the login is closed by 01 01', async t => {
  holds(t, bytesOf(LOGIN_HELLO, REQUEST), ['send 0502', 'refuse 0101 auth -'], users)
})

t.test(
  '3.2: ULEN and PLEN 255, bytes from 0x80 and NUL go to the verification as bytes',
  async t => {
    const user = Uint8Array.from({ length: 255 }, (_, i) => i)
    const password = user.toReversed()
    const verify = `verify ${hexOf(user)} ${hexOf(password)}`
    const expected = ['send 0502', verify, 'send 0100', 'request example.com:443 domain']
    holds(t, bytesOf(LOGIN_HELLO, loginOf(user, password), REQUEST), expected, users)
  },
)

t.test('3.2: no refusal holds anything of the login', async t => {
  for (const [bytes, good] of [
    [bytesOf(LOGIN_HELLO, loginOf('alice', 'sesame')), false],
    [bytesOf(LOGIN_HELLO, 1, 6, 'sesame', 0), true],
  ] as const) {
    const handshake = createHandshake({ requireLogin: true })
    const outputs = [...handshake.receive(bytes)]
    if (handshake.stage() === 'verification') outputs.push(...handshake.verified(good))
    const refusal = outputs.at(-1)
    t.equal(refusal?.type, 'refuse')
    t.notMatch(JSON.stringify(refusal), /alice|sesame/)
    t.equal(refusal?.type === 'refuse' && hexOf(refusal.bytes), '0101')
  }
})

t.test('3.2: two connections that log in at once, byte by byte, do not mix', async t => {
  const logins = [loginOf('anna', 'one'), loginOf('berta', 'three')]
  const handshakes = logins.map(() => createHandshake({ requireLogin: true }))
  for (const handshake of handshakes) handshake.receive(LOGIN_HELLO.slice())
  const seen: string[][] = [[], []]
  for (let at = 0; at < 20; at++) {
    for (const [i, handshake] of handshakes.entries()) {
      for (const output of handshake.receive(logins[i]?.slice(at, at + 1) ?? bytesOf())) {
        if (output.type !== 'verify') continue
        seen[i]?.push(`${Buffer.from(output.login.user)} ${Buffer.from(output.login.password)}`)
      }
    }
  }
  t.same(seen, [['anna one'], ['berta three']])
})

t.test('3.2: a login is not changed by what comes during its verification', async t => {
  const handshake = createHandshake({ requireLogin: true })
  const [, verify] = handshake.receive(bytesOf(LOGIN_HELLO, LOGIN, REQUEST.slice(0, 4)))
  handshake.receive(REQUEST.slice(4))
  t.equal(verify?.type === 'verify' && Buffer.from(verify.login.password).toString(), 'pass')
})

t.test(
  '3.2: during a verification 64 KiB behind the largest request are held, then it is full',
  async t => {
    const handshake = createHandshake({ requireLogin: true })
    handshake.receive(bytesOf(LOGIN_HELLO, LOGIN))
    t.notOk(handshake.full())
    handshake.receive(new Uint8Array(64 * 1024 + 261))
    t.notOk(handshake.full(), 'one byte less')
    handshake.receive(new Uint8Array(1))
    t.ok(handshake.full())
    handshake.verified(false)
    t.notOk(handshake.full(), 'refused, nothing is held')
    for (let i = 0; i < 100; i++) t.same(handshake.receive(new Uint8Array(64 * 1024)), [])
    t.notOk(handshake.full())
    t.equal(handshake.rest().length, 0)
  },
)

t.test('3.4: early data are held up to 64 KiB, and given out once and in order', async t => {
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

t.test('3.4: there is nothing to give out before the request', async t => {
  const handshake = createHandshake({ requireLogin: true })
  handshake.receive(bytesOf(LOGIN_HELLO, LOGIN, REQUEST, PAYLOAD))
  t.equal(handshake.rest().length, 0, 'and asking takes nothing away')
  t.match(handshake.verified(true), [{ type: 'send' }, { type: 'request' }])
  t.equal(hexOf(handshake.rest()), hexOf(PAYLOAD))
})

t.test('3.3: another version in the request is 01', async t => {
  holds(t, bytesOf(HELLO, 4), ['send 0500', 'refuse 05010001000000000000 version 1'])
})

t.test('3.3: CMD 02, 03, 09, F0, F1 are 07 in full, at once', async t => {
  for (const command of [0x02, 0x03, 0x09, 0xf0, 0xf1]) {
    const expected = ['send 0500', 'refuse 05070001000000000000 command 7']
    holds(t, bytesOf(HELLO, 5, command), expected)
    holds(t, bytesOf(HELLO, 5, command, 0, 1, 192, 0, 2, 1, 0, 80), expected)
  }
})

t.test('3.3: ATYP 00, 02, 05, FF are 08, also when more never comes', async t => {
  for (const type of [0x00, 0x02, 0x05, 0xff]) {
    const expected = ['send 0500', 'refuse 05080001000000000000 address 8']
    holds(t, bytesOf(HELLO, 5, 1, 0, type), expected)
  }
})

t.test('3.3: ATYP 3 of length 0 and port 0 are 01', async t => {
  const expected = ['send 0500', 'refuse 05010001000000000000 address 1']
  holds(t, bytesOf(HELLO, 5, 1, 0, 3, 0), expected)
  holds(t, bytesOf(HELLO, 5, 1, 0, 3, 0, 0, 80), expected)
  holds(t, bytesOf(HELLO, domainRequest('example.com', 0)), expected)
})

t.test('3.3: a domain that no name can be is 04, and there is no request', async t => {
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

t.test('3.3: addresses in each of their forms', async t => {
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

t.test('3.3: a truncated request waits, and nothing is said', async t => {
  for (let length = 0; length < REQUEST.length; length++) {
    t.same(talk([bytesOf(HELLO, REQUEST.slice(0, length))]), ['send 0500'])
  }
})

t.test('an empty array changes nothing', async t => {
  t.same(talk([bytesOf(), HELLO, bytesOf(), REQUEST, bytesOf()]), talk([HELLO, REQUEST]))
})

t.test('verified without a verification pending is a bug of the caller', async t => {
  const handshake = createHandshake({ requireLogin: true })
  t.throws(() => handshake.verified(true), { code: 'ERR_BUG' })
  handshake.receive(bytesOf(LOGIN_HELLO, LOGIN))
  handshake.verified(true)
  t.throws(() => handshake.verified(true), { code: 'ERR_BUG' })
})

/** Conversations that are right up to somewhere, so that random cuts reach every state. */
const conversation = fc
  .tuple(
    fc.constantFrom(HELLO, LOGIN_HELLO, bytesOf(5, 0), bytesOf(5, 1, 2), bytesOf()),
    fc.oneof(
      fc.constant(bytesOf()),
      fc
        .tuple(fc.uint8Array({ minLength: 0, maxLength: 9 }), fc.uint8Array({ maxLength: 9 }))
        .map(([user, password]) => loginOf(user, password)),
    ),
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map(name => domainRequest(name)),
      fc.webAuthority().map(name => domainRequest(name.slice(0, 255))),
      fc.uint8Array({ minLength: 6, maxLength: 6 }).map(tail => bytesOf(5, 1, 0, 1, tail)),
      fc.uint8Array({ minLength: 18, maxLength: 18 }).map(tail => bytesOf(5, 1, 0, 4, tail)),
      fc.uint8Array({ maxLength: 8 }).map(tail => bytesOf(5, tail)),
    ),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(parts => bytesOf(...parts))

t.test(
  'the outputs do not depend on how the bytes are cut, nor on when a login is verified',
  async t => {
    fc.assert(
      fc.property(
        fc.oneof(conversation, fc.uint8Array({ maxLength: 60 })),
        fc.array(fc.nat({ max: 120 }), { maxLength: 12 }),
        fc.boolean(),
        fc.boolean(),
        fc.nat({ max: 12 }),
        (bytes, offsets, requireLogin, good, slow) => {
          const chunks = cutAt(
            bytes,
            offsets.toSorted((a, b) => a - b),
          )
          const cut = talk(chunks, { requireLogin, good, slow })
          const whole = talk([bytes], { requireLogin, good })
          return JSON.stringify(cut) === JSON.stringify(whole)
        },
      ),
      { numRuns: 3000 },
    )
    t.pass()
  },
)

t.test('random bytes never make it throw, and are refused at most once, at the end', async t => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(conversation, fc.uint8Array({ maxLength: 300 })), { maxLength: 4 }),
      fc.boolean(),
      (chunks, requireLogin) => {
        const lines = talk(chunks, { requireLogin })
        const refusals = lines.filter(line => line.startsWith('refuse'))
        return refusals.length === 0 || (refusals.length === 1 && lines.at(-1) === refusals[0])
      },
    ),
    { numRuns: 3000 },
  )
  t.pass()
})
