import t from 'tap'
import { PLAIN_EGRESS } from '../../src/core/egress.ts'
import { openNodeNetwork, openRaces, warmUp } from '../../src/dial/open-races.ts'
import { notConnected } from '../../src/net/network.ts'
import { dialerOptions } from '../fixtures/dialer-options.ts'

const options = {
  resolver: { hosts: { 'a.example': ['127.0.0.1'] } },
  race: dialerOptions,
} as const

void t.test('the engine on this host, until it is closed', async t => {
  const races = openRaces(options)
  t.match(await races.lookup('a.example', 'A'), { ok: true, addresses: ['127.0.0.1'] })
  t.match(await races.source('127.0.0.1'), { address: '127.0.0.1' })
  t.ok(Array.isArray(races.knownLocal()))
  await races.warmUp()
  const before = races.now()
  // Port 1 is one that nobody listens on.
  const result = await races.dial({ targets: [{ host: 'a.example', port: 1 }] })
  t.match(result, { outcome: 'failed', reason: 'all-failed' })
  t.ok(races.now() >= before)
  races.close()
  t.match(await races.lookup('a.example', 'A'), { ok: false, code: 'ECANCELLED' })
})

void t.test('source addresses of an egress', async t => {
  const egress = { ...PLAIN_EGRESS, bind4: 'none' }
  const races = openRaces(options, egress)
  await races.warmUp()
  t.match(await races.source('127.0.0.1'), { address: null })
  const result = await races.dial({ targets: [{ host: '127.0.0.1', port: 1 }] })
  if (result.outcome !== 'failed') throw new Error('nothing is sent')
  t.match(result.errors, new Map())
  t.match(JSON.stringify(result.trace), /EADDRNOTAVAIL/)
  races.close()
})

void t.test('races over another network, which is closed with them', async t => {
  let closed = 0
  const races = openRaces(options, PLAIN_EGRESS, host => {
    const node = openNodeNetwork(host)
    const connect: typeof node.network.connect = (endpoint, settle) => {
      queueMicrotask(() => settle(notConnected(endpoint, 'ENODEV', false)))
      return () => false
    }
    return { ...node, egress: { ...node.egress, connect: () => connect }, close: () => closed++ }
  })
  const result = await races.dial({ targets: [{ host: 'a.example', port: 1 }] })
  t.match(JSON.stringify(result.trace), /ENODEV/)
  t.equal(closed, 0)
  races.close()
  t.equal(closed, 1)
})

void t.test('options that make no sense are refused', async t => {
  t.throws(() => openRaces({ ...options, resolver: { ipv4: false, ipv6: false } }), {
    code: 'ERR_INVALID_ARG',
  })
})

void t.test('one race that connects, one that is refused, one without an address', async t => {
  const asked: unknown[] = []
  let closed = 0
  const peers = { tcpPort: 1, dnsPort: 2, close: () => void closed++ }
  const race = async (target: unknown, dnsPort: number, signal: AbortSignal): Promise<void> => {
    asked.push([target, dnsPort, signal.aborted])
    if (asked.length === 2) throw new Error('went wrong')
    t.equal(closed, 0)
  }
  await warmUp(race, async () => peers)
  t.strictSame(asked, [
    [{ host: '127.0.0.1', port: 1 }, 2, false],
    [{ host: '127.0.0.1', port: 2 }, 2, false],
    [{ host: 'warm-up.invalid', port: 1 }, 2, false],
  ])
  t.equal(closed, 1)
})

void t.test('a host without loopback is not warmed up', async t => {
  const race = async (): Promise<void> => void t.fail('there is nothing to race to')
  await warmUp(race, async () => Promise.reject(new Error('EADDRNOTAVAIL')))
})
