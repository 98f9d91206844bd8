/** A relay worker dies: its connections are reset, counted and logged, and the next ones work. */
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { within } from '../fixtures/children.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { openDescriptors } from '../fixtures/process-figures.ts'
import { receiveAll } from '../fixtures/socket-pair.ts'
import type { SocksClient } from '../fixtures/socks-client.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const CONNECTIONS = 30
/** More than all buffers on the way to a client that does not read. */
const FLOOD_BYTES = 8 * 1024 * 1024

const loaded = loadLibc()
const skip = loaded.ok ? false : `there is no splice engine here: ${loaded.reason}`

// The program, with workers that look for a file before they move a byte.
process.env['PIPE_MODEL_BIN'] = process.env['EYEBALLD_BIN'] ?? ''
process.env['EYEBALLD_BIN'] = fileURLToPath(
  new URL('../fixtures/pipe-model-dying-main.mjs', import.meta.url),
)

for (const how of ['throw', 'exit'] as const) {
  await t.test(`a worker whose thread ends by ${how}`, { skip }, async t => {
    const trap = join(t.testdir(), 'trap')
    const target = await tcpTarget(t, echo)
    const ends: string[] = []
    target.server.on('connection', socket => {
      socket.once('error', (error: Error & { code?: string }) => ends.push(error.code ?? ''))
      socket.once('end', () => ends.push('end'))
    })
    const eyeballd = await startEyeballd(t, {
      config: {
        listeners: [{ name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' }],
        pipe: { engine: 'splice', workers: 1 },
      },
      env: { PIPE_MODEL_TRAP: trap },
    })
    const joined = async (): Promise<SocksClient> => {
      const { client, reply } = await askSocks(eyeballd.address(), target.host, target.port)
      t.equal(reply.code, 0, 'it is connected')
      client.write('hello')
      t.equal((await client.read(5)).toString(), 'hello')
      return client
    }
    const idle = openDescriptors(eyeballd.pid)
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, joined))

    // Complete when it is there.
    writeFileSync(`${trap}.new`, how)
    renameSync(`${trap}.new`, trap)
    clients[0]?.write('x')
    const overs = Promise.all(clients.map(({ over }) => over))
    const seen = await within(10_000, 'all clients are closed', overs)
    t.same(new Set(seen), new Set(['ECONNRESET']), 'every client is reset')
    t.notOk(existsSync(trap), 'the trap was met')
    await eventually(() => ends.length >= CONNECTIONS)
    t.same(new Set(ends), new Set(['ECONNRESET']), 'and every target')
    t.equal(ends.length, CONNECTIONS)
    const lost = await eyeballd.waitFor(({ event }) => event === 'worker-lost')
    t.match(lost, { level: 50, connections: CONNECTIONS, replaced: true })
    if (how === 'throw') t.match(lost.msg, 'killed by a test')
    await eventually(() => eyeballd.linesOf('close').length >= CONNECTIONS)
    const closed = eyeballd.linesOf('close')
    t.equal(closed.length, CONNECTIONS, 'each has its line')
    for (const line of closed) {
      t.match(line, { reason: 'error', engine: 'splice', bytesUp: 5, bytesDown: 5 })
    }

    // Whoever comes while there is no worker has the streams.
    const next = await joined()
    next.socket.end()
    t.equal(await next.over, 'end', 'the next connection works')
    next.destroy()
    const engines = new Set<unknown>()
    for (let tries = 0; tries < 100 && !engines.has('splice'); tries++) {
      const lineOf = eyeballd.nextClient()
      const client = await joined()
      const { localPort } = client.socket
      client.socket.end()
      await client.over
      client.destroy()
      engines.add((await lineOf('close', localPort))['engine'])
      await sleep(50)
    }
    t.ok(engines.has('splice'), 'another worker has taken over')
    // A thread that ends without a word leaves its own epoll set open; what it relayed is closed.
    const most = how === 'exit' ? idle + 1 : idle
    const back = await eventually(() => openDescriptors(eyeballd.pid) <= most)
    t.ok(back, `descriptors are back at ${most}: ${openDescriptors(eyeballd.pid)}`)
    await eyeballd.stop(t)
  })
}

await t.test('a worker that hangs does not keep the daemon from its end', { skip }, async t => {
  const trap = join(t.testdir(), 'trap')
  const target = await tcpTarget(t, echo)
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [{ name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' }],
      pipe: { engine: 'splice', workers: 1 },
      drainTimeout: '0s',
    },
    env: { PIPE_MODEL_TRAP: trap },
  })
  const { client } = await askSocks(eyeballd.address(), target.host, target.port)
  client.write('hello')
  t.equal((await client.read(5)).toString(), 'hello')
  writeFileSync(`${trap}.new`, 'hang')
  renameSync(`${trap}.new`, trap)
  client.write('x')
  t.ok(await eventually(() => !existsSync(trap)), 'the trap was met')
  eyeballd.kill('SIGTERM')
  t.match(await within(60_000, 'its end', eyeballd.exited), { code: 0, signal: null })
  t.match(eyeballd.linesOf('stopped'), [{ level: 50, connections: 1 }])
  t.equal(await client.over, 'ECONNRESET')
})

await t.test('a worker that dies while a reset waits for its delivery', { skip }, async t => {
  const trap = join(t.testdir(), 'trap')
  const flood = await tcpTarget(t, socket => {
    socket.write(Buffer.alloc(FLOOD_BYTES))
    setTimeout(() => socket.resetAndDestroy(), 100)
  })
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [{ name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' }],
      pipe: { engine: 'splice', workers: 1 },
    },
    env: { PIPE_MODEL_TRAP: trap },
  })
  const idle = openDescriptors(eyeballd.pid)
  const { client } = await askSocks(eyeballd.address(), flood.host, flood.port)
  const socket = client.release()
  await eventually(() => flood.sockets[0]?.destroyed === true)
  t.same(eyeballd.linesOf('close'), [], 'its bytes are still on their way')
  // The worker looks after them by itself.
  writeFileSync(`${trap}.new`, 'throw')
  renameSync(`${trap}.new`, trap)
  await eyeballd.waitFor(({ event }) => event === 'worker-lost')
  t.match(await eyeballd.waitFor(({ event }) => event === 'close'), { reason: 'error' })
  const { bytes } = await within(5000, 'the client is closed', receiveAll(socket))
  t.ok(bytes.length < FLOOD_BYTES, 'it has not got all')
  t.ok(await eventually(() => openDescriptors(eyeballd.pid) <= idle), 'nothing is left open')
  socket.destroy()
  await eyeballd.stop(t)
})
