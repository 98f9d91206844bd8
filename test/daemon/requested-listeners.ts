import t from 'tap'
import type { FailCode } from '../../src/core/fail.ts'
import { fail } from '../../src/core/fail.ts'
import type { SocketAddress } from '../../src/core/listen-address.ts'
import {
  formatListenAddress,
  parseListenAddress,
  socketAddresses,
} from '../../src/core/listen-address.ts'
import type { OpenAddress, RequestedAddress } from '../../src/daemon/requested-listeners.ts'
import { listenerKey, mayClash, openRequested } from '../../src/daemon/requested-listeners.ts'

const requested = (
  text: string,
  optionalAddresses = false,
): readonly [string, RequestedAddress] => {
  const listen = socketAddresses(parseListenAddress(text))
  const config = {
    name: text,
    protocol: 'socks',
    listen,
    optionalAddresses,
    mode: 0o600,
    group: null,
  }
  const [address] = listen
  if (!address) throw new Error(text)
  return [listenerKey(address, config), { address, listener: { config, handler: () => () => {} } }]
}

const opened = (one: RequestedAddress): OpenAddress => ({
  requested: one,
  handler: undefined,
  open: {
    bound: { address: one.address, close: async () => {} },
    serve: () => {},
    setEgress: () => {},
    close: async () => {},
  },
})

type Failures = Readonly<Record<string, FailCode>>

/** @param failures by address; an address in use becomes free when any address closes */
const run = async (
  wanted: readonly (readonly [string, RequestedAddress])[],
  inForce: readonly (readonly [string, RequestedAddress])[],
  failures: Failures,
  lenient = false,
) => {
  const tried: string[] = []
  const result = await openRequested({
    requested: new Map(wanted),
    inForce: new Map(inForce.map(([key, one]) => [key, opened(one)])),
    openOne: async one => {
      const text = formatListenAddress(one.address)
      tried.push(text)
      const code = failures[text]
      if (code && !(code === 'EADDRINUSE' && tried.includes('closed'))) throw fail(code, text)
      return opened(one)
    },
    closeAll: async entries => {
      if ([...entries].length > 0) tried.push('closed')
    },
    lenient,
  })
  return { ...result, tried }
}

t.test('addresses in force stay open, even if they are no longer requested', async t => {
  const kept = requested('127.0.0.1:1')
  const { fresh, closed, error, tried } = await run(
    [kept, requested('127.0.0.1:2')],
    [kept, requested('127.0.0.1:3')],
    {},
  )
  t.same([...fresh.keys()], ['127.0.0.1:2'])
  t.equal(closed.size, 0)
  t.equal(error, undefined)
  t.same(tried, ['127.0.0.1:2'])
})

t.test('only addresses that block a requested one close', async t => {
  const before = [requested('127.0.0.1:1'), requested('127.0.0.1:2')]
  const taken = { '0.0.0.0:1': 'EADDRINUSE' } as const
  const { fresh, closed, tried } = await run([requested('0.0.0.0:1')], before, taken)
  t.same([...closed.keys()], ['127.0.0.1:1'])
  t.same([...fresh.keys()], ['0.0.0.0:1'])
  t.same(tried, ['0.0.0.0:1', 'closed', '0.0.0.0:1'])
  const foreign = await run([requested('127.0.0.2:1')], before, { '127.0.0.2:1': 'EADDRINUSE' })
  t.match(foreign.error, { code: 'EADDRINUSE' })
  t.equal(foreign.closed.size, 0, 'nothing closes for an address that another process uses')
})

t.test('the first failure stops it, and addresses opened before are returned', async t => {
  const wanted = [requested('127.0.0.1:1'), requested('127.0.0.1:2'), requested('127.0.0.1:3')]
  const { fresh, error, tried } = await run(wanted, [], { '127.0.0.1:2': 'EADDRNOTAVAIL' })
  t.same([...fresh.keys()], ['127.0.0.1:1'])
  t.match(error, { code: 'EADDRNOTAVAIL' })
  t.same(tried, ['127.0.0.1:1', '127.0.0.1:2'])
  const lenient = await run(wanted, [], { '127.0.0.1:2': 'EADDRNOTAVAIL' }, true)
  t.same([...lenient.fresh.keys()], ['127.0.0.1:1', '127.0.0.1:3'], 'a lenient change continues')
  t.same([...lenient.failed.keys()], ['127.0.0.1:2'])
  t.equal(lenient.error, undefined)
})

t.test(
  'an optional address that the host does not have is skipped, unless it is the only one',
  async t => {
    const missing = { '127.0.0.1:1': 'EADDRNOTAVAIL' } as const
    const { skipped, error } = await run([requested('127.0.0.1:1', true)], [], missing)
    t.match([...skipped.values()], [{ error: { code: 'EADDRNOTAVAIL' } }])
    t.match(error, { code: 'EADDRNOTAVAIL' }, 'the listener has no other address')
    const lenient = await run([requested('127.0.0.1:1', true)], [], missing, true)
    t.same([...lenient.failed.keys()], ['127.0.0.1:1'])
    const taken = await run([requested('127.0.0.1:1', true)], [], { '127.0.0.1:1': 'EADDRINUSE' })
    t.match(taken.error, { code: 'EADDRINUSE' }, 'an address in use is not skipped')
  },
)

const address = (text: string): SocketAddress => {
  const [first] = socketAddresses(parseListenAddress(text))
  if (!first) throw new Error(text)
  return first
}

t.test('listeners with the same address and rights have the same key', async t => {
  const key = (text: string, name = 'a', mode = 0o600, group: string | null = null) =>
    listenerKey(address(text), { name, mode, group })
  t.equal(key('127.0.0.1:1080'), key('127.0.0.1:1080', 'b', 0o660), 'only the address counts')
  t.not(key('127.0.0.1:1080'), key('127.0.0.1:1081'))
  t.not(key('127.0.0.1:0'), key('127.0.0.1:0', 'b'), 'each listener with port 0 has its own port')
  t.equal(key('unix:/a'), key('unix:/a', 'b'))
  t.not(key('unix:/a'), key('unix:/a', 'a', 0o660), 'the mode of a UNIX socket counts')
  t.not(key('unix:/a'), key('unix:/a', 'a', 0o600, 'users'))
})

t.test('which addresses clash', async t => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['127.0.0.1:80', '127.0.0.1:80', true],
    ['127.0.0.1:80', '127.0.0.1:81', false],
    ['127.0.0.1:80', '127.0.0.2:80', false],
    ['127.0.0.1:80', '0.0.0.0:80', true],
    ['[::1]:80', '[::]:80', true],
    ['127.0.0.1:80', '[::]:80', false],
    ['0.0.0.0:80', '[::]:80', false],
    ['unix:/a', 'unix:/a', true],
    ['unix:/a', 'unix:/b', false],
    ['unix:/a', '127.0.0.1:80', false],
  ]
  for (const [a, b, clash] of cases) {
    t.equal(mayClash(address(a), address(b)), clash, `${a} ${b}`)
    t.equal(mayClash(address(b), address(a)), clash, `${b} ${a}`)
  }
})
