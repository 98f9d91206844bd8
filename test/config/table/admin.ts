import t from 'tap'
import { ADMIN } from '../../../src/config/table/admin.ts'
import { isValid, readField } from '../../fixtures/read-field.ts'

t.test('listen is off or an address', async t => {
  t.strictSame(readField(ADMIN, {}).value, {
    listen: 'off',
    token: null,
    tokenFile: null,
    raceHistory: 200,
  })
  for (const listen of [
    'off',
    '127.0.0.1:0',
    '[::1]:9000',
    'localhost:9000',
    'unix:/run/a.sock',
    9000,
  ])
    t.ok(isValid(ADMIN, { listen }), String(listen))
  for (const listen of ['on', '', '127.0.0.1', 'example.com:80', 'unix:a', 90000, ['127.0.0.1:1']])
    t.notOk(isValid(ADMIN, { listen }), JSON.stringify(listen))
})

t.test('a token must fit in a header, and is in no message', async t => {
  for (const token of ['x', 'a-b_c.d~e+f/g==', '!'.repeat(255)])
    t.ok(isValid(ADMIN, { token }), token)
  for (const token of [
    '',
    'hunter2 ',
    'hunter2\n',
    'hünter2',
    'hunter2'.repeat(37),
    22,
    '(hidden)',
  ]) {
    const { findings } = readField(ADMIN, { token })
    t.match(findings, [{ path: ['token'] }], JSON.stringify(token))
    t.notMatch(JSON.stringify(findings[0]?.message), /hunter|hünter/)
  }
})

t.test('raceHistory is bounded', async t => {
  for (const raceHistory of [0, 1, 10_000])
    t.ok(isValid(ADMIN, { raceHistory }), String(raceHistory))
  for (const raceHistory of [-1, 10_001, 1.5, 'off']) t.notOk(isValid(ADMIN, { raceHistory }))
})
