import t from 'tap'
import { createIsOwnListener, createOwnAddresses } from '../../src/access/own-listeners.ts'
import type { ListenAddress } from '../../src/core/listen-address.ts'

const at = (host: string, port: number): ListenAddress => ({ type: 'tcp', host, port })

const LOCAL = new Set([
  '127.0.0.1',
  '127.3.2.1',
  '0.0.0.0',
  '192.0.2.77',
  '::',
  '::1',
  '2001:db8::77',
  'fe80::77',
])

const own = (listener: string, target: string, port = 1080): boolean =>
  createIsOwnListener(
    () => [at(listener, 1080)],
    address => LOCAL.has(address),
  )(target, port)

t.test('a listener on one address', async t => {
  t.equal(own('127.0.0.1', '127.0.0.1'), true)
  t.equal(own('127.0.0.1', '127.0.0.1', 1081), false, 'another port')
  t.equal(own('127.0.0.1', '::ffff:127.0.0.1'), true)
  t.equal(own('::ffff:127.0.0.1', '127.0.0.1'), true)
  t.equal(own('127.0.0.1', '0.0.0.0'), true, 'Linux takes 0.0.0.0 for 127.0.0.1')
  t.equal(own('::1', '::'), true)
  t.equal(own('::1', '0.0.0.0'), false)
  t.equal(own('127.0.0.1', '127.0.0.2'), false)
  t.equal(own('127.0.0.1', '::1'), false)
  t.equal(own('192.0.2.77', '192.0.2.77'), true)
  t.equal(own('192.0.2.77', '0.0.0.0'), false)
  t.equal(own('fe80::77%eth0', 'fe80::77%2'), true, 'zones are spelled in many ways')
})

t.test('a listener on every address', async t => {
  for (const target of ['127.0.0.1', '127.3.2.1', '0.0.0.0', '192.0.2.77', '::ffff:192.0.2.77']) {
    t.equal(own('0.0.0.0', target), true, target)
    t.equal(own('::', target), true, `${target}, dual stack`)
  }
  for (const target of ['::1', '::', '2001:db8::77', 'fe80::77%eth0', 'fe80::77']) {
    t.equal(own('::', target), true, target)
    t.equal(own('0.0.0.0', target), false, target)
  }
  for (const target of ['192.0.2.78', '2001:db8::78']) {
    t.equal(own('::', target), false, target)
    t.equal(own('0.0.0.0', target), false, target)
  }
})

t.test('what is no address is nobody', async t => {
  t.equal(own('127.0.0.1', 'localhost'), false)
  t.equal(own('nonsense', '127.0.0.1'), false)
})

t.test('a list of listeners is read once, interfaces are asked only where they matter', async t => {
  let reads = 0
  const list = (...addresses: readonly ListenAddress[]): readonly ListenAddress[] =>
    ({
      *[Symbol.iterator]() {
        reads++
        yield* addresses
      },
    }) as readonly ListenAddress[]
  let bound = list(at('127.0.0.1', 1080), { type: 'unix', path: '/run/a' })
  let asked = 0
  const isOwn = createIsOwnListener(
    () => bound,
    address => {
      asked++
      return LOCAL.has(address)
    },
  )
  t.equal(isOwn('127.0.0.1', 1080), true)
  t.equal(isOwn('192.0.2.77', 2080), false)
  t.equal(reads, 1)
  bound = list(at('127.0.0.1', 1080), at('0.0.0.0', 2080))
  t.equal(isOwn('198.51.100.1', 443), false)
  t.equal(asked, 0)
  t.equal(isOwn('192.0.2.77', 2080), true)
  t.equal(asked, 1)
  t.equal(isOwn('127.0.0.1', 1080), true)
  t.equal(reads, 2)
})

const tcp = (port: number): ListenAddress => ({ type: 'tcp', host: '127.0.0.1', port })

t.test('all addresses, in a new array only after a change', async t => {
  let bound = [tcp(1)]
  const { all, setOthers } = createOwnAddresses(() => bound)
  t.same(all(), [tcp(1)])
  t.equal(all(), all())
  bound = [tcp(2)]
  t.same(all(), [tcp(2)])
  setOthers([tcp(3)])
  t.same(all(), [tcp(2), tcp(3)])
  t.equal(all(), all())
  setOthers([])
  t.same(all(), [tcp(2)])
})
