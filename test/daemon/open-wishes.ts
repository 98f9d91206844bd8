import t from 'tap'
import { fail } from '../../src/core/fail.ts'
import type { FailCode } from '../../src/core/fail.ts'
import { formatListenAddress, parseListenAddress } from '../../src/core/listen-address.ts'
import { listenerKey } from '../../src/daemon/listener-address.ts'
import type { OpenAddress, Wish } from '../../src/daemon/open-wishes.ts'
import { openWishes } from '../../src/daemon/open-wishes.ts'

const wish = (text: string, optionalAddresses = false): readonly [string, Wish] => {
  const listen = parseListenAddress(text)
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
  return [listenerKey(address, config), { address, wanted: { config, handler: () => () => {} } }]
}

const opened = (one: Wish): OpenAddress => ({
  wish: one,
  take: undefined,
  open: {
    bound: { address: one.address, close: async () => {} },
    serve: () => {},
    close: async () => {},
  },
})

type Failures = Readonly<Record<string, FailCode>>

/** @param failures by address; one in use is free once something has closed */
const run = async (
  wanted: readonly (readonly [string, Wish])[],
  inForce: readonly (readonly [string, Wish])[],
  failures: Failures,
  lenient = false,
) => {
  const tried: string[] = []
  const result = await openWishes({
    wishes: new Map(wanted),
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

t.test('what is in force is left alone, also where it is no longer wanted', async t => {
  const kept = wish('127.0.0.1:1')
  const { fresh, closed, error, tried } = await run(
    [kept, wish('127.0.0.1:2')],
    [kept, wish('127.0.0.1:3')],
    {},
  )
  t.same([...fresh.keys()], ['127.0.0.1:2'])
  t.equal(closed.size, 0)
  t.equal(error, undefined)
  t.same(tried, ['127.0.0.1:2'])
})

t.test('only what is in the way closes, and only for what needs it', async t => {
  const before = [wish('127.0.0.1:1'), wish('127.0.0.1:2')]
  const taken = { '0.0.0.0:1': 'EADDRINUSE' } as const
  const { fresh, closed, tried } = await run([wish('0.0.0.0:1')], before, taken)
  t.same([...closed.keys()], ['127.0.0.1:1'])
  t.same([...fresh.keys()], ['0.0.0.0:1'])
  t.same(tried, ['0.0.0.0:1', 'closed', '0.0.0.0:1'])
  const foreign = await run([wish('127.0.0.2:1')], before, { '127.0.0.2:1': 'EADDRINUSE' })
  t.match(foreign.error, { code: 'EADDRINUSE' })
  t.equal(foreign.closed.size, 0, 'nothing closes for an address that somebody else has')
})

t.test('the first failure ends it, and what is open by then is returned', async t => {
  const wanted = [wish('127.0.0.1:1'), wish('127.0.0.1:2'), wish('127.0.0.1:3')]
  const { fresh, error, tried } = await run(wanted, [], { '127.0.0.1:2': 'EADDRNOTAVAIL' })
  t.same([...fresh.keys()], ['127.0.0.1:1'])
  t.match(error, { code: 'EADDRNOTAVAIL' })
  t.same(tried, ['127.0.0.1:1', '127.0.0.1:2'])
  const lenient = await run(wanted, [], { '127.0.0.1:2': 'EADDRNOTAVAIL' }, true)
  t.same([...lenient.fresh.keys()], ['127.0.0.1:1', '127.0.0.1:3'], 'unless it is lenient')
  t.same([...lenient.failed.keys()], ['127.0.0.1:2'])
  t.equal(lenient.error, undefined)
})

t.test(
  'an optional address that the host does not have is skipped, the last one is not',
  async t => {
    const missing = { '127.0.0.1:1': 'EADDRNOTAVAIL' } as const
    const { skipped, error } = await run([wish('127.0.0.1:1', true)], [], missing)
    t.match([...skipped.values()], [{ error: { code: 'EADDRNOTAVAIL' } }])
    t.match(error, { code: 'EADDRNOTAVAIL' }, 'the listener would have no address')
    const lenient = await run([wish('127.0.0.1:1', true)], [], missing, true)
    t.same([...lenient.failed.keys()], ['127.0.0.1:1'])
    const taken = await run([wish('127.0.0.1:1', true)], [], { '127.0.0.1:1': 'EADDRINUSE' })
    t.match(taken.error, { code: 'EADDRINUSE' }, 'one that is taken is no missing one')
  },
)
