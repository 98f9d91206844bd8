import t from 'tap'
import fc from 'fast-check'
import { readBasicCredentials } from '../../../src/wire/http/basic-credentials.ts'
import type { Login } from '../../../src/core/login.ts'

const read = (...values: string[]): Login =>
  readBasicCredentials({ fields: values.map(value => ['Proxy-Authorization', value] as const) })

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

const textOf = ({ user, password }: Login): [string, string] => [
  Buffer.from(user).toString(),
  Buffer.from(password).toString(),
]

t.test('RFC 7617 section 2: the examples', async t => {
  t.same(textOf(read('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')), ['Aladdin', 'open sesame'])
  // Section 2.1: UTF-8.
  t.same(textOf(read('Basic dGVzdDoxMjPCow==')), ['test', '123£'])
})

t.test('the first colon ends the user, and the scheme has no case', async t => {
  t.same(textOf(read(basic('a:b:c::'))), ['a', 'b:c::'])
  t.same(textOf(read(basic('a:b').replace('Basic ', 'bAsIc  '))), ['a', 'b'])
})

t.test('255 bytes each, as in SOCKS5', async t => {
  const longest = [`${'é'.repeat(127)}u`, 'p'.repeat(255)] as const
  t.same(textOf(read(basic(longest.join(':')))), longest)
})

t.test('anything else is 407, and its message has nothing of the login', async t => {
  const rows: [string[], RegExp][] = [
    [[], /no login$/],
    [[basic('a:b'), basic('a:b')], /more than one/],
    [[''], /another scheme/],
    [['Basic'], /another scheme/],
    [['Bearer c2VjcmV0OnNlY3JldA=='], /another scheme/],
    [['Digest username="secret"'], /another scheme/],
    [['Basicc2VjcmV0OnNlY3JldA=='], /another scheme/],
    [['Basic c2VjcmV0OnNlY3JldA== x'], /another scheme/],
    [['Basic c2VjcmV0OnNlY3JldA'], /base64/],
    [['Basic c2VjcmV0OnNlY3JldA='], /base64/],
    [['Basic c2VjcmV0OnNlY3JldA==='], /base64/],
    [['Basic c2Vj=mV0'], /base64/],
    [['Basic c2Vj-mV0'], /base64/],
    [['Basic c2Vj_mV0'], /base64/],
    [['Basic secret:secret'], /base64/],
    // Unused bits that are not 0: "YTpi" is a:b, "YTo=" is "a:", and "YTp=" the same with such bits.
    [['Basic YTp='], /base64/],
    [['Basic YR=='], /base64/],
    [['Basic '], /another scheme|colon|base64/],
    [[basic('secret')], /no colon/],
    [[basic(':secret')], /an empty user name/],
    [[basic('secret:')], /an empty password/],
    [[basic(`${'s'.repeat(256)}:secret`)], /too long a user name/],
    [[basic(`secret:${'s'.repeat(256)}`)], /too long a password/],
  ]
  for (const [values, message] of rows) {
    const expected = { code: 'ERR_HTTP_AUTH', status: 407, message }
    t.throws(() => read(...values), expected, values.join())
    try {
      read(...values)
    } catch (error) {
      t.notMatch(JSON.stringify(error) + String(error), /secret|c2VjcmV0/)
    }
  }
})

t.test('the field name has no case', async t => {
  const fields = [['pROXY-authorization', basic('a:b')]] as const
  t.same(textOf(readBasicCredentials({ fields })), ['a', 'b'])
  t.throws(() => readBasicCredentials({ fields: [['Authorization', basic('a:b')]] }), {
    code: 'ERR_HTTP_AUTH',
  })
})

t.test('base64 is read as Node reads it, and only in its own form', async t => {
  const part = fc.uint8Array({ minLength: 1, maxLength: 255 })
  fc.assert(
    fc.property(
      part.filter(bytes => !bytes.includes(0x3a)),
      part,
      (user, password) => {
        const token = Buffer.concat([user, Buffer.from(':'), password]).toString('base64')
        const login = read(`Basic ${token}`)
        return Buffer.from(user).equals(login.user) && Buffer.from(password).equals(login.password)
      },
    ),
  )
  fc.assert(
    fc.property(fc.base64String({ maxLength: 24 }), fc.constantFrom('', '=', 'A', '\t'), (a, b) => {
      const bytes = Buffer.from(a + b, 'base64')
      const isCanonical = bytes.toString('base64') === a + b
      try {
        const { user, password } = read(`Basic ${a}${b}`)
        return isCanonical && user.length + 1 + password.length === bytes.length
      } catch (error) {
        return !isCanonical || !/base64/.test(String(error))
      }
    }),
  )
  t.pass()
})
