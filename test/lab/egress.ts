/**
 * Egress options as the other end of the cable sees them: source addresses, interfaces, marks, options of
 * packets and connections that nobody acknowledges. Left out without root.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import { endChild, own, within } from '../fixtures/children.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { createLabPackets } from '../fixtures/lab-packets.ts'
import { startLabTarget } from '../fixtures/lab-target.ts'
import {
  LAB,
  makeLab,
  removeLeftovers,
  run,
  whyNoNamespaces,
  writeResolvConf,
} from '../fixtures/namespaces.ts'
import { unlessMissing } from '../fixtures/programs.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { reload } from '../fixtures/reload.ts'
import { runEyeballd, startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(180_000)

const PORT = 8080
/** Second addresses of the host's card, and those of a second card. */
const SECOND = { 4: '192.0.2.3', 6: '2001:db8:1::3' } as const
const CARD = {
  host4: '203.0.113.1',
  net4: '203.0.113.2',
  host6: '2001:db8:2::1',
  net6: '2001:db8:2::2',
}
const MARK = 7
const TABLE = 100

/** The n-th target of each family, which answers behind both cards. */
const four = (n: number): string => `198.18.0.${n}`
const six = (n: number): string => `2001:db8:1000::${n}`

const reason = whyNoNamespaces()
if (reason === undefined) removeLeftovers()
const skip = reason ?? false

const noMptcp = (() => {
  try {
    const isOn = readFileSync('/proc/sys/net/mptcp/enabled', 'latin1').trim() === '1'
    return !isOn && 'Multipath TCP is switched off: net.mptcp.enabled is 0'
  } catch {
    return 'this kernel has no Multipath TCP'
  }
})()

/** A laboratory with two addresses of each family, and a second card, to which packets with a mark go. */
const begin = async (t: Test) => {
  const { host, net } = makeLab(t)
  run(`ip -n ${host} address add ${SECOND[4]}/24 dev cable0`)
  // Deprecated: the system prefers the first address.
  run(`ip -n ${host} address add ${SECOND[6]}/64 dev cable0 nodad preferred_lft 0`)
  run(`ip -n ${host} link add card0 type veth peer name card1 netns ${net}`)
  for (const [name, device, v4, v6] of [
    [host, 'card0', CARD.host4, CARD.host6],
    [net, 'card1', CARD.net4, CARD.net6],
  ]) {
    run(`ip -n ${name} address add ${v4}/30 dev ${device}`)
    run(`ip -n ${name} address add ${v6}/64 dev ${device} nodad`)
    run(`ip -n ${name} link set ${device} up`)
    // A packet may come by one card and its answer leave by the other.
    run(
      `ip netns exec ${name} sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.${device}.rp_filter=0`,
    )
  }
  run(`ip -n ${host} route add default via ${CARD.net4} dev card0 metric 500`)
  run(`ip -n ${host} -6 route add default via ${CARD.net6} dev card0 metric 5000`)
  for (const family of ['-4', '-6'] as const) {
    const gateway = family === '-4' ? CARD.net4 : CARD.net6
    run(`ip -n ${host} ${family} rule add fwmark ${MARK} table ${TABLE}`)
    run(`ip -n ${host} ${family} route add default via ${gateway} dev card0 table ${TABLE}`)
  }
  await startLabTarget(t, net, PORT)
  const packets = createLabPackets(net)
  const folder = temporaryDirectory(t)
  const clients: Socket[] = []
  t.teardown(() => clients.forEach(client => client.destroy()))

  const configOf = (
    listeners: Readonly<Record<string, object>>,
    more: Readonly<Record<string, unknown>> = {},
  ) => ({
    listeners: Object.entries(listeners).map(([name, each]) => ({
      name,
      protocol: 'forward',
      listen: `unix:${join(folder, name)}`,
      ...each,
    })),
    ...more,
  })

  const start = (...config: Parameters<typeof configOf>) =>
    startEyeballd(t, { wrap: ['ip', 'netns', 'exec', host], config: configOf(...config) })

  /** A client of the listener of that name that has sent and received a word; undefined: it got nothing. */
  const talk = async (name: string): Promise<Socket | undefined> => {
    const client = connect(join(folder, name))
    clients.push(client)
    client.on('error', () => {})
    client.write('hello')
    const answered = new Promise<boolean>(resolve => {
      client.once('data', () => resolve(true)).once('close', () => resolve(false))
    })
    return (await within(20_000, `${name} answers`, answered)) ? client : undefined
  }

  /** The clients leave, and the daemon ends. */
  const stop = (eyeballd: Eyeballd) => {
    for (const client of clients) client.destroy()
    return eyeballd.stop(t)
  }
  return { host, net, packets, configOf, start, talk, stop }
}

const to = (address: string) => ({
  target: address.includes(':') ? `[${address}]:${PORT}` : `${address}:${PORT}`,
})

for (const engine of ['splice', 'stream'] as const) {
  await t.test(`${engine}: source addresses`, { skip }, async t => {
    const { packets, start, talk, stop } = await begin(t)
    const eyeballd = await start(
      {
        daemon4: to(four(1)),
        daemon6: to(six(1)),
        own: { ...to(four(2)), egress: { bind4: LAB.host4 } },
        system: { ...to(six(2)), egress: { bind6: 'system' } },
        gone: { ...to(four(3)), egress: { bind4: '192.0.2.99' } },
        none: { ...to(six(3)), egress: { bind6: 'none' } },
        rule: to(four(4)),
      },
      {
        pipe: { engine },
        egress: { bind4: SECOND[4], bind6: SECOND[6] },
        access: [{ action: 'allow', to: four(4), egress: { bind4: CARD.host4 } }],
      },
    )
    for (const name of ['daemon4', 'daemon6', 'own', 'system', 'rule']) {
      t.ok(await talk(name), name)
    }
    for (const name of ['gone', 'none']) t.equal(await talk(name), undefined, name)
    const seen = [four(1), six(1), four(2), six(2), four(3), six(3), four(4)]
    t.same(
      seen.map(address => packets.ways(address, PORT).map(way => way.split(' ')[1])),
      [[SECOND[4]], [SECOND[6]], [LAB.host4], [LAB.host6], [], [], [CARD.host4]],
    )
    for (const listener of ['gone', 'none']) {
      const line = await eyeballd.waitFor(
        each => each.event === 'race' && each['listener'] === listener,
      )
      t.match(line, { outcome: 'failed', error: { code: 'EADDRNOTAVAIL' } })
    }
    await stop(eyeballd)
  })
}

await t.test('an interface, and a mark', { skip }, async t => {
  const { packets, start, talk, stop, host, net } = await begin(t)
  const eyeballd = await start(
    {
      plain: to(four(1)),
      interface4: { ...to(four(2)), egress: { interface: 'card0' } },
      interface6: { ...to(six(2)), egress: { interface: 'card0' } },
      mark4: { ...to(four(3)), egress: { mark: MARK } },
      mark6: { ...to(six(3)), egress: { mark: MARK } },
      bound: { ...to(four(4)), egress: { mark: MARK, bind4: SECOND[4] } },
      rule: to(four(5)),
      later: { ...to(four(6)), egress: { interface: 'later0' } },
    },
    { access: { action: 'allow', to: four(5), egress: { interface: 'card0' } } },
  )
  for (const name of ['plain', 'interface4', 'interface6', 'mark4', 'mark6', 'bound', 'rule']) {
    t.ok(await talk(name), name)
  }
  t.same(
    [four(1), four(2), six(2), four(3), six(3), four(4), four(5)].map(address =>
      packets.ways(address, PORT),
    ),
    [
      [`cable1 ${LAB.host4}`],
      [`card1 ${CARD.host4}`],
      [`card1 ${CARD.host6}`],
      [`card1 ${CARD.host4}`],
      [`card1 ${CARD.host6}`],
      [`card1 ${SECOND[4]}`],
      [`card1 ${CARD.host4}`],
    ],
  )
  t.equal(await talk('later'), undefined)
  const line = await eyeballd.waitFor(each => each.event === 'race' && each['listener'] === 'later')
  t.match(line, { error: { code: 'ENODEV' } })
  run(`ip -n ${host} link add later0 type veth peer name later1 netns ${net}`)
  run(`ip -n ${host} address add 203.0.113.5/30 dev later0`)
  run(`ip -n ${net} address add 203.0.113.6/30 dev later1`)
  run(`ip -n ${host} link set later0 up`)
  run(`ip -n ${net} link set later1 up`)
  run(`ip -n ${host} route add default via 203.0.113.6 dev later0 metric 600`)
  t.ok(await talk('later'), 'it has come')
  await stop(eyeballd)
})

/** Starts a DNS server on an address of the net. */
const startDns = async (t: Test, net: string, address: string, script: object): Promise<void> => {
  const main = fileURLToPath(new URL('../fixtures/dns-server-main.ts', import.meta.url))
  const command = ['netns', 'exec', net, process.execPath, COMPILED, main]
  const args = [...command, JSON.stringify(script), address]
  const child = own(spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] }))
  t.teardown(() => endChild(child))
  await within(15_000, 'it listens', once(createInterface(child.stdout), 'line'))
}

for (const engine of ['splice', 'stream'] as const) {
  await t.test(
    `${engine}: names are looked up by the path of their listener`,
    { skip },
    async t => {
      const { packets, start, talk, stop, net, host } = await begin(t)
      const addresses = { addresses: [four(1), six(1)] }
      const script = { 'udp.example': addresses, 'tcp.example': { ...addresses, truncated: true } }
      const dns = { 4: '198.18.0.53', 6: LAB.net6 }
      for (const address of Object.values(dns)) await startDns(t, net, address, script)
      writeResolvConf(host, Object.values(dns))
      const target = { target: `udp.example:${PORT}` }
      const native = engine === 'splice'
      const eyeballd = await start(
        {
          daemon: target,
          tcp: { target: `tcp.example:${PORT}` },
          ...(native && { card: { ...target, egress: { interface: 'card0', bind4: 'system' } } }),
          ...(native && { mark: { ...target, egress: { mark: MARK, bind4: CARD.host4 } } }),
          only6: { ...target, egress: { bind4: 'none', bind6: SECOND[6] } },
        },
        { pipe: { engine }, egress: { bind4: SECOND[4] } },
      )
      const askedAt4 = (): string[] => packets.ways(dns[4], 53)
      t.ok(await talk('daemon'))
      t.same(askedAt4(), [`cable1 ${SECOND[4]}`])
      t.ok(await talk('tcp'))
      t.same(askedAt4(), [`cable1 ${SECOND[4]}`], 'over TCP, too')
      if (native) {
        t.ok(await talk('card'), 'not from the cache of the other path')
        t.same(askedAt4(), [`cable1 ${SECOND[4]}`, `card1 ${CARD.host4}`])
        t.ok(await talk('mark'))
      }
      t.same(packets.ways(dns[6], 53), [])
      t.ok(await talk('only6'))
      t.same(packets.ways(dns[6], 53), [`cable1 ${SECOND[6]}`], 'the server of the other family')
      t.equal(askedAt4().length, native ? 2 : 1)
      const race = await eyeballd.waitFor(
        each => each.event === 'race' && each['listener'] === 'only6',
      )
      t.match(race, {
        dns: [{ type: 'AAAA' }],
        winner: { family: 6 },
      })
      await stop(eyeballd)
    },
  )
}

/** What ss prints about the daemon's connections to an address. */
const socketsTo = (host: string, address: string): string =>
  run(`ip netns exec ${host} ss -tino dst ${address}`)

await t.test('options in the packets, and of the sockets', { skip }, async t => {
  const { packets, start, talk, stop, host } = await begin(t)
  const eyeballd = await start({
    tos4: { ...to(four(1)), egress: { tos: 184 } },
    tos6: { ...to(six(1)), egress: { tos: 184 } },
    plain: to(four(2)),
    congestion: { ...to(four(3)), egress: { congestion: 'reno' } },
    keepalive: { ...to(four(4)), egress: { keepAlive: { idle: '30s', interval: '5s' } } },
    off: { ...to(four(5)), egress: { keepAlive: 'off' } },
  })
  for (const name of ['tos4', 'tos6', 'plain', 'congestion', 'keepalive', 'off']) {
    t.ok(await talk(name), name)
  }
  t.same(packets.expedited(), [four(1), six(1)])
  t.same(packets.multipath(), [])
  t.match(socketsTo(host, four(3)), / reno /)
  t.notMatch(socketsTo(host, four(5)), /timer:\(keepalive/)
  t.match(socketsTo(host, four(4)), /timer:\(keepalive,\d\dsec/)
  // The daemon's keepalive, which a target gets when it is a second old, changes neither.
  await eventually(() => /timer:\(keepalive/.test(socketsTo(host, four(2))))
  t.match(socketsTo(host, four(4)), /timer:\(keepalive,[12]\dsec/)
  t.notMatch(socketsTo(host, four(5)), /timer:\(keepalive/)
  await stop(eyeballd)
})

await t.test('Multipath TCP', { skip: skip || noMptcp }, async t => {
  const { packets, start, talk, stop } = await begin(t)
  const eyeballd = await start({
    mptcp: { ...to(six(6)), egress: { mptcp: true } },
    plain: to(four(2)),
  })
  t.ok(await talk('mptcp'))
  t.ok(await talk('plain'))
  t.same(packets.multipath(), [six(6)])
  await stop(eyeballd)
})

for (const processes of [1, 2]) {
  await t.test(`a reload with ${processes} processes`, { skip }, async t => {
    const { packets, configOf, start, talk, stop } = await begin(t)
    const listeners = (egress: object) => ({
      own: { ...to(four(1)), egress },
      plain: to(four(2)),
    })
    const eyeballd = await start(listeners({ bind4: CARD.host4 }), { processes })
    const before = await talk('own')
    t.ok(before)
    t.match(await reload(eyeballd, configOf(listeners({ congestion: 'nothere' }), { processes })), {
      level: 50,
      msg: /listeners\[0\]\.egress\.congestion: found nothere/,
    })
    t.ok(await talk('own'))
    t.same(packets.ways(four(1), PORT), [`cable1 ${CARD.host4}`], 'it changes nothing')
    const next = configOf(listeners({ bind4: SECOND[4] }), { processes, egress: { tos: 184 } })
    t.match(await reload(eyeballd, next), { level: 30 })
    t.ok(await talk('own'))
    t.ok(await talk('plain'))
    t.same(packets.ways(four(1), PORT), [`cable1 ${SECOND[4]}`, `cable1 ${CARD.host4}`].toSorted())
    t.same(packets.expedited(), [four(1), four(2)])
    t.equal(before?.destroyed, false, 'a connection stays')
    await stop(eyeballd)
  })
}

await t.test('userTimeout ends a connection that nobody acknowledges', { skip }, async t => {
  const { start, talk, stop, net } = await begin(t)
  const eyeballd = await start(
    { dead: { ...to(four(1)), egress: { userTimeout: '2s' } } },
    { egress: { keepAlive: 'off' } },
  )
  const client = await talk('dead')
  if (!client) throw new Error('the target was there')
  run(
    `ip netns exec ${net} nft -f -`,
    'table inet gone { chain in { type filter hook input priority 0; policy drop; }; }',
  )
  client.write('more')
  await within(30_000, 'the client is closed', once(client, 'close'))
  t.match(await eyeballd.waitFor(({ event }) => event === 'close'), { reason: 'error' })
  await stop(eyeballd)
})

/** A configuration with this egress. */
const withEgress = (egress: object, more: object = {}) => ({
  listeners: { protocol: 'forward', listen: '127.0.0.1:0', target: 'localhost:1' },
  egress,
  ...more,
})

/** Gives what a daemon says in a laboratory where it does not start. */
const failing = async (t: Test) => {
  const { host } = await begin(t)
  return async (wrap: readonly string[], config: object, status = 1): Promise<string> => {
    const { code, stdout, stderr } = await runEyeballd(t, {
      wrap: ['ip', 'netns', 'exec', host, ...wrap],
      config,
    })
    t.equal(code, status)
    return stdout + stderr
  }
}

await t.test('what the host cannot do is an error at the start', { skip }, async t => {
  const failure = await failing(t)
  t.match(
    await failure([], withEgress({ congestion: 'nothere' })),
    /egress\.congestion: found nothere, which this kernel does not have/,
  )
  t.match(
    await failure([], withEgress({ tos: 8 }, { pipe: { engine: 'stream' } }), 2),
    /egress\.tos: is not allowed with pipe\.engine stream/,
  )
})

await t.test('a mark needs a capability', { skip: skip || unlessMissing('setpriv') }, async t => {
  const failure = await failing(t)
  const dropped = ['setpriv', '--bounding-set', '-net_admin,-net_raw', '--inh-caps', '-all']
  t.match(
    await failure(dropped, withEgress({ mark: 7 })),
    /egress\.mark: found 7, which this process may not set: it needs the capability CAP_NET_ADMIN/,
  )
  t.match(
    await failure(dropped, withEgress({ mark: 7 }, { processes: 2 })),
    /egress\.mark: found 7, which this process may not set/,
  )
})
