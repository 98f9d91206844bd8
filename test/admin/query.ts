import t from 'tap'
import { numberIn, partIn, wordIn } from '../../src/admin/query.ts'

const query = (text: string) => new URLSearchParams(text)

t.test('a number within its bounds', async t => {
  const bounds = { min: 1, max: 200, absent: 50 }
  const limit = (text: string): number => numberIn(query(text), 'limit', bounds)
  t.same([limit(''), limit('limit=1'), limit('limit=200'), limit('limit=007')], [50, 1, 200, 7])
  for (const text of [
    '0',
    '201',
    '',
    '-1',
    '1.5',
    '1e2',
    ' 5',
    '0x5',
    '99999999999999999999',
    '5\n',
  ])
    t.throws(() => limit(`limit=${encodeURIComponent(text)}`), {
      code: 'ERR_INVALID_ARG',
      message: /^limit: found ".*"; allowed: 1 to 200$/,
    })
})

t.test('one of several words', async t => {
  const word = (text: string) => wordIn(query(text), 'outcome', ['won', 'failed'])
  t.same([word(''), word('outcome=won')], [null, 'won'])
  for (const text of ['', 'WON', 'toString'])
    t.throws(() => word(`outcome=${text}`), { message: /; allowed: won, failed$/ })
})

t.test('a part of a text', async t => {
  const part = (text: string) => partIn(query(text), 'target')
  t.same([part(''), part('target='), part('target=A.Example')], [null, '', 'a.example'])
  t.equal(part(`target=${'x'.repeat(256)}`)?.length, 256)
  t.throws(() => part(`target=${'x'.repeat(257)}`), { message: /found 257 characters/ })
})
