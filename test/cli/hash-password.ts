import t from 'tap'
import { createVerifyLogin } from '../../src/auth/create-verify-login.ts'
import { hashPassword, readPassword } from '../../src/cli/hash-password.ts'
import type { Input } from '../../src/cli/types.ts'
import { createFakeIo, inputOf } from '../fixtures/cli-io.ts'

t.test('hash-password prints a hash that verifies the password', async t => {
  const io = createFakeIo({ stdin: inputOf('secret\n') })
  t.equal(await hashPassword({}, io), 0)
  t.match(io.out(), /^\$scrypt\$ln=14,r=8,p=1\$[^\n]*\n$/)
  const { verify } = createVerifyLogin(new Map([['alice', io.out().trim()]]))
  const bytes = (text: string) => new TextEncoder().encode(text)
  const login = { user: bytes('alice'), password: bytes('secret') }
  const verdict = await new Promise(resolve => void verify(login, '192.0.2.1', resolve))
  t.match(verdict, { ok: true, account: { user: 'alice' } })
})

const read = async (stdin: Input): Promise<string> =>
  Buffer.from(await readPassword(stdin, createFakeIo().stderr)).toString()

t.test('readPassword reads one line of a pipe and drops its final newline', async t => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['secret'], 'secret'],
    [['secret\n'], 'secret'],
    [['secret\r\n'], 'secret'],
    [['sec', 'ret', '\n'], 'secret'],
    [[' two words \n'], ' two words '],
    [['x'.repeat(255), '\r\n'], 'x'.repeat(255)],
    [['\r'], '\r'],
  ]
  for (const [pieces, expected] of cases) t.equal(await read(inputOf(...pieces)), expected)
})

t.test('readPassword rejects empty, long and multi-line input', async t => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /is empty/],
    [['\n'], /is empty/],
    [['\r\n'], /is empty/],
    [['a\nb'], /more than one line/],
    [['a\n\n'], /more than one line/],
    [['x'.repeat(256)], /more than 255 bytes/],
    [['x'.repeat(256), '\n'], /more than 255 bytes/],
    [['é'.repeat(128)], /more than 255 bytes/],
  ]
  for (const [pieces, message] of cases) {
    await t.rejects(read(inputOf(...pieces)), { code: 'ERR_INVALID_ARG', message })
  }
})

t.test('readPassword stops reading an endless pipe when the limit is exceeded', async t => {
  let pieces = 0
  const stdin: Input = {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        pieces++
        yield 'x'.repeat(100)
      }
    },
  }
  await t.rejects(read(stdin), { message: /more than 255/ })
  t.equal(pieces, 3)
})

const terminal = (...pieces: readonly string[]) => {
  const modes: boolean[] = []
  const setRawMode = (raw: boolean) => void modes.push(raw)
  return { modes, stdin: { ...inputOf(...pieces), isTTY: true, setRawMode } satisfies Input }
}

t.test('readPassword handles corrections on a terminal and does not echo', async t => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['secret\r'], 'secret'],
    [['s', 'e', 'c', '\n', 'more'], 'sec'],
    [['abé\x7f\x7fc\r'], 'ac'],
    [['\x7f\x08a\x04'], 'a'],
    [['wrong\x15right\r'], 'right'],
  ]
  for (const [pieces, expected] of cases) {
    const { stdin, modes } = terminal(...pieces)
    const io = createFakeIo()
    const password = await readPassword(stdin, io.stderr)
    t.equal(Buffer.from(password).toString(), expected)
    t.equal(io.err(), 'Password: \n')
    t.strictSame(modes, [true, false], 'the terminal is as it was')
  }
})

t.test('readPassword rejects Ctrl-C, an empty line and a long one on a terminal', async t => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['abc\x03', /interrupted/],
    ['\r', /is empty/],
    [`${'x'.repeat(256)}\r`, /more than 255/],
  ]
  for (const [text, message] of cases) {
    const { stdin, modes } = terminal(text)
    await t.rejects(read(stdin), { message })
    t.strictSame(modes, [true, false])
  }
})
