import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import type { Config } from '../../src/config/types.ts'
import { openPrivateProxy } from '../../src/daemon/private-proxy.ts'
import type { Daemon } from '../../src/daemon/types.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { encodeConnect } from '../../src/wire/socks5/connect-request.ts'
import { tcpTarget } from '../fixtures/tcp-target.ts'

const config = parseConfig('listeners: [{ protocol: socks, listen: 127.0.0.1:0 }]', 'test')
const log = { emit: () => {}, event: () => {} }

/** A daemon that notes its calls; `errors` are those of `apply`, in order. */
const fake = (errors: readonly (string | undefined)[] = []) => {
  const calls: string[] = []
  let idle = (): void => {}
  const daemon = {
    apply: async ({ listeners }: Config) => {
      const [address] = listeners[0]?.listen ?? []
      calls.push(`apply ${JSON.stringify(address)}`)
      const code = errors[calls.length - 1]
      if (code !== undefined) throw Object.assign(new Error(code), { code })
    },
    stopAccepting: async () => void calls.push('stop'),
    idle: () => new Promise<void>(resolve => (idle = resolve)),
    endConnections: () => {
      calls.push('end')
      idle()
    },
    close: () => void calls.push('close'),
  } as unknown as Daemon
  return { daemon, calls, idle: () => idle() }
}

const open = (rig: ReturnType<typeof fake>, clock = createHandClock()) =>
  openPrivateProxy(config, {
    clock,
    log,
    assemble: async (_, parts) => ({
      ...rig.daemon,
      apply: async applied => {
        await rig.daemon.apply(applied)
        const host = applied.listeners[0]?.listen[0]
        const address = host?.type === 'tcp' && host.host === '::1' ? '[::1]:7' : '127.0.0.1:7'
        parts.log.event({
          type: 'listening',
          listener: 'l',
          protocol: 'p',
          address,
          connections: 1,
        })
      },
    }),
  })

const V4 = 'apply {"type":"tcp","host":"127.0.0.1","port":0}'
const V6 = 'apply {"type":"tcp","host":"::1","port":0}'

t.test('127.0.0.1, or ::1 where the host has no IPv4', async t => {
  const first = fake()
  t.match((await open(first)).address, { host: '127.0.0.1', port: 7 })
  t.same(first.calls, [V4])
  for (const code of ['EADDRNOTAVAIL', 'EAFNOSUPPORT']) {
    const second = fake([code])
    t.match((await open(second)).address, { host: '::1', port: 7 })
    t.same(second.calls, [V4, V6])
  }
  const neither = fake(['EADDRNOTAVAIL', 'EADDRNOTAVAIL'])
  await t.rejects(open(neither), { code: 'EADDRNOTAVAIL' })
  t.same(neither.calls, [V4, V6, 'close'])
  const other = fake(['ERR_OPEN_FILES'])
  await t.rejects(open(other), { code: 'ERR_OPEN_FILES' })
  t.same(other.calls, [V4, 'close'])
})

t.test('the end waits for connections, for so long', async t => {
  const turn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))
  const clock = createHandClock()
  const idle = fake()
  const ending = (await open(idle, clock)).end(1000)
  await turn()
  t.same(idle.calls, [V4, 'stop'])
  idle.idle()
  await ending
  t.same(idle.calls, [V4, 'stop', 'close'])
  clock.advance(5000)
  t.same(idle.calls, [V4, 'stop', 'close'], 'the timer is gone')

  const busy = fake()
  const late = (await open(busy, clock)).end(1000)
  await turn()
  clock.advance(1000)
  await late
  t.same(busy.calls, [V4, 'stop', 'end', 'close'])

  const impatient = fake()
  const proxy = await open(impatient, clock)
  const waiting = proxy.end(1000)
  await turn()
  proxy.endConnections()
  await waiting
  t.same(impatient.calls, [V4, 'stop', 'end', 'close'])
})

t.test('on this host: it proxies, and delivers what a client sent before it left', async t => {
  const text = 'x'.repeat(1_000_000)
  let got = 0
  const target = await tcpTarget(t, socket => {
    socket.on('data', (data: Buffer) => (got += data.length)).on('end', () => socket.end())
  })
  const proxy = await openPrivateProxy(config, { log, clock: createRealClock() })
  const client = connect(proxy.address)
  client.write(encodeConnect(target))
  client.resume().end(text)
  await once(client, 'ready')
  await target.next()
  await proxy.end(60_000)
  t.equal(got, text.length)
  await t.rejects(once(connect(proxy.address), 'connect'), { code: 'ECONNREFUSED' })
})
