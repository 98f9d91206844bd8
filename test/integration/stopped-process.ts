/** A daemon that is stopped and goes on (SIGSTOP, SIGCONT): what came in time counts, though deadlines are over. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { within } from '../fixtures/children.ts'
import { createBlackHole } from '../fixtures/create-black-hole.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { socketStatesTo } from '../fixtures/process-figures.ts'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const skip = process.platform === 'linux' ? false : 'the state of a process is read from /proc'

/** Of a handshake, a DNS query, and silence. */
const LIMIT_MS = 1500
const CONNECT_TIMEOUT_MS = 3000

const isStopped = ({ pid }: Eyeballd): boolean =>
  / T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1').split(')').at(-1)?.slice(0, 3) ?? '')

/** Stops it, lets something happen, and has it go on when a limit is over. */
const whileStopped = async (
  t: Test,
  eyeballd: Eyeballd,
  limitMs: number,
  happen: () => unknown,
): Promise<void> => {
  eyeballd.kill('SIGSTOP')
  t.ok(await eventually(() => isStopped(eyeballd)), 'it is stopped')
  const stoppedAt = performance.now()
  await happen()
  await sleep(Math.max(0, limitMs + 300 - (performance.now() - stoppedAt)))
  eyeballd.kill('SIGCONT')
}

for (const engine of ['splice', 'stream'] as const) {
  await t.test(engine, { skip }, async t => {
    const dns = await createDnsServer({
      'slow.example.com': { addresses: ['127.0.0.1'], delayMs: 500 },
    })
    t.teardown(() => dns.close())
    const target = await tcpTarget(t, echo)
    const eyeballd = await startEyeballd(t, {
      config: {
        listeners: [{ name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' }],
        access: [{ action: 'allow', to: ['loopback'] }],
        resolver: { servers: [dns.address], search: [], timeout: `${LIMIT_MS}ms`, attempts: 1 },
        eyeballs: { connectTimeout: `${CONNECT_TIMEOUT_MS}ms` },
        limits: { handshakeTimeout: `${LIMIT_MS}ms` },
        pipe: { engine, idleTimeout: `${LIMIT_MS}ms` },
      },
    })

    await t.test('a request that was sent in time is served', async t => {
      const client = await openSocks(eyeballd.address())
      await client.greet()
      await whileStopped(t, eyeballd, LIMIT_MS, () => client.sendRequest(target.host, target.port))
      t.equal((await client.readReply()).code, 0)
      client.destroy()
    })

    await t.test('so are many at once', async t => {
      const others = await Promise.all(
        Array.from({ length: 20 }, () => openSocks(eyeballd.address())),
      )
      for (const client of others) await client.greet()
      await whileStopped(t, eyeballd, LIMIT_MS, () => {
        for (const client of others) client.sendRequest(target.host, target.port)
      })
      for (const client of others) t.equal((await client.readReply()).code, 0)
      for (const client of others) client.destroy()
    })

    await t.test('a DNS answer that has come counts', async t => {
      const client = await openSocks(eyeballd.address())
      await client.greet()
      client.sendRequest('slow.example.com', target.port)
      t.ok(await eventually(() => dns.count('slow.example.com') === 2), 'both types were asked for')
      await whileStopped(t, eyeballd, LIMIT_MS, () => {})
      t.equal((await client.readReply()).code, 0)
      client.destroy()
    })

    await t.test('a connection that was made in time wins', async t => {
      const hole = await createBlackHole()
      t.teardown(() => hole.close())
      const client = await openSocks(eyeballd.address())
      await client.greet()
      client.sendRequest(hole.address, hole.port)
      const states = (): readonly string[] => socketStatesTo(hole.port)
      t.ok(await eventually(() => states().includes('SYN_SENT')), 'it is under way')
      await whileStopped(t, eyeballd, CONNECT_TIMEOUT_MS, async () => {
        hole.open()
        t.ok(await eventually(() => !states().includes('SYN_SENT')), 'it is made')
      })
      t.equal((await client.readReply()).code, 0)
      client.destroy()
    })

    await t.test('a relay that got bytes meanwhile was not silent', async t => {
      const { client } = await askSocks(eyeballd.address(), target.host, target.port)
      client.write('hello')
      await client.read(5)
      await whileStopped(t, eyeballd, LIMIT_MS, () => client.write('still here'))
      t.equal((await client.read(10)).toString(), 'still here')
      // And then it is.
      t.equal(await within(10_000, 'the end', client.over), 'end')
      await eventually(() => eyeballd.linesOf('close').at(-1)?.['reason'] === 'idle')
      t.match(eyeballd.linesOf('close').at(-1), { reason: 'idle', bytesUp: 15 })
      client.destroy()
    })
    await eyeballd.stop(t)
  })
}
