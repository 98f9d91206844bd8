/** TCP keepalive to clients and to targets, as the system reports it, and over reloads. */
import { writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { requestTo, responseOf } from '../fixtures/http-talk.ts'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import type { SocksClient } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { freePort, tcpTarget } from '../fixtures/tcp-target.ts'
import type { TcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

/** Older than a relay must be to have keepalive. */
const AGED_MS = 1500

const loaded = loadLibc()
const skip =
  unlessMissing('ss') || (loaded.ok ? false : `keepalive is set by Node here: ${loaded.reason}`)

/** When the system asks the peer of a connection next, in seconds; undefined: never. */
const nextProbe = async (t: Test, local: string, peer: string): Promise<number | undefined> => {
  const { stdout } = await runProgram(t, 'ss', ['-tnoH', 'src', local, 'and', 'dst', peer])
  const [, minutes = '0', seconds] =
    /timer:\(keepalive,(?:(\d+)min)?(?:([\d.]+)(?:sec|ms))?/.exec(stdout) ?? []
  if (!/timer:\(keepalive/.test(stdout)) return undefined
  return Number(minutes) * 60 + Number(seconds ?? 0)
}

/** Answers requests of HTTP, and sends anything else back. */
const answer = (socket: Socket): void => {
  socket.on('data', bytes => socket.write(bytes.includes('HTTP/1.1') ? responseOf('hello') : bytes))
  socket.on('end', () => socket.end())
}

/** How a client asks for its target. It resolves when bytes have gone both ways. */
type Way = (eyeballd: Eyeballd, target: TcpTarget) => Promise<SocksClient>

const WAYS: Readonly<Record<string, Way>> = {
  tunnel: async (eyeballd, { host, port }) => {
    const { client } = await askSocks(eyeballd.address(), host, port)
    client.write('hello')
    await client.read(5)
    return client
  },
  'forwarded request': async (eyeballd, { host, port }) => {
    const client = await openSocks(eyeballd.address())
    client.write(requestTo(`http://${host}:${port}/`))
    await client.read(1)
    return client
  },
}

/** One connection: both of the daemon's ends. */
const probesOf = async (
  t: Test,
  way: Way,
  eyeballd: Eyeballd,
  target: TcpTarget,
  isOn: boolean,
): Promise<(number | undefined)[]> => {
  const lineOf = eyeballd.nextClient()
  const client = await way(eyeballd, target)
  const { localPort } = client.socket
  const race = await lineOf('race', localPort)
  const { local } = race['winner'] as { readonly local: string }
  const { host, port } = eyeballd.address()
  const look = async (): Promise<(number | undefined)[]> => [
    await nextProbe(t, `${host}:${port}`, `127.0.0.1:${localPort}`),
    await nextProbe(t, local, `${target.host}:${target.port}`),
  ]
  // Bytes in flight have a timer of their own, and a relay worker sets keepalive after a second.
  await sleep(isOn ? 0 : AGED_MS)
  let found = await look()
  for (let tries = isOn ? 100 : 0; tries > 0 && found.includes(undefined); tries--) {
    await sleep(50)
    found = await look()
  }
  client.destroy()
  return found
}

for (const engine of ['splice', 'stream'] as const) {
  await t.test(`${engine}: both legs are probed, and a reload changes when`, { skip }, async t => {
    const target = await tcpTarget(t, answer)
    const config = (egress: object) => ({
      listeners: [{ name: 'mixed', protocol: 'mixed', listen: `127.0.0.1:${port}` }],
      pipe: { engine },
      egress,
    })
    const port = await freePort()
    const eyeballd = await startEyeballd(t, { config: config({}) })
    const expect = async (seconds: number | undefined, what: string): Promise<void> => {
      for (const [name, way] of Object.entries(WAYS)) {
        for (const found of await probesOf(t, way, eyeballd, target, seconds !== undefined)) {
          const title = `${name}, ${what}: ${found}`
          if (seconds === undefined) t.equal(found, undefined, title)
          else t.ok(found !== undefined && found <= seconds && found > seconds / 2, title)
        }
      }
    }
    const reload = async (text: string): Promise<void> => {
      const before = eyeballd.linesOf('reload').length
      writeFileSync(eyeballd.configFile ?? '', text)
      eyeballd.kill('SIGHUP')
      await eventually(() => eyeballd.linesOf('reload').length > before)
    }
    await expect(60, 'by default')
    await reload(JSON.stringify(config({ keepAlive: { idle: '10m' } })))
    await expect(600, 'after a reload')
    await reload(JSON.stringify(config({ keepAlive: 'never' })))
    await expect(600, 'after a bad one')
    const taken = { name: 'taken', protocol: 'socks', listen: `127.0.0.1:${target.port}` }
    const { listeners, ...rest } = config({ keepAlive: 'off' })
    await reload(JSON.stringify({ ...rest, listeners: [...listeners, taken] }))
    await expect(600, 'after one that could not listen')
    await reload(JSON.stringify(config({ keepAlive: 'off' })))
    await expect(undefined, 'off')
    await reload(JSON.stringify(config({ keepAlive: { idle: '90s' } })))
    await expect(90, 'on again')
    await eyeballd.stop(t)
  })
}
