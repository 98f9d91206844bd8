/** Clients that ask for names and leave: what they cost, and what others feel of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createFloodWorld, flood, timedAsk, watchProcess } from '../fixtures/lookup-flood.ts'
import { residentMiB } from '../fixtures/process-figures.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'

t.setTimeout(240_000)

const RATE = 1000
const SECONDS = 5

/** DNS queries in flight at most, each with a socket. */
const QUERIES_MAX = 64

/** What a daemon's heap takes before it is collected, beside what the flood may cost. */
const MEMORY_GROWTH_MAX_MIB = 96

/** A name that is answered in 5 ms waited 9 to 26 s behind a flood; the rest is for a busy machine. */
const HONEST_MAX_MS = 1500

const skip = process.platform === 'linux' ? false : 'it looks into /proc'

const configFor = (dns: string) => ({
  listeners: [{ protocol: 'socks', listen: '127.0.0.1:0' }],
  access: [{ action: 'allow', to: ['loopback'] }],
  resolver: { servers: [dns], search: [] },
  log: { races: 'none' },
})

t.test('names that no server answers, each left at once', { skip }, async t => {
  const { target, dns } = await createFloodWorld(t)
  // Half of what a default heap would take; it was full in 40 s at 400 connections a second.
  const eyeballd = await startEyeballd(t, {
    config: configFor(dns.address),
    env: { NODE_OPTIONS: '--max-old-space-size=200' },
  })
  const address = eyeballd.address()
  // What is compiled and cached is there before anything is measured.
  await flood(t, address, { rate: 500, seconds: 1 })
  const before = residentMiB(eyeballd.pid)
  const watch = watchProcess(eyeballd.pid)
  const flooding = flood(t, address, { rate: RATE, seconds: SECONDS })
  const honest: number[] = []
  const literals: number[] = []
  for (let i = 0; i < 20; i++) {
    await sleep((SECONDS * 1000) / 25)
    const { ms, code } = await timedAsk(address, `good-${i}.example.com`, target.port)
    t.equal(code, 0)
    honest.push(ms)
    const literal = await timedAsk(address, target.host, target.port)
    t.equal(literal.code, 0)
    literals.push(literal.ms)
  }
  const counts = await flooding
  const most = watch.stop()
  const grown = most.memoryMiB - before
  t.comment(
    `${counts.connected} connections in ${(counts.tookMs / 1000).toFixed(1)} s: ` +
      `${before.toFixed(0)} MiB, ${grown.toFixed(0)} MiB more; ${most.descriptors} descriptors, ` +
      `${most.udp} of them UDP; honest names took ${Math.max(...honest).toFixed(0)} ms at most, ` +
      `literals ${Math.max(...literals).toFixed(0)} ms`,
  )
  t.ok(counts.connected > counts.started * 0.9, 'there was a flood')
  t.ok(most.udp > 0 && most.udp <= QUERIES_MAX, `${most.udp} UDP sockets`)
  t.ok(grown < MEMORY_GROWTH_MAX_MIB, `${grown.toFixed(0)} MiB more`)
  t.ok(Math.max(...honest) < HONEST_MAX_MS, `an honest name took ${Math.max(...honest)} ms`)
  await eyeballd.stop(t)
})

t.test('with few descriptors, connections to addresses go on', { skip }, async t => {
  const { target, dns } = await createFloodWorld(t)
  const eyeballd = await startEyeballd(t, {
    config: { ...configFor(dns.address), limits: { maxConnectionsPerClient: 12 } },
    wrap: ['sh', '-c', 'ulimit -n 128; exec "$@"', 'sh'],
  })
  const address = eyeballd.address()
  const watch = watchProcess(eyeballd.pid)
  const flooding = flood(t, address, { rate: 300, seconds: 4 })
  await sleep(1000)
  for (let i = 0; i < 8; i++) {
    const { code } = await timedAsk(address, target.host, target.port)
    t.equal(code, 0)
    await sleep(300)
  }
  await flooding
  const most = watch.stop()
  t.comment(`${most.descriptors} descriptors, ${most.udp} of them UDP`)
  t.ok(most.udp > 0 && most.udp <= 8, `${most.udp} UDP sockets: a sixteenth of 128`)
  await eyeballd.stop(t)
})
