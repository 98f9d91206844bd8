/** Listeners on UNIX sockets: their files, and who is let in. */
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { endChild } from '../fixtures/children.ts'
import { httpOrigin, patternOf } from '../fixtures/http-origin.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { nth } from '../fixtures/nth.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { receiveAll } from '../fixtures/socket-pair.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { LogLine } from '../fixtures/start-eyeballd.ts'
import { runEyeballd, startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const target = await tcpTarget(t, echo)

const noLibc = loadLibc().ok ? false : 'the C library cannot be had'

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

await t.test('a socket that only its owner may use serves', async t => {
  const path = join(temporaryDirectory(t), 'proxy.sock')
  const eyeballd = await startEyeballd(t, { args: ['-l', `unix:${path}`] })
  t.same(eyeballd.addresses, [`unix:${path}`])
  t.equal(modeOf(path), '600')
  const { client, reply } = await askSocks({ path }, target.host, target.port)
  t.equal(reply.code, 0, 'its clients count as loopback')
  client.write('hello')
  t.equal((await client.read(5)).toString(), 'hello')
  client.socket.end()
  await client.over
  const line = await eyeballd.waitFor(({ event }) => event === 'close')
  t.match(line, { client: 'unix', listener: 'mixed-proxy.sock', bytesUp: 5, bytesDown: 5 })
  await eyeballd.stop(t)
  t.notOk(existsSync(path), 'the file goes with the daemon')
})

for (const engine of ['splice', 'stream']) {
  const skip = engine === 'splice' && noLibc
  await t.test(`${engine}: a client that closes has not reset`, { skip }, async t => {
    const directory = temporaryDirectory(t)
    const [proxy, forward] = [join(directory, 'proxy.sock'), join(directory, 'forward.sock')]
    const origin = await httpOrigin(t)
    const sink = await tcpTarget(t)
    const { host, port } = new URL(origin.url)
    const eyeballd = await startEyeballd(t, {
      config: {
        listeners: [
          { protocol: 'socks', listen: `unix:${proxy}` },
          { name: 'web', protocol: 'forward', listen: `unix:${forward}`, target: host },
          {
            name: 'sink',
            protocol: 'forward',
            listen: `unix:${join(directory, 'sink.sock')}`,
            target: `${sink.host}:${sink.port}`,
          },
        ],
        pipe: { engine },
      },
    })
    const closeOf = (listener: string) =>
      eyeballd.waitFor(line => line.event === 'close' && line['listener'] === listener)

    const curls: Record<string, readonly string[]> = {
      'socks-proxy.sock': ['-x', `socks5h://localhost${proxy}`, `http://127.0.0.1:${port}/page`],
      web: ['--unix-socket', forward, 'http://localhost/page'],
    }
    for (const [listener, args] of Object.entries(curls)) {
      await t.test(`curl, by ${listener}`, { skip: unlessMissing('curl') }, async t => {
        const { code, stdout } = await runProgram(t, 'curl', ['-sS', '--max-time', '30', ...args])
        t.equal(code, 0)
        t.match(stdout, 'hello from')
        t.match(await closeOf(listener), {
          engine,
          reason: 'eof',
          bytesUp: /^[1-9]/,
          bytesDown: /^[1-9]/,
        })
      })
    }

    await t.test('a line that is sent and closed at once arrives, and ends in order', async t => {
      const coming = sink.next()
      const client = connect(join(directory, 'sink.sock'))
      client.end('one line', () => client.destroy())
      const upstream = await coming
      const { bytes, error } = await receiveAll(upstream)
      t.same([bytes.toString(), error], ['one line', null])
      upstream.end()
      t.match(await closeOf('sink'), { reason: 'eof', bytesUp: 8, bytesDown: 0 })
    })

    await t.test('a client that closes with bytes unread has reset', async t => {
      const before = eyeballd.linesOf('close').length
      const coming = sink.next()
      const client = connect(join(directory, 'sink.sock'))
      const upstream = await coming
      upstream.write(Buffer.alloc(1024 * 1024))
      await once(client, 'data')
      client.destroy()
      const { error } = await receiveAll(upstream)
      t.equal(error, 'ECONNRESET')
      await eventually(() => eyeballd.linesOf('close').length > before)
      t.match(eyeballd.linesOf('close').at(-1), { reason: 'client-reset' })
    })
    await eyeballd.stop(t)
  })
}

const BULK_BYTES = 32 * 1024 * 1024

for (const engine of ['splice', 'auto', 'stream']) {
  const skip = engine === 'splice' && noLibc
  await t.test(`${engine}: bytes and ends go both ways`, { skip }, async t => {
    const path = join(temporaryDirectory(t), 's')
    const origin = await tcpTarget(t)
    const eyeballd = await startEyeballd(t, {
      config: {
        listeners: [
          { protocol: 'forward', listen: `unix:${path}`, target: `${origin.host}:${origin.port}` },
        ],
        pipe: { engine },
      },
    })
    const connected = async (): Promise<readonly [client: Socket, upstream: Socket]> => {
      const coming = origin.next()
      const client = connect({ path, allowHalfOpen: true })
      client.on('error', () => {})
      return [client, await coming]
    }
    const nextClose = async (count: number): Promise<LogLine> => {
      await eventually(() => eyeballd.linesOf('close').length === count)
      return nth(eyeballd.linesOf('close'), count - 1)
    }
    const moves = engine === 'auto' ? (noLibc ? 'stream' : 'splice') : engine

    await t.test('the client ends first, then the target', async t => {
      const [client, upstream] = await connected()
      client.end('question')
      t.equal((await receiveAll(upstream)).bytes.toString(), 'question')
      upstream.end('answer')
      const { bytes, error } = await receiveAll(client)
      t.same([bytes.toString(), error], ['answer', null])
      t.match(await nextClose(1), { engine: moves, reason: 'eof', bytesUp: 8, bytesDown: 6 })
    })

    await t.test('the target ends first, then the client', async t => {
      const [client, upstream] = await connected()
      upstream.end('220 hello')
      t.equal((await receiveAll(client)).bytes.toString(), '220 hello')
      client.end('late')
      t.equal((await receiveAll(upstream)).bytes.toString(), 'late')
      t.match(await nextClose(2), { engine: moves, reason: 'eof', bytesUp: 4, bytesDown: 9 })
    })

    await t.test('bulk arrives whole, both ways at once', async t => {
      const [client, upstream] = await connected()
      const [up, down] = [patternOf(BULK_BYTES), patternOf(BULK_BYTES).toReversed()]
      client.end(up)
      upstream.end(down)
      const [atTarget, atClient] = await Promise.all([receiveAll(upstream), receiveAll(client)])
      t.ok(atTarget.bytes.equals(up))
      t.ok(atClient.bytes.equals(down))
      t.same([atTarget.error, atClient.error], [null, null])
      t.match(await nextClose(3), {
        engine: moves,
        reason: 'eof',
        bytesUp: BULK_BYTES,
        bytesDown: BULK_BYTES,
      })
    })

    await t.test('the target resets: its bytes arrive, then the client is closed', async t => {
      const [client, upstream] = await connected()
      upstream.write('last words')
      await once(client, 'readable')
      upstream.resetAndDestroy()
      const { bytes } = await receiveAll(client)
      t.equal(bytes.toString(), 'last words')
      t.match(await nextClose(4), { engine: moves, reason: 'target-reset', bytesDown: 10 })
    })

    await t.test('a client that leaves ends its connection', async t => {
      const [client, upstream] = await connected()
      client.write('bye')
      await once(upstream, 'data')
      const over = receiveAll(upstream)
      client.destroy()
      t.equal((await over).error, null)
      upstream.end()
      t.match(await nextClose(5), { engine: moves, reason: 'eof', bytesUp: 3 })
    })

    await t.test('a reload keeps the connection, and the path', async t => {
      const [client, upstream] = await connected()
      eyeballd.kill('SIGHUP')
      t.match(await eyeballd.waitFor(({ event }) => event === 'reload'), { level: 30 })
      client.write('still here')
      t.equal(String((await once(upstream, 'data'))[0]), 'still here')
      const later = await connected()
      for (const socket of [client, upstream, ...later]) socket.end()
      await nextClose(7)
    })

    await t.test('a drain lets the connection end, and removes the path', async t => {
      const [client, upstream] = await connected()
      client.write('before')
      await once(upstream, 'data')
      eyeballd.kill('SIGTERM')
      t.match(await eyeballd.waitFor(({ event }) => event === 'draining'), { connections: 1 })
      t.notOk(existsSync(path))
      client.end('after')
      t.equal((await receiveAll(upstream)).bytes.toString(), 'after')
      upstream.end()
      t.match(await nextClose(8), { engine: moves, reason: 'eof', bytesUp: 11 })
      t.equal((await eyeballd.exited).code, 0)
    })
  })
}

await t.test('another mode is given', async t => {
  const path = join(temporaryDirectory(t), 'proxy.sock')
  const listener = { protocol: 'socks', listen: `unix:${path}`, mode: '0660' }
  const eyeballd = await startEyeballd(t, { config: { listeners: [listener] } })
  t.equal(modeOf(path), '660')
  await eyeballd.stop(t)
})

await t.test('a file that a killed daemon has left is replaced', async t => {
  const path = join(temporaryDirectory(t), 'proxy.sock')
  const first = await startEyeballd(t, { args: ['-l', `unix:${path}`] })
  first.kill('SIGKILL')
  await endChild(first.child)
  await first.exited
  t.ok(existsSync(path), 'the file is still there')
  const second = await startEyeballd(t, { args: ['-l', `unix:${path}`] })
  const { client, reply } = await askSocks({ path }, target.host, target.port)
  t.equal(reply.code, 0)
  client.destroy()

  await t.test('one that answers is an error', async t => {
    const third = await runEyeballd(t, { args: ['-l', `unix:${path}`] })
    t.equal(third.code, 1)
    t.match(third.stdout + third.stderr, path)
    const again = await askSocks({ path }, target.host, target.port)
    t.equal(again.reply.code, 0, 'and the first still serves')
    again.client.destroy()
  })
  await second.stop(t)
})

await t.test('what is no socket is never removed', async t => {
  const path = join(temporaryDirectory(t), 'precious')
  writeFileSync(path, 'precious')
  const { code, stdout, stderr } = await runEyeballd(t, { args: ['-l', `unix:${path}`] })
  t.equal(code, 1)
  t.match(stdout + stderr, path)
  t.ok(existsSync(path))
})

await t.test("another program's socket in use is an error", async t => {
  const path = join(temporaryDirectory(t), 'other.sock')
  const server = createServer().listen(path)
  t.teardown(() => server.close())
  await new Promise(resolve => server.once('listening', resolve))
  const { code, stdout, stderr } = await runEyeballd(t, { args: ['-l', `unix:${path}`] })
  t.equal(code, 1)
  t.match(stdout + stderr, path)
})
