/** Whoever else takes descriptors, where they are few: clients, health checks, DNS, reloads. */
import { connect } from 'node:net'
import t from 'tap'
import { askAdmin } from '../fixtures/ask-admin.ts'
import type { Owner } from '../fixtures/children.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import type { Few } from '../fixtures/few-files.ts'
import { askHonestly, endsWell, inForce, startWithFiles } from '../fixtures/few-files.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { createFloodWorld, flood } from '../fixtures/lookup-flood.ts'
import { reload } from '../fixtures/reload.ts'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(240_000)

const skip = process.platform === 'linux' ? false : 'it looks into /proc'

const SOCKS = { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' }

const config = {
  listeners: [SOCKS],
  access: [{ action: 'allow', to: ['loopback'] }],
}

const target = await tcpTarget(t, echo)

/** Clients that connect and say nothing. */
const silentClients = async (
  owner: Owner,
  address: { readonly host: string; readonly port: number },
  count: number,
  localAddress = '127.0.0.1',
) => {
  const sockets = Array.from({ length: count }, () =>
    connect({ ...address, localAddress })
      .on('error', () => {})
      .resume(),
  )
  const end = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  owner.teardown(end)
  await eventually(() => sockets.every(({ connecting }) => !connecting))
  return { end }
}

/** Takes so many places, each by a connection to the target. */
const takePlaces = async (owner: Owner, { eyeballd }: Few, count: number) => {
  const clients: Awaited<ReturnType<typeof openSocks>>[] = []
  const end = (): void => {
    for (const client of clients) client.destroy()
  }
  owner.teardown(end)
  await inParallel(count, 8, async () => {
    const { client, reply } = await askSocks(eyeballd.address('socks'), target.host, target.port)
    clients.push(client)
    if (reply.code !== 0) throw new Error(`reply ${reply.code}`)
  })
  return { end }
}

for (const engine of ['splice', 'stream'] as const) {
  const pipe = { engine }

  t.test(`${engine}: many clients at once`, { skip }, async t => {
    const limits = { maxConnectionsPerClient: 10 }
    const few = await startWithFiles(t, 128, { config: { ...config, pipe, limits } })
    const address = few.eyeballd.address('socks')
    const crowd = await silentClients(t, address, 500, '127.0.0.3')
    await askHonestly(t, few, target)
    const others = await silentClients(t, address, 500, '127.0.0.3')
    await askHonestly(t, few, target)
    crowd.end()
    others.end()
    await endsWell(t, few)
  })

  t.test(`${engine}: health checks by SOCKS, with all places taken`, { skip }, async t => {
    const few = await startWithFiles(t, 128, { config: { ...config, pipe } })
    const places = await takePlaces(t, few, inForce(few))
    const address = few.eyeballd.address('socks')
    for (let round = 0; round < 5; round++) {
      // Some have greeted, and keep their connection.
      await inParallel(20, 20, async () => {
        const client = await openSocks(address)
        t.teardown(client.destroy)
        await client.greet().catch(() => {})
        client.sendRequest(target.host, target.port)
      })
      const client = await openSocks(address)
      t.equal(await client.greet(), 0, 'a health check is answered')
      client.destroy()
    }
    places.end()
    t.ok(await eventually(() => few.look() < few.before + 16))
    await askHonestly(t, few, target, { times: 2 })
    await endsWell(t, few)
  })

  t.test(`${engine}: connections of the endpoint for health checks`, { skip }, async t => {
    const admin = { listen: `127.0.0.1:${await freePort()}` }
    const few = await startWithFiles(t, 128, { config: { ...config, pipe, admin }, listening: 2 })
    const address = few.eyeballd.address('admin')
    await takePlaces(t, few, inForce(few) - 1)
    for (let round = 0; round < 3; round++) {
      await silentClients(t, address, 200)
      t.equal((await askAdmin(address, '/healthz')).status, 200)
      await askHonestly(t, few, target, { times: 1 })
    }
    t.ok(few.most() < few.openFiles, `${few.most()} descriptors at most`)
    t.notMatch(few.eyeballd.output(), /EMFILE|ENFILE/)
  })

  t.test(`${engine}: names that no server answers`, { skip }, async t => {
    const world = await createFloodWorld(t)
    const resolver = { servers: [world.dns.address], search: [] }
    // Clients that have left keep their places for as long as their names are asked for.
    const limits = { maxConnectionsPerClient: 10 }
    const few = await startWithFiles(t, 128, { config: { ...config, pipe, resolver, limits } })
    const flooding = flood(t, few.eyeballd.address('socks'), { rate: 300, seconds: 4 })
    await askHonestly(t, few, world.target, { times: 10, everyMs: 300 })
    await flooding
    // What is asked goes on for as long as a server may take.
    t.ok(await eventually(() => few.look() <= few.before + 8, 20_000))
    await endsWell(t, few)
  })

  t.test(`${engine}: the sources for many destinations, and answers by TCP`, { skip }, async t => {
    const dns = await createDnsServer(
      {},
      {
        reply: ({ name }) => {
          const network = Number(/^n(\d+)/.exec(name)?.[1] ?? 0)
          // Nobody listens there: each attempt fails at once.
          const addresses = Array.from({ length: 60 }, (_, i) => `127.9.${network}.${i + 1}`)
          return { addresses, truncated: network % 2 === 1 }
        },
      },
    )
    t.teardown(dns.close)
    const resolver = { servers: [dns.address], search: [] }
    const few = await startWithFiles(t, 128, { config: { ...config, pipe, resolver } })
    const port = await freePort()
    let served = 0
    const all = inParallel(200, Math.floor(inForce(few) / 2), async index => {
      const client = await openSocks(few.eyeballd.address('socks'))
      await client.greet()
      client.sendRequest(`n${index}.example`, port)
      const { code } = await client.readReply(30_000)
      if (code === 5) served++
      client.destroy()
    })
    await askHonestly(t, few, target)
    await all
    t.equal(served, 200, 'each was refused by all its addresses')
    await endsWell(t, few)
  })

  t.test(`${engine}: reloads with more listeners`, { skip }, async t => {
    const few = await startWithFiles(t, 128, { config: { ...config, pipe } })
    const places = await takePlaces(t, few, Math.floor(inForce(few) / 2))
    for (const count of [6, 1, 8, 3, 1]) {
      const more = Array.from({ length: count - 1 }, (_, i) => ({ ...SOCKS, name: `more-${i}` }))
      const line = await reload(few.eyeballd, { ...config, pipe, listeners: [SOCKS, ...more] })
      t.equal(line['error'], undefined, `${count} addresses`)
      await askHonestly(t, few, target, { times: 1 })
    }
    const listeners = Array.from({ length: 60 }, (_, i) => ({ ...SOCKS, name: `many-${i}` }))
    const line = await reload(few.eyeballd, { ...config, pipe, listeners })
    t.match(String(line['error']), /the limit on open files is 128: .* needs at least/)
    await askHonestly(t, few, target, { times: 1 })
    places.end()
    await endsWell(t, few)
  })
}

t.test('with too few it does not start, and says why', { skip }, async t => {
  await t.rejects(startWithFiles(t, 36, { config: { ...config, pipe: { engine: 'stream' } } }), {
    message: /the limit on open files is 36: this configuration needs at least \d+/,
  })
})
