/** What one side has sent before its reset reaches the other side before the reset does. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { socketDescriptor, unacknowledged } from '../../src/libc/connected-socket.ts'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { within } from '../fixtures/children.ts'
import { nodeHello } from '../fixtures/client-hellos.ts'
import { patternOf } from '../fixtures/http-origin.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { startModelDaemon } from '../fixtures/pipe-model-daemon.ts'
import { RESET_CASES, resetScriptOf } from '../fixtures/pipe-model-resets.ts'
import { runPipeModel, sumUp } from '../fixtures/pipe-model-run.ts'
import { openDescriptors } from '../fixtures/process-figures.ts'
import { receiveAll } from '../fixtures/socket-pair.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const AT_ONCE = 12

const loaded = loadLibc()
const skip = loaded.ok ? false : `the test's own sockets need the C library: ${loaded.reason}`

for (const engine of ['stream', 'splice', 'auto'] as const) {
  await t.test(`readers that are late, and in time, by ${engine}`, { skip }, async t => {
    if (!loaded.ok) return
    const daemon = await startModelDaemon(t, loaded.libc, engine, AT_ONCE)
    const report = await runPipeModel(daemon, {
      seed: 1,
      first: 0,
      count: 2 * RESET_CASES.length,
      atOnce: AT_ONCE,
      engine,
      make: resetScriptOf,
    })
    t.comment(sumUp(report))
    t.same(report.failures, [])
    const { eyeballd } = daemon
    const reasons = eyeballd.linesOf('close').map(({ reason }) => String(reason))
    t.ok(reasons.length > RESET_CASES.length && reasons.every(reason => reason.endsWith('-reset')))
    t.same(eyeballd.linesOf('fatal'), [])
    await eyeballd.stop(t)
  })
}

/** More than the window of a client that does not read, and less than all buffers on the way. */
const SENT_BYTES = 300_000
const bytes = patternOf(SENT_BYTES)

/** Sends, and resets once all of it has left: a reset discards what has not. */
const sendAndReset = async (socket: Socket): Promise<void> => {
  await new Promise(resolve => socket.write(bytes, resolve))
  const hasLeft = (): boolean =>
    loaded.ok && unacknowledged(loaded.libc, socketDescriptor(socket)) === 0
  await eventually(hasLeft)
  socket.resetAndDestroy()
}

const LISTENER = { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' }

for (const engine of ['stream', 'splice'] as const) {
  await t.test(`${engine}: readers that do not read at first, or never`, { skip }, async t => {
    const target = await tcpTarget(t, socket => void sendAndReset(socket))
    const flood = await tcpTarget(t, socket => {
      socket.write(Buffer.alloc(8 * 1024 * 1024))
      setTimeout(() => socket.resetAndDestroy(), 100)
    })
    const forwarded = `${target.host}:${target.port}`
    const eyeballd = await startEyeballd(t, {
      config: {
        listeners: [
          LISTENER,
          { name: 'forward', protocol: 'forward', listen: '127.0.0.1:0', target: forwarded },
        ],
        pipe: { engine },
      },
    })

    await t.test('bytes and a reset, read 50 ms later', async t => {
      for (let time = 0; time < 5; time++) {
        const { client, reply } = await askSocks(eyeballd.address(), target.host, target.port)
        t.equal(reply.code, 0)
        const socket = client.release()
        await sleep(50)
        t.ok((await within(5000, 'the end', receiveAll(socket))).bytes.equals(bytes), 'by SOCKS')

        const plain = connect(eyeballd.address('forward')).pause()
        await once(plain, 'connect')
        await sleep(50)
        t.ok((await within(5000, 'the end', receiveAll(plain))).bytes.equals(bytes), 'by a forward')
      }
      await eventually(() => eyeballd.linesOf('close').length === 10)
      for (const line of eyeballd.linesOf('close')) {
        t.match(line, { reason: 'target-reset', bytesUp: 0, bytesDown: SENT_BYTES })
      }
    })

    await t.test('who never reads is reset all the same', async t => {
      const before = openDescriptors(eyeballd.pid)
      const clients = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const { client } = await askSocks(eyeballd.address(), flood.host, flood.port)
          return client.release()
        }),
      )
      await eventually(() => eyeballd.linesOf('close').length === 30, 20_000)
      const lines = eyeballd.linesOf('close')
      t.equal(lines.length, 30)
      const lives = lines.slice(10).map(({ durationMs }) => Number(durationMs))
      t.ok(Math.max(...lives) > 1500, 'they had their time')
      for (const line of eyeballd.linesOf('close')) t.match(line, { reason: 'target-reset' })
      // A relay worker keeps up to 16 empty pipes.
      const most = before + 2 * 16
      t.ok(await eventually(() => openDescriptors(eyeballd.pid) <= most), 'nothing is left open')
      for (const client of clients) client.destroy()
    })
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: a drain does not wait for a reset`, { skip }, async t => {
    const target = await tcpTarget(t, socket => {
      socket.write(Buffer.alloc(8 * 1024 * 1024))
      setTimeout(() => socket.resetAndDestroy(), 50)
    })
    const eyeballd = await startEyeballd(t, {
      config: {
        listeners: [LISTENER],
        pipe: { engine },
        drainTimeout: '100ms',
      },
    })
    const { client } = await askSocks(eyeballd.address(), target.host, target.port)
    const socket = client.release()
    const upstream = target.sockets[0]
    await eventually(() => upstream?.destroyed === true)
    eyeballd.kill('SIGTERM')
    const { code } = await within(10_000, 'the daemon ends', eyeballd.exited)
    t.equal(code, 0)
    // Streams may not have heard of a reset behind bytes that they have not read.
    t.match(eyeballd.linesOf('close'), [
      { reason: engine === 'stream' ? /^(target-reset|drain)$/ : 'target-reset' },
    ])
    socket.destroy()
  })

  await t.test(`${engine}: a confirmed race`, { skip }, async t => {
    const hello = await nodeHello()
    const target = await tcpTarget(t, socket => {
      socket.once('data', () => void sendAndReset(socket))
    })
    const eyeballd = await startEyeballd(t, {
      config: {
        listeners: [
          {
            name: 'forward',
            protocol: 'forward',
            listen: '127.0.0.1:0',
            target: `${target.host}:${target.port}`,
          },
        ],
        eyeballs: { confirm: 'tls' },
        pipe: { engine },
      },
    })
    for (let time = 0; time < 5; time++) {
      const client = connect(eyeballd.address()).pause()
      client.write(hello)
      await sleep(50)
      t.ok((await within(5000, 'the end', receiveAll(client))).bytes.equals(bytes))
    }
    await eyeballd.stop(t)
  })
}
