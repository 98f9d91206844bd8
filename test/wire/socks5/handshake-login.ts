import t from 'tap'
import { createHandshake } from '../../../src/wire/socks5/handshake.ts'
import { LOGIN, LOGIN_HELLO, REQUEST, VERIFY, holds, users } from '../../fixtures/handshake-talk.ts'
import { bytesOf, hexOf, loginOf } from '../../fixtures/socks-bytes.ts'

void t.test(
  'RFC 1929 section 2: a bad pair is 01 01, and what is behind it is dropped',
  async t => {
    const expected = ['send 0502', VERIFY, 'refuse 0101 auth -']
    holds(t, bytesOf(LOGIN_HELLO, LOGIN), expected, { ...users, good: false })
    holds(t, bytesOf(LOGIN_HELLO, LOGIN, REQUEST), expected, { ...users, good: false })
  },
)

void t.test('RFC 1929 section 2: ULEN 0, PLEN 0 and another sub-version are 01 01', async t => {
  const expected = ['send 0502', 'refuse 0101 auth -']
  for (const login of [bytesOf(1, 0), bytesOf(1, 1, 'u', 0), bytesOf(2), bytesOf(0)]) {
    holds(t, bytesOf(LOGIN_HELLO, login), expected, users)
  }
})

void t.test('a client that skips the login is closed by 01 01', async t => {
  holds(t, bytesOf(LOGIN_HELLO, REQUEST), ['send 0502', 'refuse 0101 auth -'], users)
})

void t.test(
  'RFC 1929 section 2: ULEN and PLEN 255, bytes from 0x80 and NUL go to the verification as bytes',
  async t => {
    const user = Uint8Array.from({ length: 255 }, (_, i) => i)
    const password = user.toReversed()
    const verify = `verify ${hexOf(user)} ${hexOf(password)}`
    const expected = ['send 0502', verify, 'send 0100', 'request example.com:443 domain']
    holds(t, bytesOf(LOGIN_HELLO, loginOf(user, password), REQUEST), expected, users)
  },
)

void t.test('no refusal holds anything of the login', async t => {
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

void t.test('two connections that log in at once, byte by byte, do not mix', async t => {
  const logins = [loginOf('anna', 'one'), loginOf('berta', 'three')]
  const handshakes = logins.map(() => createHandshake({ requireLogin: true }))
  for (const handshake of handshakes) handshake.receive(LOGIN_HELLO.slice())
  const seen: string[][] = [[], []]
  for (let at = 0; at < 20; at++) {
    for (const [i, handshake] of handshakes.entries()) {
      for (const output of handshake.receive(logins[i]?.slice(at, at + 1) ?? bytesOf())) {
        if (output.type !== 'verify') continue
        const { user, password } = output.login
        seen[i]?.push(Buffer.from([...user, 0x20, ...password]).toString())
      }
    }
  }
  t.same(seen, [['anna one'], ['berta three']])
})

void t.test('a login is not changed by what comes during its verification', async t => {
  const handshake = createHandshake({ requireLogin: true })
  const [, verify] = handshake.receive(bytesOf(LOGIN_HELLO, LOGIN, REQUEST.slice(0, 4)))
  handshake.receive(REQUEST.slice(4))
  t.equal(verify?.type === 'verify' && Buffer.from(verify.login.password).toString(), 'pass')
})

void t.test(
  'during a verification 64 KiB behind the largest request are held, then it is full',
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

void t.test('verified without a verification pending is a bug of the caller', async t => {
  const handshake = createHandshake({ requireLogin: true })
  t.throws(() => handshake.verified(true), { code: 'ERR_BUG' })
  handshake.receive(bytesOf(LOGIN_HELLO, LOGIN))
  handshake.verified(true)
  t.throws(() => handshake.verified(true), { code: 'ERR_BUG' })
})

void t.test('what has come behind a login that is verified is pipelined', async t => {
  const handshake = createHandshake({ requireLogin: true })
  t.notOk(handshake.pipelined())
  handshake.receive(bytesOf(LOGIN_HELLO, LOGIN))
  t.notOk(handshake.pipelined())
  handshake.receive(Uint8Array.of(5))
  t.ok(handshake.pipelined())
  handshake.verified(true)
  t.notOk(handshake.pipelined(), 'it is read by now')
})

void t.test('a login that was not checked is turned away with the reason', async t => {
  const handshake = createHandshake({ requireLogin: true })
  handshake.receive(bytesOf(LOGIN_HELLO, LOGIN))
  const message = 'too many wait'
  t.match(handshake.verified(false, { code: 'limit', message }), [
    { type: 'refuse', reason: 'limit', message },
  ])
})
