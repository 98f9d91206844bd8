/** Connections that have not ended when a reload changes the egress of their listener, over real sockets. */
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { requestTo } from '../fixtures/http-talk.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { hangUp, reload } from '../fixtures/reload.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import type { SocksClient } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

const loaded = loadLibc()
const noLibc = loaded.ok ? false : `the C library cannot be had: ${loaded.reason}`

/** Of every race, on a busy machine too. */
const CONNECT_TIMEOUT_MS = 5000
/** After that a resolver that is left over has closed. */
const retired = (): Promise<void> => sleep(CONNECT_TIMEOUT_MS + 300)

const origin = await httpOrigin(t)

/** A client of HTTP that keeps its connection; gives the status of each answer. */
const keptClient = (socket: Socket): ((url: string) => Promise<number>) => {
  let text = ''
  socket.on('data', chunk => (text += chunk.toString('latin1')))
  return async url => {
    text = ''
    socket.write(requestTo(url))
    const [, status] = (await eventually(() => /^HTTP\/1.1 \d+ [^]*\n$/.test(text), 10_000))
      ? (/^HTTP\/1.1 (\d+)/.exec(text) ?? [])
      : []
    return Number(status)
  }
}

type Listener = Readonly<Record<string, unknown>>

const LISTENER = { name: 'a', protocol: 'mixed' }

const none = { bind4: 'none' }

for (const engine of ['splice', 'stream'] as const) {
  const skip = engine === 'splice' && noLibc
  const base = {
    pipe: { engine },
    resolver: { search: [], hosts: { 'a.example': ['127.0.0.1'] } },
    eyeballs: { connectTimeout: `${CONNECT_TIMEOUT_MS}ms` },
    // A client that has greeted waits for longer than a race takes.
    limits: { handshakeTimeout: '60s' },
    access: [{ action: 'allow', to: ['127.0.0.0/8'], egress: { tos: 8 } }],
  }
  // Node's sockets have no `tos`.
  const rules = engine === 'stream' ? { access: [{ action: 'allow', to: ['127.0.0.0/8'] }] } : {}

  /** The daemon with clients of its listener: one has had an answer, the other has only greeted. */
  const begin = async (t: Test, listener: Listener = {}) => {
    const configOf = (listen: string, ...rest: Listener[]): object => ({
      ...base,
      ...rules,
      listeners: rest.map(each => ({ ...LISTENER, listen, ...each })),
    })
    const eyeballd: Eyeballd = await startEyeballd(t, { config: configOf('127.0.0.1:0', listener) })
    const { host, port } = eyeballd.address()
    const socket = connect(port, host)
    const socks: SocksClient = await openSocks({ host, port })
    const finish = async (): Promise<void> => {
      socket.destroy()
      socks.destroy()
      await eyeballd.stop(t)
    }
    await socks.greet()
    const get = keptClient(socket)
    const ask = (): Promise<number> => get(`http://a.example:${origin.port}/`)
    const askSocks = async (): Promise<number> => {
      socks.sendRequest('127.0.0.1', origin.port)
      return (await socks.readReply()).code
    }
    const change = async (...listeners: Listener[]): Promise<void> => {
      const { level } = await reload(
        eyeballd,
        configOf(eyeballd.address().host + `:${port}`, ...listeners),
      )
      t.equal(level, 30)
    }
    const isClosed = (): Promise<boolean> => eventually(() => socket.closed, 10_000)
    return { eyeballd, ask, askSocks, isClosed, change, finish }
  }

  await t.test(`${engine}: a listener gets an egress`, { skip }, async t => {
    const { ask, askSocks, change, finish } = await begin(t)
    t.equal(await ask(), 200)
    const before = origin.connections()
    await change({ egress: none })
    t.equal(await ask(), 502, 'IPv4 is not used any more')
    t.not(await askSocks(), 0)
    t.equal(origin.connections(), before)
    await finish()
  })

  await t.test(`${engine}: a listener loses its egress`, { skip }, async t => {
    const { ask, askSocks, change, finish } = await begin(t, {
      egress: { bind4: '127.0.0.2' },
    })
    t.equal(await ask(), 200)
    await change({})
    await retired()
    t.equal(await ask(), 200)
    t.equal(await askSocks(), 0)
    await finish()
  })

  await t.test(`${engine}: a listener is removed or renamed`, { skip }, async t => {
    const remove = async (egress: Listener | null): Promise<void> => {
      const { ask, askSocks, isClosed, change, finish } = await begin(t, egress ? { egress } : {})
      t.equal(await ask(), 200)
      await change({ name: 'b', egress: none })
      t.ok(await isClosed(), 'a kept connection drains')
      await change({ name: 'c', egress: none })
      await retired()
      t.equal(await askSocks(), 0, 'a greeted client keeps what was in force for it')
      await finish()
    }
    await Promise.all([remove({ bind4: '127.0.0.2' }), remove(null)])
  })

  await t.test(`${engine}: a reload that changes nothing`, { skip }, async t => {
    const { eyeballd, ask, finish } = await begin(t, { egress: { bind4: '127.0.0.2' } })
    t.equal(await ask(), 200)
    t.equal(await ask(), 200)
    for (let i = 0; i < 2; i++) {
      t.match(await hangUp(eyeballd), { level: 30 })
      t.equal(await ask(), 200)
    }
    t.equal(eyeballd.linesOf('race').length, 1, 'the connection to the target is kept')
    await finish()
  })
}
