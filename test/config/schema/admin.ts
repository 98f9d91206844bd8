import t from 'tap'
import { adminSchema } from '../../../src/config/schema/admin.ts'

t.test('it is off, or an address to listen on', async t => {
  t.strictSame(adminSchema.parse({}), { listen: 'off' })
  for (const listen of [
    'off',
    '127.0.0.1:0',
    '[::1]:9000',
    'localhost:9000',
    'unix:/run/a.sock',
    9000,
  ])
    t.ok(adminSchema.safeParse({ listen }).success, String(listen))
  for (const listen of ['on', '', '127.0.0.1', 'example.com:80', 'unix:a', 90000, ['127.0.0.1:1']])
    t.notOk(adminSchema.safeParse({ listen }).success, JSON.stringify(listen))
})

t.test('a token is what a header can hold, and is in no message', async t => {
  for (const token of ['x', 'a-b_c.d~e+f/g==', '!'.repeat(255)])
    t.ok(adminSchema.safeParse({ token }).success, token)
  for (const token of [
    '',
    'hunter2 ',
    'hunter2\n',
    'hünter2',
    'hunter2'.repeat(37),
    22,
    '(hidden)',
  ]) {
    const { error } = adminSchema.safeParse({ token })
    t.match(error?.issues, [{ path: ['token'] }], JSON.stringify(token))
    t.notMatch(JSON.stringify(error?.issues[0]?.message), /hunter|hünter/)
  }
})
