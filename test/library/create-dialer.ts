import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import { createDialer } from '../../src/library/create-dialer.ts'
import { createNetwork } from '../../src/net/network.ts'
import { createRealClock } from '../../src/net/real-clock.ts'
import { dialerOptions } from '../fixtures/dialer-options.ts'

const clock = createRealClock()
const race = dialerOptions

void t.test('a name is looked up, raced and connected on this host', async t => {
  const server = createServer(socket => socket.end('hello'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo

  const { dial, resolver } = createDialer(
    { resolver: { hosts: { 'db.example': ['127.0.0.1'] } }, race },
    { clock, network: createNetwork({ clock }) },
  )
  t.teardown(() => resolver.close())
  const result = await dial({ targets: [{ host: 'db.example', port }] })
  if (result.outcome !== 'won') throw new Error('won was expected')
  t.equal(result.address, '127.0.0.1')
  t.equal(result.socket.isPaused(), true)
  const chunks = await result.socket.toArray()
  t.equal(Buffer.concat(chunks as Buffer[]).toString(), 'hello')
  result.socket.destroy()
})

void t.test('a name that is not there fails with its parts', async t => {
  const { dial, resolver } = createDialer(
    { resolver: { hosts: { 'db.example': ['127.0.0.1'] }, ipv4: false }, race },
    { clock, network: createNetwork({ clock }) },
  )
  t.teardown(() => resolver.close())
  const result = await dial({ targets: [{ host: 'db.example', port: 1 }] })
  t.match(result, { outcome: 'failed', reason: 'no-addresses' })
})

void t.test('options that make no sense are refused', async t => {
  t.throws(
    () =>
      createDialer(
        { resolver: { ipv4: false, ipv6: false }, race },
        { clock, network: createNetwork({ clock }) },
      ),
    { code: 'ERR_INVALID_ARG' },
  )
})
