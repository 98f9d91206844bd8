/** Urgent data (RFC 9293 section 3.8.5) goes through in line: no byte of it is lost, and none changes its place. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { socketDescriptor } from '../../src/libc/connected-socket.ts'
import { ERRNO, MSG } from '../../src/libc/constants.ts'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { within } from '../fixtures/children.ts'
import { patternOf } from '../fixtures/http-origin.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { MSG_OOB } from '../fixtures/relay-rig.ts'
import { askSocks, openSocks, requestOf } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import type { TcpTarget } from '../fixtures/tcp-target.ts'
import { tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const MIB = 1024 * 1024
const BULK_BYTES = 64 * MIB

const loaded = loadLibc()
const skip = loaded.ok ? false : `Node sends no urgent data: ${loaded.reason}`

/** Telnet's Synch (RFC 854): an interrupt, then a data mark that is urgent. */
const INTERRUPT = Buffer.from([0xff, 0xf4, 0xff])
const DATA_MARK = Buffer.from([0xf2])

/** Sends bytes of which the last is urgent, behind all that Node was given before. */
const sendUrgent = async (socket: Socket, bytes: Uint8Array): Promise<void> => {
  if (!loaded.ok) throw new Error(loaded.reason)
  const { libc } = loaded
  await eventually(() => socket.writableLength === 0)
  let sent = -ERRNO.EAGAIN
  const trySend = (): boolean => {
    sent = libc.send(socketDescriptor(socket), bytes, bytes.length, MSG_OOB | MSG.NOSIGNAL)
    return sent !== -ERRNO.EAGAIN
  }
  await eventually(trySend)
  if (sent !== bytes.length) throw new Error(`send returned ${sent}`)
}

type Received = { readonly bytes: () => Buffer; readonly ended: Promise<void> }

/** Reads, and keeps what comes. */
const receive = (socket: Socket): Received => {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume()
  const ended = new Promise<void>(resolve => {
    socket.once('end', resolve).once('close', resolve)
  })
  return { bytes: () => Buffer.concat(chunks), ended }
}

const comes = async (t: Test, got: Received, wanted: Uint8Array, what: string): Promise<void> => {
  await eventually(() => got.bytes().length >= wanted.length)
  t.equal(got.bytes().toString('latin1'), Buffer.from(wanted).toString('latin1'), what)
}

type Ends = { readonly client: Socket; readonly target: Socket }

/** Ways through the daemon. */
const waysThrough = (
  eyeballd: Eyeballd,
  target: TcpTarget,
): Record<string, () => Promise<Ends>> => ({
  SOCKS: async () => {
    const coming = target.next()
    const { client } = await askSocks(eyeballd.address('socks'), target.host, target.port)
    return { client: client.release(), target: await coming }
  },
  'a forward': async () => {
    const coming = target.next()
    const client = connect({ ...eyeballd.address('forward'), allowHalfOpen: true }).pause()
    await once(client, 'connect')
    return { client, target: await coming }
  },
})

for (const engine of ['splice', 'auto', 'stream'] as const) {
  await t.test(engine, { skip }, async t => {
    const target = await tcpTarget(t)
    const path = join(temporaryDirectory(t), 'forward.sock')
    const forwarded = { protocol: 'forward', target: `${target.host}:${target.port}` }
    const eyeballd = await startEyeballd(t, {
      config: {
        listeners: [
          { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' },
          { name: 'forward', ...forwarded, listen: '127.0.0.1:0' },
          { name: 'unix', ...forwarded, listen: `unix:${path}` },
        ],
        pipe: { engine },
      },
    })

    for (const [way, joined] of Object.entries(waysThrough(eyeballd, target))) {
      for (const from of ['client', 'target'] as const) {
        const to = from === 'client' ? 'target' : 'client'

        await t.test(`Telnet's Synch from the ${from}, by ${way}`, async t => {
          const ends = await joined()
          const got = receive(ends[to])
          ends[from].write(INTERRUPT)
          await sendUrgent(ends[from], DATA_MARK)
          ends[from].write('ls\r\n')
          const all = Buffer.concat([INTERRUPT, DATA_MARK, Buffer.from('ls\r\n')])
          await comes(t, got, all, 'as it was sent')
          // Another one behind it, and one as the very last byte.
          await sendUrgent(ends[from], Buffer.from('a!'))
          await comes(t, got, Buffer.concat([all, Buffer.from('a!')]), 'and again')
          await sendUrgent(ends[from], Buffer.from('z'))
          ends[from].end()
          await within(5000, 'the end', got.ended)
          t.equal(got.bytes().toString('latin1').slice(-3), 'a!z', 'the last byte before FIN')
          ends[to].end()
          for (const socket of Object.values(ends)) socket.destroy()
        })

        await t.test(`bytes for a slow reader, from the ${from}, by ${way}`, async t => {
          const ends = await joined()
          const parts = [patternOf(300_000), patternOf(200_000), Buffer.from('end')]
          for (const part of parts) {
            await new Promise(resolve => ends[from].write(part, resolve))
            await sendUrgent(ends[from], Buffer.from('!'))
          }
          const all = Buffer.concat(parts.flatMap(part => [part, Buffer.from('!')]))
          const got = receive(ends[to])
          await eventually(() => got.bytes().length >= all.length)
          t.ok(got.bytes().equals(all))
          for (const socket of Object.values(ends)) socket.destroy()
        })
      }
    }

    await t.test('FTP: a transfer is aborted', async t => {
      const coming = target.next()
      const { client: asking } = await askSocks(eyeballd.address('socks'), target.host, target.port)
      const [client, server] = [asking.release(), await coming]
      const heard = receive(client)
      // A server that waits for the whole command, urgent byte and all.
      let command = ''
      server.on('data', (chunk: Buffer) => {
        command += chunk.toString('latin1')
        if (command === '\xff\xf4\xff\xf2ABOR\r\n') server.write('226 aborted\r\n')
      })
      client.write(INTERRUPT)
      await sendUrgent(client, DATA_MARK)
      client.write('ABOR\r\n')
      await comes(t, heard, Buffer.from('226 aborted\r\n'), 'the server has heard it')
      client.destroy()
      server.destroy()
    })

    await t.test('urgent data that comes with the request, or during the race', async t => {
      const coming = target.next()
      const client = await openSocks(eyeballd.address('socks'))
      client.write(Buffer.from([5, 1, 0]))
      client.write(requestOf(target.host, target.port))
      await sendUrgent(client.socket, Buffer.from('early!'))
      client.write(' late')
      const upstream = await coming
      const got = receive(upstream)
      await comes(t, got, Buffer.from('early! late'), 'by SOCKS')
      client.destroy()
      upstream.destroy()

      const next = target.next()
      const plain = connect(eyeballd.address('forward'))
      await once(plain, 'connect')
      await sendUrgent(plain, Buffer.from('now!'))
      plain.write(' and then')
      const other = await next
      await comes(t, receive(other), Buffer.from('now! and then'), 'by a forward')
      plain.destroy()
      other.destroy()
    })

    await t.test('urgent data on a UNIX socket', async t => {
      const coming = target.next()
      const client = connect(path)
      await once(client, 'connect')
      const upstream = await coming
      const got = receive(upstream)
      client.write('a')
      try {
        await sendUrgent(client, Buffer.from('!'))
      } catch (error) {
        // Linux before 5.15 knows none.
        t.comment((error as Error).message)
        client.destroy()
        upstream.destroy()
        return
      }
      client.write('b')
      await comes(t, got, Buffer.from('a!b'), 'as it was sent')
      client.destroy()
      upstream.destroy()
    })

    for (const from of ['client', 'target'] as const) {
      await t.test(`bulk with urgent bytes in it, from the ${from}`, async t => {
        const lineOf = eyeballd.nextClient()
        const coming = target.next()
        const { client: asking } = await askSocks(
          eyeballd.address('socks'),
          target.host,
          target.port,
        )
        const ends = { client: asking.release(), target: await coming }
        const port = ends.client.localPort
        const other = from === 'client' ? ends.target : ends.client
        const hash = createHash('sha256')
        let size = 0
        other.on('data', (chunk: Buffer) => {
          hash.update(chunk)
          size += chunk.length
        })
        const ended = once(other, 'end')
        other.resume()
        const bulk = patternOf(BULK_BYTES / 4)
        const sent = createHash('sha256')
        for (let i = 0; i < 4; i++) {
          await new Promise(resolve => ends[from].write(bulk, resolve))
          await sendUrgent(ends[from], Buffer.from(`${i}`))
          sent.update(bulk).update(`${i}`)
        }
        ends[from].end()
        await within(30_000, 'the end', ended)
        t.equal(size, BULK_BYTES + 4)
        t.equal(hash.digest('hex'), sent.digest('hex'))
        other.end()
        ends[from].resume()
        const counted = from === 'client' ? 'bytesUp' : 'bytesDown'
        t.match(await lineOf('close', port), { reason: 'eof', [counted]: BULK_BYTES + 4 })
      })
    }
    await eyeballd.stop(t)
  })
}
