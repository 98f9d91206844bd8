/** Races that are confirmed by the target's answer to a ClientHello, over loopback with real TLS. */
import { randomBytes, randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { createHelloReader } from '../../src/wire/tls/client-hello.ts'
import { makeCertificate } from '../fixtures/certificate.ts'
import { within } from '../fixtures/children.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { openDescriptors, socketStatesTo } from '../fixtures/process-figures.ts'
import { unlessMissing } from '../fixtures/programs.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd, LogLine } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import type { Behaviour } from '../fixtures/tls-targets.ts'
import {
  echo,
  leaveOnWord,
  sleepOn,
  speakFirst,
  swallow,
  tlsTargets,
} from '../fixtures/tls-targets.ts'

t.setTimeout(120_000)

const NAME = 'www.example.com'
const [FIRST, SECOND, THIRD] = ['::1', '127.0.0.2', '127.0.0.3'] as const
const DENIED = '127.0.0.9'
const DELAY_MS = 100

type Attempt = { readonly address: string; readonly outcome: string }

const attemptsOf = (line: LogLine): readonly Attempt[] => line['attempts'] as readonly Attempt[]

const reason = unlessMissing('openssl')

t.test('confirmed races', { skip: reason }, async t => {
  const certificate = makeCertificate(t, NAME)
  const targets = await tlsTargets(t, certificate)
  const { port } = targets

  /** What a target of the random connections does, by the second part of its address. */
  const kinds: readonly (readonly [name: string, behave: () => Behaviour])[] = [
    ['tls', () => targets.tls()],
    ['late', () => targets.tls(randomInt(1, 2 * DELAY_MS))],
    ['swallow', () => swallow],
    ['sleep', () => sleepOn],
    ['reset', () => leaveOnWord('reset')],
    ['end', () => leaveOnWord('end')],
    ['echo', () => echo],
    ['first', () => speakFirst('220 hello\r\n')],
  ]
  const addressOf = (kind: number, place: number): string => `127.${100 + kind}.0.${place}`
  const pairs = Object.fromEntries(
    kinds.flatMap(([one], i) =>
      kinds.map(([other], j) => [
        `${one}-${other}.example.com`,
        [addressOf(i, 1), addressOf(j, 2)],
      ]),
    ),
  )
  for (const [kind, [, behave]] of kinds.entries()) {
    for (const place of [1, 2]) targets.set(addressOf(kind, place), seen => behave()(seen))
  }

  const start = (eyeballs: object = {}): Promise<Eyeballd> =>
    startEyeballd(t, {
      config: {
        listeners: [
          { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' },
          {
            name: 'forward',
            protocol: 'forward',
            listen: '127.0.0.1:0',
            target: `${NAME}:${port}`,
          },
        ],
        resolver: {
          search: [],
          hosts: {
            [NAME]: [FIRST, SECOND],
            'three.example.com': [FIRST, SECOND, THIRD],
            'alone.example.com': [FIRST],
            'denied.example.com': [FIRST, DENIED],
            ...pairs,
          },
        },
        access: [{ action: 'deny', to: [DENIED] }],
        eyeballs: {
          confirm: 'tls',
          adaptive: false,
          connectionAttemptDelay: `${DELAY_MS}ms`,
          connectTimeout: '5s',
          ...eyeballs,
        },
        drainTimeout: '500ms',
      },
    })
  const eyeballd = await start()
  const patient = await start({ connectionAttemptDelay: '2s' })

  const opened = async (name = NAME, daemon = eyeballd) => {
    const lineOf = daemon.nextClient()
    const { client, reply } = await askSocks(daemon.address('socks'), name, port)
    if (reply.code !== 0) throw new Error(`${name}: reply ${reply.code}`)
    const clientPort = client.socket.localPort
    return { client, reply, lineOf: (event: string) => lineOf(event, clientPort) }
  }

  /** Speaks TLS over a stream: sends the bytes, and gives what came back, as much as was sent. */
  const talkTls = async (stream: Duplex, bytes: Uint8Array): Promise<Buffer> => {
    const secure = connectTls({ socket: stream, servername: NAME, ca: certificate.cert })
    try {
      const answer = new Promise<Buffer>((resolve, reject) => {
        const chunks: Buffer[] = []
        let size = 0
        secure.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size >= bytes.length) resolve(Buffer.concat(chunks))
        })
        secure.once('error', reject)
        secure.once('close', () => reject(new Error(`closed after ${size} bytes`)))
      })
      secure.write(bytes)
      return await within(10_000, 'the answer comes', answer)
    } finally {
      secure.destroy()
    }
  }

  /** Connections to targets that the system still has. */
  const connections = (): number =>
    socketStatesTo(port).filter(state => state === 'ESTABLISHED' || state === 'SYN_SENT').length

  /** How a TLS handshake fails. */
  const failureOf = async (socket: Socket): Promise<string | undefined> => {
    const secure = connectTls({ socket, servername: NAME })
    const error = await new Promise<Error & { code?: string }>(resolve =>
      secure.once('error', resolve),
    )
    secure.destroy()
    return error.code
  }

  const isOneHello = (bytes: Buffer): boolean => createHelloReader()(bytes).type === 'hello'

  await t.test('a first that swallows everything: the second carries the session', async t => {
    for (const silent of [swallow, sleepOn]) {
      targets.set(FIRST, silent)
      targets.set(SECOND, targets.tls())
      const { client, reply, lineOf } = await opened()
      t.equal(reply.address, FIRST, 'the reply names the local end of the first')
      const begin = performance.now()
      t.equal((await talkTls(client.release(), Buffer.from('hello'))).toString(), 'hello')
      const tookMs = performance.now() - begin
      t.ok(tookMs > DELAY_MS - 5, `${tookMs.toFixed(0)} ms`)
      const line = await lineOf('race')
      t.match(line, {
        outcome: 'won',
        winner: { address: SECOND, family: 4, attempt: 2 },
        attempts: [
          { address: FIRST, outcome: 'lost' },
          { address: SECOND, outcome: 'connected' },
        ],
        hidden: true,
        confirmedMs: Number,
      })
      t.ok(
        Number(line['confirmedMs']) >= DELAY_MS - 5,
        `confirmed after ${String(line['confirmedMs'])} ms`,
      )
      const first = targets.to(FIRST).at(-1)
      if (silent === swallow) {
        t.ok(await eventually(() => first?.how === 'ECONNRESET'), 'the first was reset')
        t.ok(isOneHello(first?.received() ?? Buffer.alloc(0)), 'it saw the hello, once')
      }
      const close = await lineOf('close')
      t.ok(Number(close['bytesUp']) > 200, 'the hello counts')
    }
  })

  await t.test('a first that answers: no other is dialled', async t => {
    targets.set(FIRST, targets.tls())
    const before = targets.to(SECOND).length
    const { client, lineOf } = await opened(NAME, patient)
    t.equal((await talkTls(client.release(), Buffer.from('hello'))).toString(), 'hello')
    await sleep(2 * DELAY_MS)
    t.equal(targets.to(SECOND).length, before)
    const line = await lineOf('race')
    t.match(line, { winner: { address: FIRST, attempt: 1 }, hidden: false, confirmedMs: Number })
    t.equal(attemptsOf(line).length, 1)
  })

  await t.test('who answers first carries the stream, not who was first', async t => {
    targets.set(FIRST, targets.tls(4 * DELAY_MS))
    for (const [other, winner] of [
      [swallow, FIRST],
      [targets.tls(), SECOND],
      [targets.tls(10 * DELAY_MS), FIRST],
    ] as const) {
      targets.set(SECOND, other)
      const { client, lineOf } = await opened()
      t.equal((await talkTls(client.release(), Buffer.from('hello'))).toString(), 'hello')
      t.match(await lineOf('race'), { winner: { address: winner } })
      const loser = targets.to(winner === FIRST ? SECOND : FIRST).at(-1)
      t.ok(await eventually(() => loser?.socket.destroyed === true), 'the other is gone')
      if (other === swallow) t.ok(isOneHello(loser?.received() ?? Buffer.alloc(0)))
    }
  })

  await t.test('a first that leaves on the hello: the second has its turn at once', async t => {
    for (const how of ['reset', 'end'] as const) {
      targets.set(FIRST, leaveOnWord(how))
      targets.set(SECOND, targets.tls())
      const { client, lineOf } = await opened(NAME, patient)
      t.equal((await talkTls(client.release(), Buffer.from('hello'))).toString(), 'hello')
      const line = await lineOf('race')
      // It is the last that is left: there is nothing to wait for.
      t.match(line, { winner: { address: SECOND, attempt: 2 }, confirmedMs: undefined })
      t.match(attemptsOf(line)[0], { outcome: 'failed', code: 'ECONNRESET' })
      t.ok(Number(line['durationMs']) < 1000, `${how}: after ${String(line['durationMs'])} ms`)
      t.ok(isOneHello(targets.to(FIRST).at(-1)?.received() ?? Buffer.alloc(0)))
    }
  })

  await t.test('the hello goes on from target to target', async t => {
    targets.set(FIRST, swallow)
    targets.set(SECOND, leaveOnWord('reset'))
    targets.set(THIRD, targets.tls())
    const { client, lineOf } = await opened('three.example.com')
    t.equal((await talkTls(client.release(), Buffer.from('hello'))).toString(), 'hello')
    const line = await lineOf('race')
    t.match(line, { winner: { address: THIRD, attempt: 3 } })
    t.equal(attemptsOf(line).length, 3)
  })

  await t.test('bytes that are no hello go to the first alone, once', async t => {
    targets.set(FIRST, echo)
    const before = targets.to(SECOND).length
    const { client, lineOf } = await opened()
    client.write('GET / ')
    await sleep(3 * DELAY_MS)
    client.write('HTTP/1.1\r\n')
    t.equal((await client.read(16)).toString(), 'GET / HTTP/1.1\r\n')
    client.socket.end()
    t.same(await client.rest(), { bytes: Buffer.alloc(0), how: 'end' }, 'and nothing behind it')
    t.equal(targets.to(FIRST).at(-1)?.received().toString(), 'GET / HTTP/1.1\r\n')
    t.equal(targets.to(SECOND).length, before)
    const line = await lineOf('race')
    t.match(line, { winner: { address: FIRST }, confirmedMs: undefined })
    t.match(await lineOf('close'), { bytesUp: 16, bytesDown: 16, reason: 'eof' })
  })

  await t.test('a client that takes its time', async t => {
    targets.set(FIRST, swallow)
    targets.set(SECOND, targets.tls())
    const before = targets.to(SECOND).length
    const { client, lineOf } = await opened()
    await sleep(4 * DELAY_MS)
    t.equal(targets.to(SECOND).length, before, 'while it is silent nothing is dialled')
    t.equal((await talkTls(client.release(), Buffer.from('hello'))).toString(), 'hello')
    t.match(await lineOf('race'), { winner: { address: SECOND } })
  })

  await t.test('a client that is silent for all of the race has its connection', async t => {
    const hasty = await start({ connectTimeout: '300ms' })
    targets.set(FIRST, echo)
    const { client, lineOf } = await opened(NAME, hasty)
    const line = await lineOf('race')
    t.match(line, { outcome: 'won', winner: { address: FIRST }, confirmedMs: undefined })
    client.write('at last')
    t.equal((await client.read(7)).toString(), 'at last')
    client.destroy()
    await hasty.stop(t)
  })

  await t.test('a target that speaks first is heard at once', async t => {
    targets.set(FIRST, speakFirst('SSH-2.0-server\r\n'))
    const { client, lineOf } = await opened()
    t.equal((await client.read(16)).toString(), 'SSH-2.0-server\r\n')
    t.match(await lineOf('race'), { winner: { address: FIRST }, confirmedMs: Number })
    client.write('SSH-2.0-client\r\n')
    t.equal((await client.read(16)).toString(), 'SSH-2.0-client\r\n')
    client.socket.end()
    t.equal((await client.rest()).how, 'end')
  })

  await t.test('a client that half-closes in silence is served', async t => {
    targets.set(FIRST, ({ socket }) => {
      socket.once('end', () => socket.end('the time is now')).resume()
    })
    const { client } = await opened()
    client.socket.end()
    t.same(await client.rest(), { bytes: Buffer.from('the time is now'), how: 'end' })
  })

  await t.test('one address alone is not confirmed', async t => {
    targets.set(FIRST, targets.tls())
    const { client, lineOf } = await opened('alone.example.com')
    t.match(await lineOf('race'), { outcome: 'won', confirmedMs: undefined })
    t.equal((await talkTls(client.release(), Buffer.from('hello'))).toString(), 'hello')
  })

  await t.test('a forward: the hello may be there before anything is dialled', async t => {
    targets.set(FIRST, swallow)
    targets.set(SECOND, targets.tls())
    const lineOf = eyeballd.nextClient()
    const { client } = await openForward(eyeballd)
    const { localPort } = client
    t.equal((await talkTls(client, Buffer.from('hello'))).toString(), 'hello')
    t.match(await lineOf('race', localPort), { winner: { address: SECOND }, confirmedMs: Number })
    t.ok(isOneHello(targets.to(FIRST).at(-1)?.received() ?? Buffer.alloc(0)))
  })

  await t.test('nobody answers: the client is reset, and the log says why', async t => {
    targets.set(FIRST, leaveOnWord('reset'))
    const { client, lineOf } = await opened('denied.example.com')
    t.equal(await failureOf(client.release()), 'ECONNRESET')
    const line = await lineOf('race')
    t.match(line, { level: 40, outcome: 'failed', reply: 0, winner: null })
    t.match(attemptsOf(line), [{ outcome: 'failed', code: 'ECONNRESET' }, { outcome: 'denied' }])
    t.comment(line.msg)
  })

  await t.test('the last that is left has its connection as it is', async t => {
    for (const address of [FIRST, SECOND]) targets.set(address, leaveOnWord('reset'))
    const { client, lineOf } = await opened()
    t.equal(await failureOf(client.release()), 'ECONNRESET')
    t.match(await lineOf('race'), { outcome: 'won', winner: { address: SECOND } })
    const close = await lineOf('close')
    t.match(close, { reason: 'target-reset', bytesDown: 0 })
    t.ok(isOneHello(targets.to(SECOND).at(-1)?.received() ?? Buffer.alloc(0)))
    t.equal(close['bytesUp'], targets.to(SECOND).at(-1)?.received().length)
  })

  await t.test('a client that leaves while targets are asked', async t => {
    for (const address of [FIRST, SECOND]) targets.set(address, swallow)
    const { client, lineOf } = await opened()
    const secure = connectTls({ socket: client.socket, servername: NAME }).on('error', () => {})
    const before = targets.to(SECOND).length
    t.ok(await eventually(() => targets.to(SECOND).length > before), 'both are asked')
    client.socket.resetAndDestroy()
    t.match(await lineOf('race'), { outcome: 'aborted' })
    t.ok(await eventually(() => connections() === 0), 'both are reset')
    secure.destroy()
  })

  await t.test('connections of every kind: every byte arrives, once', async t => {
    const before = openDescriptors(eyeballd.pid)
    const names = new Map<string, number>()
    const count = (what: string): void => void names.set(what, (names.get(what) ?? 0) + 1)
    const pick = (...from: readonly string[]): string => from[randomInt(from.length)] ?? ''
    // Whoever speaks first is heard, also where it connected second.
    const quiet = kinds.map(([name]) => name).filter(name => name !== 'first')

    const tlsOnce = async (): Promise<void> => {
      const mute = ['swallow', 'sleep', 'reset', 'end']
      const able = ['tls', 'late']
      const name =
        randomInt(2) === 0
          ? `${pick(...mute)}-${pick(...able)}`
          : `${pick(...able)}-${pick(...mute, ...able)}`
      count(`TLS ${name}`)
      const bytes = randomBytes(randomInt(1, 100_000))
      const { client } = await opened(`${name}.example.com`)
      if (randomInt(3) === 0) await sleep(randomInt(2 * DELAY_MS))
      const stream = randomInt(2) === 0 ? client.release() : choppy(client.release())
      const answer = await talkTls(stream, bytes)
      if (!answer.equals(bytes)) throw new Error(`${name}: other bytes came back`)
      client.destroy()
    }

    const plainOnce = async (first: 'echo' | 'first'): Promise<void> => {
      const name = `${first}-${pick(...quiet)}`
      count(`plain ${name}`)
      const bytes = randomBytes(randomInt(1, 100_000))
      // Half of them begin as a hello does, and go on otherwise.
      if (randomInt(2) === 0) bytes.set([22, 3, 1].slice(0, bytes.length))
      const { client } = await opened(`${name}.example.com`)
      const greeting = first === 'first' ? '220 hello\r\n' : ''
      if (randomInt(2) === 0) await sleep(randomInt(DELAY_MS))
      const cut = randomInt(Math.min(bytes.length, 40) + 1)
      client.write(bytes.subarray(0, cut))
      if (randomInt(2) === 0) await sleep(randomInt(10))
      client.socket.end(bytes.subarray(cut))
      const { bytes: answer, how } = await within(10_000, name, client.rest())
      const right = Buffer.concat([Buffer.from(greeting), bytes])
      if (how !== 'end' || !answer.equals(right)) throw new Error(`${name}: ${how}, other bytes`)
      client.destroy()
    }

    await inParallel(200, 10, () => {
      const kind = randomInt(4)
      return kind < 2 ? tlsOnce() : plainOnce(kind === 2 ? 'echo' : 'first')
    })
    t.comment([...names].map(([name, times]) => `${name}: ${times}`).join(', '))
    t.ok(await eventually(() => openDescriptors(eyeballd.pid) <= before), 'nothing is left open')
    t.ok(await eventually(() => connections() === 0), 'nor on the way to a target')
  })

  await t.test('SIGTERM while a race is to be confirmed', async t => {
    for (const address of [FIRST, SECOND]) targets.set(address, swallow)
    const { client, lineOf } = await opened()
    const secure = connectTls({ socket: client.socket, servername: NAME }).on('error', () => {})
    await sleep(DELAY_MS / 2)
    await Promise.all([eyeballd.stop(t), patient.stop(t)])
    t.match(await lineOf('race'), { outcome: 'aborted' })
    secure.destroy()
  })
})

const openForward = async (daemon: Eyeballd): Promise<{ readonly client: Socket }> => {
  const client = connect({ ...daemon.address('forward'), allowHalfOpen: true })
  await new Promise<void>((resolve, reject) => {
    client.once('connect', resolve).once('error', reject)
  })
  return { client }
}

/** A stream over a socket that sends what is written in small pieces, with a breath between the first. */
const choppy = (socket: Socket): Duplex => {
  let pieces = 0
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _, done) => {
      void (async () => {
        for (let at = 0; at < chunk.length;) {
          const size = pieces < 5 ? randomInt(1, 60) : chunk.length
          socket.write(chunk.subarray(at, at + size))
          at += size
          if (pieces++ < 5) await sleep(randomInt(5))
        }
        done()
      })()
    },
    final: done => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', chunk => {
    if (!duplex.push(chunk)) socket.pause()
  })
  socket.once('end', () => duplex.push(null))
  socket.once('close', () => duplex.destroy())
  return duplex
}
