/** Bytes, both ways, and the ends of streams. */
import { createHash, randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { within } from '../fixtures/children.ts'
import { patternOf } from '../fixtures/http-origin.ts'
import { peakResidentMiB, residentMiB } from '../fixtures/process-figures.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const MiB = 1024 * 1024

const eyeballd = await startEyeballd(t, { args: ['-l', '127.0.0.1:0'] })
const target = await tcpTarget(t)

/** What moves the bytes here, as the daemon has said. */
const engine = eyeballd.linesOf('engine').at(0)?.['engine']

const joined = async (): Promise<{ client: Socket; upstream: Socket }> => {
  const coming = target.next()
  const { client, reply } = await askSocks(eyeballd.address(), target.host, target.port)
  if (reply.code !== 0) throw new Error(`reply ${reply.code}`)
  return { client: client.release(), upstream: await coming }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** All that comes until the end: how much, and its digest. */
const receive = (socket: Socket): Promise<{ size: number; digest: string }> =>
  new Promise((resolve, reject) => {
    const hash = createHash('sha256')
    let size = 0
    socket.on('data', (chunk: Buffer) => {
      size += chunk.length
      hash.update(chunk)
    })
    socket.once('end', () => resolve({ size, digest: hash.digest('hex') }))
    socket.once('error', reject)
    socket.resume()
  })

/** Sends in pieces of 1 byte to 100 KiB, with a breath now and then. */
const sendInPieces = async (socket: Socket, bytes: Buffer): Promise<void> => {
  for (let at = 0; at < bytes.length;) {
    const size = randomInt(8) === 0 ? randomInt(1, 64) : randomInt(64, 100 * 1024)
    const room = socket.write(bytes.subarray(at, at + size))
    at += size
    if (!room) await new Promise(resolve => socket.once('drain', resolve))
    else if (randomInt(8) === 0) await sleep(1)
  }
  socket.end()
}

await t.test('8 MiB each way at once, in pieces of any size, arrive intact', async t => {
  const lineOf = eyeballd.nextClient()
  const { client, upstream } = await joined()
  const port = client.localPort
  const up = patternOf(8 * MiB)
  const down = Buffer.from(patternOf(8 * MiB).toReversed())
  const got = Promise.all([receive(upstream), receive(client)])
  await Promise.all([sendInPieces(client, up), sendInPieces(upstream, down)])
  const [above, below] = await within(20_000, 'both sides have got all', got)
  t.same(above, { size: 8 * MiB, digest: digestOf(up) })
  t.same(below, { size: 8 * MiB, digest: digestOf(down) })
  t.match(await lineOf('close', port), {
    bytesUp: 8 * MiB,
    bytesDown: 8 * MiB,
    reason: 'eof',
    engine,
  })
})

for (const first of ['client', 'target'] as const) {
  await t.test(`1 MiB after the half-close of the ${first} arrives`, async t => {
    const { client, upstream } = await joined()
    const [closer, talker] = first === 'client' ? [client, upstream] : [upstream, client]
    const heard = receive(talker)
    closer.end('that is all')
    const bytes = patternOf(MiB)
    t.equal((await within(5000, 'the FIN is passed on', heard)).size, 11)
    await sleep(100)
    const got = receive(closer)
    talker.end(bytes)
    t.same(await within(10_000, 'all comes', got), { size: MiB, digest: digestOf(bytes) })
  })
}

for (const first of ['client', 'target'] as const) {
  await t.test(`a reset of the ${first} is passed on`, async t => {
    const { client, upstream } = await joined()
    const [resetter, other] = first === 'client' ? [client, upstream] : [upstream, client]
    const ended = new Promise<string>(resolve => {
      other.once('error', (error: Error & { code?: string }) => resolve(error.code ?? ''))
      other.once('end', () => resolve('end'))
    })
    other.resume()
    resetter.resetAndDestroy()
    t.equal(await within(5000, 'the reset is passed on', ended), 'ECONNRESET')
    await eyeballd.waitFor(({ reason }) => reason === `${first}-reset`)
  })
}

await t.test('a client that does not read for 3 s costs no more than 32 MiB', async t => {
  const { client, upstream } = await joined()
  const size = 128 * MiB
  const chunk = Buffer.alloc(MiB, 7)
  const before = residentMiB(eyeballd.pid)
  let sent = 0
  const pour = (): void => {
    while (sent < size) {
      sent += chunk.length
      if (!upstream.write(chunk)) return void upstream.once('drain', pour)
    }
    upstream.end()
  }
  pour()
  await sleep(3000)
  const stalled = residentMiB(eyeballd.pid) - before
  t.comment(
    `${stalled.toFixed(1)} MiB more after 3 s, with ${sent / MiB} MiB handed to the target's socket`,
  )
  t.ok(stalled < 32, 'while the client stalls')
  t.ok(sent < size, 'the target is held back')
  const { size: got } = await within(20_000, 'the rest comes', receive(client))
  t.equal(got, size, 'all of it arrives in the end')
  t.comment(`peak ${peakResidentMiB(eyeballd.pid).toFixed(1)} MiB`)
  client.end()
})

await t.test('it ends in order', async t => {
  await eyeballd.stop(t)
})
