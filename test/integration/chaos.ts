/** Clients and targets that stop at any step, in any way: nothing of them is left. */
import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createBlackHole } from '../fixtures/create-black-hole.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { descriptorNames, openDescriptors, socketStatesTo } from '../fixtures/process-figures.ts'
import type { SocksClient } from '../fixtures/socks-client.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { tcpTarget } from '../fixtures/tcp-target.ts'

const CLIENTS = 1500

t.setTimeout(120_000)

const leave = (socket: Socket): void => {
  const how = randomInt(3)
  if (how === 0) socket.resetAndDestroy()
  else if (how === 1) socket.destroy()
  else socket.end()
}

/** A target that sends, reads or not, and leaves when it likes. */
const target = await tcpTarget(t, socket => {
  if (randomInt(4) > 0) socket.resume()
  if (randomInt(2) === 0) socket.write(Buffer.alloc(randomInt(200_000)))
  setTimeout(() => leave(socket), randomInt(60))
})
const hole = await createBlackHole()
t.teardown(hole.close)
const eyeballd = await startEyeballd(t, {
  config: {
    listeners: [
      { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' },
      {
        name: 'race',
        protocol: 'forward',
        listen: '127.0.0.1:0',
        target: [`${hole.address}:${hole.port}`, `${target.host}:${target.port}`],
      },
      {
        name: 'users',
        protocol: 'socks',
        listen: '127.0.0.1:0',
        auth: { users: { alice: 'sesame' } },
      },
    ],
    limits: { handshakeTimeout: '500ms', authFailureDelay: '20ms' },
    eyeballs: {
      minimumConnectionAttemptDelay: '10ms',
      connectionAttemptDelay: '10ms',
      connectTimeout: '400ms',
    },
    pipe: { halfCloseTimeout: '500ms', idleTimeout: '1s' },
  },
})

const hosts = ['127.0.0.1', 'localhost', '127.1', '::1', 'no such name']

/** The steps of a client; it stops before, or at, any of them. */
const stepsOf = (client: SocksClient, login: boolean): readonly (() => unknown)[] => [
  () => client.greet([login ? 2 : 0]),
  ...(login ? [() => client.login('alice', randomInt(3) === 0 ? 'guess' : 'sesame')] : []),
  () => {
    const port = randomInt(3) === 0 ? hole.port : target.port
    client.sendRequest(hosts[randomInt(hosts.length)] ?? '', port)
  },
  () => (randomInt(2) === 0 ? client.write(Buffer.alloc(randomInt(100_000))) : undefined),
  () => client.readReply(2000),
  () => client.write(Buffer.alloc(randomInt(200_000))),
  () => sleep(randomInt(60)),
]

const misbehave = async (index: number): Promise<void> => {
  const listener = ['socks', 'race', 'users'][index % 3] ?? ''
  const client = await openSocks(eyeballd.address(listener)).catch(() => undefined)
  if (!client) return
  const steps = stepsOf(client, listener === 'users')
  const last = randomInt(steps.length + 1)
  try {
    for (const step of listener === 'race' ? steps.slice(-3) : steps.slice(0, last)) await step()
  } catch {
    // The proxy, or the target, was first.
  }
  leave(client.socket)
  await Promise.race([client.over, sleep(100)])
  client.destroy()
}

await t.test(`${CLIENTS} clients that stop anywhere`, async t => {
  await inParallel(60, 20, misbehave)
  await eventually(() => socketStatesTo(target.port).length === 0, 200)
  await sleep(1500)
  const before = openDescriptors(eyeballd.pid)
  await inParallel(CLIENTS, 40, misbehave)
  t.equal(eyeballd.child.exitCode, null, 'it is alive')
  const back = await eventually(() => openDescriptors(eyeballd.pid) <= before, 5000)
  t.ok(back, `descriptors are back at ${before}`)
  if (!back) t.comment(descriptorNames(eyeballd.pid).join('\n'))
  t.notOk(socketStatesTo(hole.port).includes('SYN_SENT'), 'no attempt is under way')
  const counts = new Map<string, number>()
  for (const { event, outcome, reason } of eyeballd.lines) {
    const key = [event, outcome ?? reason].join(' ')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  t.comment(
    [...counts]
      .map(([key, count]) => `${key}: ${count}`)
      .toSorted()
      .join(', '),
  )
  t.same(eyeballd.linesOf('fatal'), [])
})

await t.test('every race that was won has its close line', async t => {
  const won = eyeballd.linesOf('race').filter(({ outcome }) => outcome === 'won')
  // A side that reads nothing is reset 2 s after the other one failed.
  await eventually(() => eyeballd.linesOf('close').length >= won.length)
  const closed = new Set(eyeballd.linesOf('close').map(({ conn }) => conn))
  t.same(
    won.filter(({ conn }) => !closed.has(conn)),
    [],
  )
  t.equal(closed.size, won.length, 'and no other has one')
})

await t.test('it ends in order, at once', async t => {
  const begin = performance.now()
  await eyeballd.stop(t)
  t.ok(performance.now() - begin < 2000, 'it waits for nobody')
})
