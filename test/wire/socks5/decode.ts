import t from 'tap'
import { createByteReader } from '../../../src/core/byte-reader.ts'
import {
  decodeGreeting,
  decodeLogin,
  decodeMethodSelection,
  hexByte,
} from '../../../src/wire/socks5/decode.ts'
import { bytesOf, hexOf, loginOf } from '../../fixtures/socks-bytes.ts'
import { readsThreeWays, refusesThreeWays } from '../../fixtures/three-ways.ts'

void t.test(
  'RFC 1928 section 3: a greeting brings the methods offered, in their order',
  async t => {
    for (const methods of [[], [0], [2, 0], [0, 0, 0x80, 2]]) {
      const bytes = bytesOf(5, methods.length, ...methods)
      readsThreeWays(t, decodeGreeting, bytes, (greeting, way) =>
        t.same([...greeting.methods], methods, `${methods.join(' ')} ${way}`),
      )
    }
  },
)

void t.test('RFC 1928 section 3: 255 methods are a legal greeting', async t => {
  const methods = Array.from({ length: 255 }, (_, i) => i)
  readsThreeWays(t, decodeGreeting, bytesOf(5, 255, ...methods), (greeting, way) =>
    t.same([...greeting.methods], methods, way),
  )
})

void t.test('RFC 1928 section 3: 5 methods announced and 3 sent is not a greeting yet', async t => {
  const reader = createByteReader()
  reader.append(bytesOf(5, 5, 0, 1, 2))
  t.equal(decodeGreeting(reader), undefined)
  t.equal(reader.length(), 5, 'nothing is consumed')
})

void t.test('RFC 1928 section 3: another version at byte 0 is refused by that byte', async t => {
  for (const found of [0x00, 0x04, 0x06, 0x16, 0x47, 0xff]) {
    refusesThreeWays(t, decodeGreeting, bytesOf(found), { code: 'ERR_SOCKS_VERSION', found })
  }
})

void t.test('RFC 1929 section 2: a login brings both as bytes', async t => {
  const binary = bytesOf(0x00, 0x80, 0xff, 0x0d)
  const longest = new Uint8Array(255).fill(0x61)
  for (const [user, password] of [
    [bytesOf('u'), bytesOf('p')],
    [binary, bytesOf('p')],
    [bytesOf('user'), binary],
    [longest, longest],
  ] as const) {
    readsThreeWays(t, decodeLogin, loginOf(user, password), (login, way) => {
      t.equal(hexOf(login.user), hexOf(user), way)
      t.equal(hexOf(login.password), hexOf(password), way)
    })
  }
})

void t.test('RFC 1929 section 2: ULEN 0 and PLEN 0 are refused at once', async t => {
  refusesThreeWays(t, decodeLogin, bytesOf(1, 0), { code: 'ERR_SOCKS_AUTH', found: 0 })
  refusesThreeWays(t, decodeLogin, bytesOf(1, 1, 'u', 0), { code: 'ERR_SOCKS_AUTH', found: 0 })
})

void t.test(
  'RFC 1929 section 2: a sub-version other than 1 is refused, as of a client that skips the login',
  async t => {
    for (const found of [0, 2, 5, 0xff]) {
      refusesThreeWays(t, decodeLogin, bytesOf(found), { code: 'ERR_SOCKS_AUTH', found })
    }
  },
)

void t.test('no error holds what was sent as a login', async t => {
  const reader = createByteReader()
  reader.append(bytesOf(1, 6, 'secret', 0))
  try {
    decodeLogin(reader)
    t.fail('it was read')
  } catch (error) {
    t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /secret/)
  }
})

void t.test("a server's answer brings the method that it chose", async t => {
  for (const method of [0x00, 0x02, 0xff]) {
    readsThreeWays(t, decodeMethodSelection, bytesOf(5, method), (found, way) =>
      t.equal(found, method, way),
    )
  }
  refusesThreeWays(t, decodeMethodSelection, bytesOf(0x48), {
    code: 'ERR_SOCKS_VERSION',
    found: 0x48,
  })
})

void t.test('messages say what was found and what is allowed', async t => {
  const reader = createByteReader()
  reader.append(bytesOf(4))
  t.throws(() => decodeGreeting(reader), {
    message: 'the greeting begins with version 0x04: 0x05 is allowed',
  })
  t.equal(hexByte(0), '0x00')
  t.equal(hexByte(255), '0xff')
})
