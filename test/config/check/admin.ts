import t from 'tap'
import { checkAdmin } from '../../../src/config/check/admin.ts'

const messages = (value: unknown, listeners?: unknown): readonly string[] =>
  checkAdmin(value, listeners).map(({ path, message }) => `${path.join('.')}: ${message}`)

t.test('who may use it where others can reach it', async t => {
  for (const value of [undefined, {}, { listen: 'off' }, { listen: 'nonsense' }])
    t.strictSame(messages(value), [])
  for (const listen of ['127.0.0.1:9', '127.9.9.9:9', '[::1]:9', 'localhost:9', 'unix:/a'])
    t.strictSame(messages({ listen }), [], listen)
  for (const listen of ['0.0.0.0:9', '[::]:9', '192.0.2.1:9', '[2001:db8::1]:0']) {
    t.match(messages({ listen }), [
      /^admin\.listen: found .*, which others can reach, and no token/,
    ])
    t.strictSame(messages({ listen, token: 'secret' }), [], listen)
  }
  t.strictSame(messages({ listen: '0.0.0.0:9', token: 5 }), [], 'that is a mistake of its own')
})

t.test('no listener has its address', async t => {
  const listeners = [
    { protocol: 'socks', listen: 'nonsense' },
    { name: 'two', protocol: 'socks', listen: ['127.0.0.1:8', '127.0.0.1:9', 'unix:/a'] },
  ]
  t.match(messages({ listen: '127.0.0.1:9' }, listeners), [
    'admin.listen: found 127.0.0.1:9 for the second time; the listener "two" has it already',
  ])
  t.match(messages({ listen: 'unix:/a' }, listeners), [/unix:\/a for the second time/])
  for (const listen of ['127.0.0.1:7', '[::1]:9', 'unix:/b', '127.0.0.1:0'])
    t.strictSame(messages({ listen }, listeners), [], listen)
  t.strictSame(messages({ listen: '127.0.0.1:9' }, 'no list'), [])
})
