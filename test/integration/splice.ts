/** Connections whose bytes the kernel moves, with clients that we did not write. */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { within } from '../fixtures/children.ts'
import { httpOrigin, patternOf } from '../fixtures/http-origin.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { openDescriptors } from '../fixtures/process-figures.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd, LogLine } from '../fixtures/start-eyeballd.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const loaded = loadLibc()
const noLibc = loaded.ok ? false : `the C library cannot be had: ${loaded.reason}`

const LARGE_BYTES = 64 * 1024 * 1024

const LISTENERS = [{ name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' }]

const start = (pipe: object = {}): Promise<Eyeballd> =>
  startEyeballd(t, { config: { listeners: LISTENERS, pipe: { engine: 'splice', ...pipe } } })

const isClose = ({ event }: LogLine): boolean => event === 'close'

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

await t.test('curl', { skip: noLibc || unlessMissing('curl') }, async t => {
  const eyeballd = await start()
  const origin = await httpOrigin(t)
  const directory = temporaryDirectory(t)
  const [sent, got] = [join(directory, 'sent'), join(directory, 'got')]
  const { host, port } = eyeballd.address()
  const curl = (...args: readonly string[]) =>
    runProgram(t, 'curl', ['-sS', '--max-time', '30', '-x', `socks5h://${host}:${port}`, ...args])

  await t.test('a large download is whole', async t => {
    const { code, stderr } = await curl('-o', got, `${origin.url}/bytes/${LARGE_BYTES}`)
    t.equal(code, 0, stderr)
    t.equal(digestOf(readFileSync(got)), digestOf(patternOf(LARGE_BYTES)))
    const line = await eyeballd.waitFor(isClose)
    t.match(line, { engine: 'splice', reason: 'eof' })
    t.ok(Number(line['bytesDown']) > LARGE_BYTES, 'every byte was counted')
  })

  await t.test('a large upload comes back whole', async t => {
    writeFileSync(sent, patternOf(LARGE_BYTES).toReversed())
    const upload = ['-H', 'Expect:', '--data-binary', `@${sent}`]
    const { code, stderr } = await curl('-o', got, ...upload, `${origin.url}/echo`)
    t.equal(code, 0, stderr)
    t.ok(readFileSync(got).equals(readFileSync(sent)))
  })

  await t.test('many at a time are served, and leave nothing open', async t => {
    const before = openDescriptors(eyeballd.pid)
    const args = Array.from({ length: 40 }, (_, i) => `${origin.url}/${i}`)
    const { code, stdout } = await curl('--parallel', '--parallel-max', '20', ...args)
    t.equal(code, 0)
    t.equal(stdout.match(/hello from/g)?.length, 40)
    t.ok(await eventually(() => openDescriptors(eyeballd.pid) <= before))
  })

  await eyeballd.stop(t)
})

await t.test(
  'nc half-closes, and hears the answer',
  { skip: noLibc || unlessMissing('nc') },
  async t => {
    const eyeballd = await start()
    const target = await tcpTarget(t, socket => {
      const chunks: Buffer[] = []
      socket.on('data', chunk => chunks.push(chunk))
      socket.once('end', () => socket.end(digestOf(Buffer.concat(chunks))))
    })
    const question = patternOf(3_000_001)
    const { host, port } = eyeballd.address()
    const file = join(temporaryDirectory(t), 'question')
    writeFileSync(file, question)
    const nc = `nc -N -X 5 -x ${host}:${port} ${target.host} ${target.port} < ${file}`
    const { code, stdout } = await runProgram(t, 'sh', ['-c', nc])
    t.equal(code, 0)
    t.equal(stdout, digestOf(question))
    t.match(await eyeballd.waitFor(isClose), {
      engine: 'splice',
      reason: 'eof',
      bytesUp: question.length,
      bytesDown: 64,
    })
    await eyeballd.stop(t)
  },
)

await t.test(
  'connections end by silence, and by the end of the daemon',
  { skip: noLibc },
  async t => {
    const eyeballd = await start({ idleTimeout: '300ms' })
    const target = await tcpTarget(t, echo)
    const open = async () => {
      const { client } = await askSocks(eyeballd.address(), target.host, target.port)
      client.write('hello')
      await client.read(5)
      return client
    }
    const silent = await open()
    t.equal(await within(5000, 'the end', silent.over), 'end')
    t.match(await eyeballd.waitFor(isClose), { engine: 'splice', reason: 'idle', bytesUp: 5 })
    const clients = await Promise.all(Array.from({ length: 20 }, open))
    eyeballd.kill('SIGTERM')
    await eyeballd.waitFor(({ event }) => event === 'draining')
    eyeballd.kill('SIGTERM')
    const ends = await within(5000, 'all ends', Promise.all(clients.map(({ over }) => over)))
    t.ok(ends.every(end => end === 'end'))
    const { code } = await within(5000, 'the daemon ends', eyeballd.exited)
    t.equal(code, 0)
    const drained = eyeballd.linesOf('close').filter(({ reason }) => reason === 'drain')
    t.ok(drained.length > 0 && drained.every(({ engine }) => engine === 'splice'))
  },
)

await t.test('a reload changes no engine, and says so', { skip: noLibc }, async t => {
  const eyeballd = await start({ workers: 2 })
  t.match(eyeballd.linesOf('engine'), [{ engine: 'splice', workers: 2 }])
  const target = await tcpTarget(t, echo)
  const { client } = await askSocks(eyeballd.address(), target.host, target.port)
  writeFileSync(
    eyeballd.configFile ?? '',
    JSON.stringify({ listeners: LISTENERS, pipe: { engine: 'stream' } }),
  )
  eyeballd.kill('SIGHUP')
  t.match(await eyeballd.waitFor(({ event }) => event === 'reload'), {
    level: 40,
    restart: ['pipe.engine', 'pipe.workers'],
  })
  client.write('still here')
  t.equal((await client.read(10)).toString(), 'still here')
  client.socket.end()
  t.match(await eyeballd.waitFor(isClose), { engine: 'splice' })
  await inParallel(10, 5, async () => {
    const { client: other } = await askSocks(eyeballd.address(), target.host, target.port)
    other.socket.end()
    await other.over
  })
  await eyeballd.stop(t)
})
