import t from 'tap'
import { FLAGS, parseForward } from '../../src/config/flags.ts'
import { tableKeys } from '../../src/config/table/config.ts'

t.test('parseForward reads the syntax of ssh -L', async t => {
  const cases = [
    ['5432:db.example.com:5432', 'localhost:5432', 'db.example.com:5432'],
    ['0:192.0.2.1:80', 'localhost:0', '192.0.2.1:80'],
    ['127.0.0.2:80:h:443', '127.0.0.2:80', 'h:443'],
    ['localhost:80:h:443', 'localhost:80', 'h:443'],
    ['*:80:h:443', '*:80', 'h:443'],
    [':80:h:443', '*:80', 'h:443'],
    ['[::1]:8443:[2001:db8::1]:443', '[::1]:8443', '[2001:db8::1]:443'],
    ['8443:[2001:db8::1]:443', 'localhost:8443', '[2001:db8::1]:443'],
  ] as const
  for (const [text, listen, target] of cases)
    t.strictSame(parseForward(text), { listen, target }, text)
})

t.test('parseForward rejects everything else', async t => {
  const wrong = [
    '',
    '80',
    '80:h',
    'h:80',
    '80::80',
    'a:b:c:d:e',
    '80:2001:db8::1:80',
    '80:h:',
    '123456:h:80',
    'unix:/x:h:80',
    '::1:80:h:80',
  ]
  for (const text of wrong) {
    const expected = {
      code: 'ERR_INVALID_ADDRESS',
      message: /is not a forward; expected \[BIND:\]PORT:HOST:HOSTPORT/,
    }
    t.throws(() => parseForward(text), expected, text)
  }
  for (const [text, port] of [
    ['80:h:x', 'x'],
    ['3080:a.b:http', 'http'],
    ['*:socks:a.b:80', 'socks'],
    ['80:[2001:db8::1]:https', 'https'],
  ] as const) {
    const expected = `"${text}" is not a forward: found the port "${port}", and a port must be a number; expected [BIND:]`
    t.throws(() => parseForward(text), { code: 'ERR_INVALID_ADDRESS', message: expected }, text)
  }
  t.throws(() => parseForward('99999:h:80'), {
    code: 'ERR_INVALID_ADDRESS',
    message: '"99999:h:80" has port 99999: 0 to 65535 is allowed',
  })
})

t.test('a flag has the description, default and words of its key', async t => {
  const flagOf = (name: string) => FLAGS.find(({ flag }) => flag.name === name)
  t.strictSame(flagOf('connect-timeout'), {
    path: ['eyeballs', 'connectTimeout'],
    flag: {
      name: 'connect-timeout',
      value: 'DURATION',
      about: 'Time for a whole race, lookups included',
      default: '30s',
      type: 'text',
    },
  })
  t.strictSame(
    FLAGS.filter(({ path }) => path[0] === 'eyeballs').map(({ flag }) => flag.name),
    ['resolution-delay', 'connection-attempt-delay', 'connect-timeout'],
  )
  t.match(flagOf('log-format')?.flag, { choices: ['json', 'pretty', 'auto'], default: 'auto' })
  t.match(flagOf('listen')?.flag, { alias: 'l', type: 'list' })
  t.match(flagOf('open')?.flag, { type: 'switch', default: 'off' })
  for (const [path, key] of tableKeys()) {
    const shown = FLAGS.find(({ flag }) => flag.name === key.flag?.name)?.flag.default
    if (key.flag) t.equal(shown, key.flag.default ?? String(key.default), path.join('.'))
  }
})
