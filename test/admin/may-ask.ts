import t from 'tap'
import { hasToken, isOwnHost } from '../../src/admin/may-ask.ts'

t.test('only the whole bearer token is accepted', async t => {
  for (const header of ['Bearer secret', 'bearer secret', 'BEARER   secret  '])
    t.equal(hasToken(header, 'secret'), true, header)
  for (const header of [
    undefined,
    '',
    'secret',
    'Bearer',
    'Bearer ',
    'Bearer secre',
    'Bearer secrets',
    'Bearer Secret',
    'Bearer secret secret',
    'Basic secret',
  ])
    t.equal(hasToken(header, 'secret'), false, String(header))
})

t.test('only the own Host is accepted', async t => {
  const local = '192.0.2.1'
  for (const host of [
    undefined,
    'localhost',
    'LOCALHOST:9000',
    '127.0.0.1',
    '127.0.0.1:9000',
    '127.9.9.9:1',
    '[::1]',
    '[::1]:9000',
    '[::ffff:127.0.0.1]:9000',
    '192.0.2.1',
    '192.0.2.1:9000',
    '[::ffff:192.0.2.1]',
  ])
    t.equal(isOwnHost(host, local), true, String(host))
  for (const host of [
    '',
    'evil.example',
    'evil.example:9000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.0.2.2',
    '2130706433',
    '[::2]:9000',
    '0.0.0.0',
  ])
    t.equal(isOwnHost(host, local), false, host)
  t.equal(isOwnHost('[fe80::1]:9', 'fe80::1%eth0'), true)
  t.equal(isOwnHost('192.0.2.1', undefined), false)
})
