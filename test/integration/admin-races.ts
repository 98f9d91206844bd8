/** What the admin endpoint answers about races and connections, by TCP with one process and with several. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type {
  ConnectionsAnswer,
  HistoryAnswer,
  RacesAnswer,
  StatusAnswer,
} from '../../src/admin/api.ts'
import { askAdmin } from '../fixtures/ask-admin.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { openEvents } from '../fixtures/open-events.ts'
import { reload } from '../fixtures/reload.ts'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(60_000)

const target = await tcpTarget(t, echo)
const NAME = 'target.example'
const refused = await freePort()

const configOf = (processes: number, admin: object = {}, log: object = {}) => ({
  listeners: [{ name: 's', protocol: 'socks', listen: '127.0.0.1:0' }],
  resolver: { hosts: { [NAME]: ['127.0.0.1'] } },
  admin: { listen: '127.0.0.1:0', ...admin },
  log,
  processes,
})

const ask = async <Answer>(eyeballd: Eyeballd, path: string): Promise<Answer> => {
  const { status, body } = await askAdmin(eyeballd.address('admin'), path)
  t.equal(status, 200, path)
  return JSON.parse(body) as Answer
}

/** One connection to its end; its reply. */
const visit = async (eyeballd: Eyeballd, host: string, port = target.port): Promise<number> => {
  const { client, reply } = await askSocks(eyeballd.address('s'), host, port)
  client.socket.end()
  await client.over
  client.destroy()
  return reply.code
}

for (const processes of [1, 2]) {
  await t.test(`races and status, processes: ${processes}`, async t => {
    const eyeballd = await startEyeballd(t, { config: configOf(processes), listening: 2 })
    const stream = await openEvents(eyeballd.address('admin'), '/races/stream')
    t.match(stream.headers, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    for (let i = 0; i < 4; i++) t.equal(await visit(eyeballd, NAME), 0)
    t.equal(await visit(eyeballd, '127.0.0.1', refused), 5)

    const { races } = await ask<RacesAnswer>(eyeballd, '/races')
    t.same(
      races.map(({ id }) => id),
      [5, 4, 3, 2, 1],
    )
    t.match(races[0], {
      outcome: 'failed',
      error: { code: 'ECONNREFUSED' },
      reply: 5,
      winner: null,
    })
    t.match(races[1], {
      listener: 's',
      protocol: 'socks5',
      client: /^127\.0\.0\.1:/,
      user: null,
      target: `${NAME}:${target.port}`,
      outcome: 'won',
      winner: { address: '127.0.0.1', family: 4 },
      hidden: false,
    })
    // The log lines of several processes come later than their answers.
    await eyeballd.waitFor(() => eyeballd.linesOf('race').length === 5)
    const connsOf = (all: readonly { readonly [field: string]: unknown }[]) =>
      all.map(({ conn }) => String(conn)).toSorted()
    t.same(connsOf(races), connsOf(eyeballd.linesOf('race')))
    const count = async (query: string) =>
      (await ask<RacesAnswer>(eyeballd, `/races?${query}`)).races.length
    t.equal(await count('limit=2'), 2)
    t.equal(await count('outcome=failed'), 1)
    t.equal(await count('outcome=hidden'), 0)
    t.equal(await count('target=TARGET.ex'), 4)
    t.equal(await count('client=127.0.0.1&outcome=won&limit=3'), 3)
    t.equal(await count('target=nothing'), 0)

    const events = await stream.next(5)
    t.same(
      events.map(({ id }) => id),
      ['1', '2', '3', '4', '5'],
    )
    t.same(JSON.parse(events[4]?.data ?? ''), races[0])
    stream.close()
    const again = await openEvents(eyeballd.address('admin'), '/races/stream', {
      'Last-Event-ID': '3',
    })
    t.same(
      (await again.next(2)).map(({ id }) => id),
      ['4', '5'],
    )
    again.close()

    const status = await ask<StatusAnswer>(eyeballd, '/status')
    t.match(status, {
      version: /^\d+\./,
      state: 'serving',
      processes,
      engine: /^(splice|stream)$/,
      listeners: [
        {
          name: 's',
          protocol: 'socks',
          addresses: [eyeballd.addresses[1]],
          accepted: 5,
          active: 0,
        },
      ],
      connections: { active: 0, accepted: 5, rejected: 0 },
      races: { won: { 4: 4, 6: 0 }, failed: 1, aborted: 0, hidden: 0 },
      bytes: { up: 0, down: 0 },
      lastReload: null,
    })
    t.ok(status.connections.limit > 0)
    t.ok(status.startedAt <= status.now)
    await eyeballd.stop(t)
  })

  await t.test(`what log.redact hides, after a reload too, processes: ${processes}`, async t => {
    const redact = { redact: ['client', 'target'] }
    const eyeballd = await startEyeballd(t, {
      config: configOf(processes, {}, redact),
      listening: 2,
    })
    await visit(eyeballd, NAME)
    const count = async (query: string) =>
      (await ask<RacesAnswer>(eyeballd, `/races?${query}`)).races.length
    const { races } = await ask<RacesAnswer>(eyeballd, '/races')
    // The client has the target's address, so it is masked there, too.
    const masked = '[Redacted]'
    t.match(races, [{ client: masked, target: masked, winner: { address: masked } }])
    t.notMatch(JSON.stringify(races), NAME)
    t.equal(await count('target=target'), 0, 'a filter does not find it')
    t.equal(await count('client=127'), 0)
    await reload(eyeballd, configOf(processes, { raceHistory: 1 }))
    t.equal(await count('target=target'), 1)
    await visit(eyeballd, '127.0.0.1')
    t.match(await ask<RacesAnswer>(eyeballd, '/races'), { races: { length: 1 } })
    t.match(await ask<StatusAnswer>(eyeballd, '/status'), { lastReload: { error: null } })
    await reload(eyeballd, configOf(processes, { raceHistory: 0 }))
    await visit(eyeballd, NAME)
    t.same(await ask<RacesAnswer>(eyeballd, '/races'), { races: [] })
    await eyeballd.stop(t)
  })

  await t.test(
    `connections, and a stream that ends with the daemon, processes: ${processes}`,
    async t => {
      const eyeballd = await startEyeballd(t, { config: configOf(processes), listening: 2 })
      const stream = await openEvents(eyeballd.address('admin'), '/races/stream')
      const { client } = await askSocks(eyeballd.address('s'), NAME, target.port)
      client.write('hello')
      await client.read(5)
      const silent = await openSocks(eyeballd.address('s'))
      await silent.greet()
      const { total, connections } = await ask<ConnectionsAnswer>(eyeballd, '/connections')
      t.equal(total, 2)
      t.match(connections, [
        {
          listener: 's',
          protocol: 'socks5',
          client: /^127\.0\.0\.1:/,
          user: null,
          target: `${NAME}:${target.port}`,
          address: `127.0.0.1:${target.port}`,
          state: 'relay',
          bytesUp: 5,
          bytesDown: 5,
        },
        { state: 'handshake', target: null, address: null, bytesUp: null },
      ])
      silent.destroy()
      const active = async (): Promise<number> =>
        (await ask<StatusAnswer>(eyeballd, '/status')).connections.active
      while ((await active()) > 1) await sleep(10)
      t.same(await ask<HistoryAnswer>(eyeballd, '/history'), { demoted: [] })
      eyeballd.kill('SIGTERM')
      await eyeballd.waitFor(({ event }) => event === 'draining')
      t.match(await ask<StatusAnswer>(eyeballd, '/status'), {
        state: 'draining',
        listeners: [{ name: 's', addresses: [], active: 1 }],
        connections: { active: 1 },
      })
      t.notOk(stream.isOver())
      client.destroy()
      t.equal((await eyeballd.exited).code, 0)
      t.ok(await eventually(() => stream.isOver()))
    },
  )
}
