import t from 'tap'
import {
  addressKey,
  isLoopback,
  isOptional,
  parseListen,
} from '../../src/config/listen-addresses.ts'

const one = (text: string) => {
  const [address] = parseListen(text)
  if (!address) throw new Error(text)
  return address
}

t.test('parseListen reads one text or several', async t => {
  t.strictSame(parseListen('127.0.0.1:80'), [{ type: 'tcp', host: '127.0.0.1', port: 80 }])
  t.strictSame(parseListen(80), parseListen('localhost:80'))
  t.strictSame(
    parseListen(['localhost:80', 'unix:/a']).map(address => addressKey(address)),
    ['127.0.0.1:80', '[::1]:80', 'unix:/a'],
  )
})

t.test('isOptional is true if every text means both families', async t => {
  for (const text of [1080, '1080', ':1080', '*:1080', [80, '*:81']]) t.ok(isOptional(text))
  t.ok(isOptional('localhost:80'))
  t.ok(isOptional(['localhost:80', 'localhost:81']))
  t.notOk(isOptional(['localhost:80', '127.0.0.2:80']))
  t.notOk(isOptional('127.0.0.1:80'))
})

t.test('isLoopback accepts 127.0.0.0/8, ::1, their mapped forms and UNIX sockets', async t => {
  for (const text of [
    '127.0.0.1:1',
    '127.255.0.9:1',
    '[::1]:1',
    '[::ffff:127.0.0.1]:1',
    '[::ffff:7f01:203]:1',
    'unix:/a',
  ]) {
    t.ok(isLoopback(one(text)), text)
  }
  for (const text of [
    '0.0.0.0:1',
    '[::]:1',
    '128.0.0.1:1',
    '192.0.2.1:1',
    '[::2]:1',
    '[::ffff:192.0.2.1]:1',
    '[fe80::1%lo]:1',
  ]) {
    t.notOk(isLoopback(one(text)), text)
  }
})

t.test('isLoopback and addressKey unmap addresses', async t => {
  const mapped = { type: 'tcp', host: '::ffff:127.0.0.1', port: 80 } as const
  t.ok(isLoopback(mapped))
  t.equal(addressKey(mapped), '127.0.0.1:80')
})

t.test('addressKey is one for all texts of an address, and undefined for port 0', async t => {
  t.equal(addressKey(one('[::ffff:127.0.0.1]:80')), addressKey(one('127.0.0.1:80')))
  t.equal(addressKey(one('[0:0::1]:80')), addressKey(one('[::1]:80')))
  t.not(addressKey(one('127.0.0.1:81')), addressKey(one('127.0.0.1:80')))
  t.equal(addressKey(one('127.0.0.1:0')), undefined)
  t.equal(addressKey({ type: 'tcp', host: 'odd', port: 1 }), 'odd:1')
})
