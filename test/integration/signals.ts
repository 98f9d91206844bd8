/** SIGTERM drains, a second one ends at once, SIGHUP reloads; what is open lives on. */
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { within } from '../fixtures/children.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import type { SocksClient } from '../fixtures/socks-client.ts'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const target = await tcpTarget(t, echo)

const accepts = (address: { host: string; port: number }): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(address)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

const talk = async (client: SocksClient, text: string): Promise<string> => {
  client.write(text)
  return (await client.read(text.length)).toString()
}

const join = async (eyeballd: Eyeballd, listener: string | number = 0): Promise<SocksClient> => {
  const { client, reply } = await askSocks(eyeballd.address(listener), target.host, target.port)
  if (reply.code !== 0) throw new Error(`reply ${reply.code}`)
  return client
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  await t.test(`${signal} drains: what is open ends in order`, async t => {
    const eyeballd = await startEyeballd(t, { args: ['-l', '127.0.0.1:0'] })
    const client = await join(eyeballd)
    eyeballd.kill(signal)
    await eyeballd.waitFor(({ event }) => event === 'draining')
    t.equal(await accepts(eyeballd.address()), false, 'nobody new is let in')
    for (let i = 0; i < 5; i++) {
      t.equal(await talk(client, `still here ${i}`), `still here ${i}`)
      await sleep(20)
    }
    t.equal(eyeballd.child.exitCode, null, 'it waits')
    client.socket.end()
    t.equal(await client.over, 'end')
    const { code } = await within(5000, 'it ends', eyeballd.exited)
    t.equal(code, 0)
    t.match(eyeballd.linesOf('close')[0], { reason: 'eof' })
    t.equal(eyeballd.lines.at(-1)?.event, 'stopped')
  })
}

await t.test('the drain has its time, then connections are closed', async t => {
  const args = ['-l', '127.0.0.1:0', '--drain-timeout', '500ms']
  const eyeballd = await startEyeballd(t, { args })
  const client = await join(eyeballd)
  const begin = performance.now()
  eyeballd.kill('SIGTERM')
  const { code } = await within(5000, 'it ends', eyeballd.exited)
  t.equal(code, 0)
  t.ok(performance.now() - begin > 450)
  t.match(eyeballd.linesOf('close')[0], { reason: 'drain' })
  await client.over
  client.destroy()
})

await t.test('a second signal ends at once', async t => {
  const eyeballd = await startEyeballd(t, { args: ['-l', '127.0.0.1:0'] })
  const client = await join(eyeballd)
  // One more is in its handshake.
  const beginner = await openSocks(eyeballd.address())
  await beginner.greet()
  eyeballd.kill('SIGTERM')
  await eyeballd.waitFor(({ event }) => event === 'draining')
  const begin = performance.now()
  eyeballd.kill('SIGTERM')
  const { code } = await within(5000, 'it ends', eyeballd.exited)
  t.ok(performance.now() - begin < 2000)
  t.equal(code, 0)
  client.destroy()
  beginner.destroy()
})

const reload = async (eyeballd: Eyeballd, text: string): Promise<Record<string, unknown>> => {
  const before = eyeballd.linesOf('reload').length
  writeFileSync(eyeballd.configFile ?? '', text)
  eyeballd.kill('SIGHUP')
  await eyeballd.waitFor(() => eyeballd.linesOf('reload').length > before)
  return eyeballd.linesOf('reload').at(-1) ?? {}
}

await t.test('SIGHUP opens and closes listeners around what is open', async t => {
  const [first, second] = [await freePort(), await freePort()]
  const listeners = (...ports: readonly number[]) => ({
    listeners: ports.map(port => ({ protocol: 'socks', listen: `127.0.0.1:${port}` })),
    limits: { handshakeTimeout: '5s' },
  })
  const eyeballd = await startEyeballd(t, { config: listeners(first) })
  const client = await join(eyeballd)
  t.equal(await talk(client, 'before'), 'before')

  await reload(eyeballd, JSON.stringify(listeners(first, second)))
  t.equal(await accepts({ host: '127.0.0.1', port: second }), true, 'a listener is added')
  t.equal(await accepts({ host: '127.0.0.1', port: first }), true, 'the other stays')

  await reload(eyeballd, JSON.stringify(listeners(second)))
  t.ok(await eventually(() => eyeballd.linesOf('reload').length === 2), 'reloads are logged')
  t.equal(await accepts({ host: '127.0.0.1', port: first }), false, 'the first is gone')
  t.equal(await talk(client, 'after'), 'after', 'what came through it lives on')

  await t.test('a bad file changes nothing, and is logged', async t => {
    for (const bad of ['listeners: [', 'listenerz: []', '[]', JSON.stringify(listeners(70_000))]) {
      const line = await reload(eyeballd, bad)
      t.ok(JSON.stringify(line).length > 80, `says what is wrong: ${JSON.stringify(line)}`)
      t.equal(await accepts({ host: '127.0.0.1', port: second }), true)
    }
  })

  await t.test('nor does one whose listener cannot be opened', async t => {
    const line = await reload(eyeballd, JSON.stringify(listeners(first, target.port)))
    t.match(JSON.stringify(line), String(target.port), `says which: ${JSON.stringify(line)}`)
    t.equal(await accepts({ host: '127.0.0.1', port: second }), true, 'the listener is still there')
    t.equal(await accepts({ host: '127.0.0.1', port: first }), false, 'no other was opened')
  })
  t.equal(await talk(client, 'at last'), 'at last')
  client.socket.end()
  await client.over
  await eyeballd.stop(t)
})

await t.test('SIGHUP changes users, access and timings for those who come', async (t: Test) => {
  const port = await freePort()
  const listener = { protocol: 'socks', listen: `127.0.0.1:${port}` }
  const eyeballd = await startEyeballd(t, { config: { listeners: [listener] } })
  const proxy = eyeballd.address()
  const open = await join(eyeballd)

  await reload(
    eyeballd,
    JSON.stringify({ listeners: [{ ...listener, auth: { users: { alice: 'one' } } }] }),
  )
  const stranger = await openSocks(proxy)
  t.equal(await stranger.greet([0]), 0xff, 'a login is demanded now')
  stranger.destroy()
  const alice = await openSocks(proxy)
  t.equal(await alice.greet([2]), 2)
  t.equal(await alice.login('alice', 'one'), 0)
  alice.destroy()

  await reload(
    eyeballd,
    JSON.stringify({
      listeners: [listener],
      access: [{ action: 'deny', ports: [target.port] }],
    }),
  )
  const { client, reply } = await askSocks(proxy, target.host, target.port)
  t.equal(reply.code, 2, 'the target is denied now')
  client.destroy()
  t.equal(await talk(open, 'hello'), 'hello', 'to those who come, not to those who are there')
  open.socket.end()
  await open.over
  await eyeballd.stop(t)
})
