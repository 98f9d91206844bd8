/** Socket activation and notifications, with sockets that a parent process passes and holds. */
import { existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { unlessPython } from '../fixtures/python.ts'
import { openNotifySocket, passing } from '../fixtures/service-manager.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { runEyeballd, startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const skip = unlessPython('socket') || (loadLibc().ok ? false : 'the C library cannot be had')

const target = await tcpTarget(t, echo)

type Place = { readonly host: string; readonly port: number } | { readonly path: string }

const placeOf = (address: string): Place => {
  if (address.startsWith('unix:'))
    return { path: address.slice('unix:'.length).replace(/^@/, '\0') }
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replaceAll(/[[\]]/g, '')
  return { host: host === '0.0.0.0' ? '127.0.0.1' : host, port: Number(address.slice(colon + 1)) }
}

/** One connection through the proxy and back. */
const serves = async (address: string): Promise<void> => {
  const { client, reply } = await askSocks(placeOf(address), target.host, target.port)
  if (reply.code !== 0) throw new Error(`reply ${reply.code}`)
  client.write('hello')
  const text = (await client.read(5)).toString()
  if (text !== 'hello') throw new Error(`got ${text}`)
  client.socket.destroy()
}

/** Restarts the daemon, by its supervisor, while clients come. @returns what failed */
const restartUnderLoad = async (
  eyeballd: Eyeballd,
  addresses: readonly string[],
): Promise<readonly string[]> => {
  const run = { isOn: true, served: 0 }
  const failures: string[] = []
  const client = async (address: string): Promise<void> => {
    while (run.isOn) {
      await serves(address).then(
        () => run.served++,
        (error: Error) => failures.push(`${address}: ${error.message}`),
      )
    }
  }
  const reachable = addresses.filter(address => !address.includes('@'))
  const clients = [...reachable, ...reachable].map(client)
  const starts = eyeballd.linesOf('engine').length
  const someServed = async (): Promise<void> => {
    const before = run.served
    while (run.served < before + 50) await sleep(5)
  }
  await someServed()
  eyeballd.kill('SIGUSR1')
  while (eyeballd.linesOf('engine').length === starts) await sleep(5)
  await someServed()
  run.isOn = false
  await Promise.all(clients)
  return failures
}

const KINDS = [
  ['splice', 1],
  ['splice', 2],
  ['stream', 2],
] as const

for (const [engine, processes] of KINDS) {
  await t.test(`${engine}, ${processes}: passed sockets of a name serve`, { skip }, async t => {
    const path = join(makeSocketDir(t), 'web.sock')
    const eyeballd = await startEyeballd(t, {
      wrap: passing('web=0', 'web=v6:0', `web=${path}`, `web=@${path}`, 'ctl=0', 'spare=0'),
      config: {
        listeners: [{ protocol: 'socks', listen: 'systemd:web' }],
        admin: { listen: 'systemd:ctl' },
        pipe: { engine },
        processes,
      },
      listening: 5,
    })
    const served = eyeballd.linesOf('listening').filter(({ listener }) => listener !== 'admin')
    const addresses = served.map(line => String(line['address']))
    t.equal(addresses.length, 4)
    t.equal(served[0]?.['listener'], 'socks-web', 'the name of the listener')
    t.ok(addresses.includes(`unix:${path}`) && addresses.includes(`unix:@${path}`))
    for (const address of addresses) if (!address.includes('@')) await serves(address)
    const admin = eyeballd.address('admin')
    t.equal((await fetch(`http://${admin.host}:${admin.port}/readyz`)).status, 200)
    const unused = eyeballd.linesOf('passed-unused')
    t.match(unused, [{ sockets: [/^spare \(127\.0\.0\.1:\d+\)$/] }], 'logged once')
    t.same(await restartUnderLoad(eyeballd, addresses), [], 'a restart refuses nobody')
    await eyeballd.stop(t)
    t.ok(existsSync(path), 'the file of a passed socket stays')
  })
}

/** Process ids of the children of a process, theirs included. */
const childrenOf = (pid: number): number[] => {
  const threads = readdirSync(`/proc/${pid}/task`)
  const direct = threads.flatMap(thread =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  )
  return direct.flatMap(child => [child, ...childrenOf(child)])
}

const socketsOf = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
    try {
      const link = readlinkSync(`/proc/${pid}/fd/${fd}`)
      return link.startsWith('socket:') ? [link] : []
    } catch {
      return []
    }
  })

/** The supervisor's child. */
const daemonOf = (eyeballd: Eyeballd): number => childrenOf(eyeballd.pid)[0] ?? 0

await t.test('a reload uses a passed socket, leaves it, and uses it again', { skip }, async t => {
  const listening = (...names: readonly string[]): string =>
    JSON.stringify({
      listeners: names.map(name => ({ name, protocol: 'socks', listen: `systemd:${name}` })),
      resolver: { mode: 'system' },
    })
  const eyeballd = await startEyeballd(t, {
    wrap: passing('a=0', 'b=0'),
    config: listening('a', 'b'),
    listening: 2,
  })
  const [a = '', b = ''] = eyeballd.addresses
  const reload = async (...names: readonly string[]): Promise<void> => {
    const before = eyeballd.linesOf('reload').length
    writeFileSync(eyeballd.configFile ?? '', listening(...names))
    eyeballd.kill('SIGHUP')
    while (eyeballd.linesOf('reload').length === before) await sleep(5)
  }
  await reload('a')
  const waiting = serves(b)
  await serves(a)
  await reload('none')
  t.match(eyeballd.linesOf('reload').at(-1), {
    error: /found systemd:none, and systemd has passed no socket of that name; expected one of: a/,
  })
  await serves(a)
  await reload('b')
  await waiting
  await serves(b)
  const { client } = await askSocks(placeOf(b), 'name.invalid', 80)
  client.socket.destroy()
  const daemon = daemonOf(eyeballd)
  const own = new Set(socketsOf(daemon))
  const helpers = childrenOf(daemon)
  t.ok(helpers.length > 0, 'the process that looks names up is there')
  const passed = new Set([3, 4].map(fd => readlinkSync(`/proc/${daemon}/fd/${fd}`)))
  for (const helper of helpers) {
    t.same(
      socketsOf(helper).filter(link => own.has(link) && passed.has(link)),
      [],
      'no child has a passed socket',
    )
    const environment = readFileSync(`/proc/${helper}/environ`, 'utf8')
    t.notMatch(environment, /(?:^|\0)(?:LISTEN_|NOTIFY_|WATCHDOG_)/)
  }
  await eyeballd.stop(t)
})

await t.test('what cannot be used is said at the start', { skip }, async t => {
  const cases = [
    [[], 'systemd:web', /found systemd:web, and systemd has passed no socket;/],
    [['web=0', 'web=idle:0'], 'systemd:web', /descriptor 4 of that name does not listen/],
    [['web=dual:0'], 'systemd:web', /a socket on \[::\]:\d+, which others can reach/],
  ] as const
  for (const [sockets, listen, message] of cases) {
    const { code, stdout } = await runEyeballd(t, {
      wrap: passing(...sockets),
      config: { listeners: [{ protocol: 'socks', listen }] },
    })
    t.equal(code, 1)
    t.match(stdout, message)
    t.match(stdout, /"event":"fatal","code":"ERR_PASSED_SOCKET"/)
  }
})

for (const processes of [1, 2]) {
  await t.test(
    `${processes}: an address that a passed socket blocks is explained`,
    { skip },
    async t => {
      const configOf = (listen: string): string =>
        JSON.stringify({ listeners: [{ protocol: 'socks', listen, open: true }], processes })
      const eyeballd = await startEyeballd(t, {
        wrap: passing('web=0'),
        config: configOf('systemd:web'),
      })
      const [web = ''] = eyeballd.addresses
      const { port } = eyeballd.address()
      writeFileSync(eyeballd.configFile ?? '', configOf(`0.0.0.0:${port}`))
      eyeballd.kill('SIGHUP')
      const { error } = await eyeballd.waitFor(({ event }) => event === 'reload')
      t.match(error, `systemd has bound web (${web}); expected ListenStream=0.0.0.0:${port}`)
      await serves(web)
      await eyeballd.stop(t)
    },
  )
}

await t.test('a dual socket serves clients of both families', { skip }, async t => {
  const eyeballd = await startEyeballd(t, {
    wrap: passing('web=dual:0'),
    config: { listeners: [{ protocol: 'socks', listen: 'systemd:web', clients: ['127.0.0.0/8'] }] },
  })
  const { port } = eyeballd.address()
  await serves(`127.0.0.1:${port}`)
  await t.rejects(serves(`[::1]:${port}`), 'clients are compared by their IPv4 address')
  await eyeballd.stop(t)
})

await t.test('check accepts names whose sockets are not there', { skip }, async t => {
  const { code, stdout } = await runEyeballd(t, {
    command: 'check',
    config: {
      listeners: [{ protocol: 'socks', listen: 'systemd:web' }],
      admin: { listen: 'systemd:ctl' },
    },
  })
  t.equal(code, 0)
  t.match(stdout, /listen: systemd:web/)
  t.match(stdout, /listen: systemd:ctl/)
})

for (const processes of [1, 2]) {
  await t.test(
    `${processes}: the service manager follows start, reloads and end`,
    { skip },
    async t => {
      const { path, messages, waitFor } = await openNotifySocket(t, join(makeSocketDir(t), 'n'))
      const config = (drainTimeout: string) =>
        JSON.stringify({ listeners: [{ protocol: 'socks', listen: 0 }], processes, drainTimeout })
      const eyeballd = await startEyeballd(t, {
        env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '400000' },
        config: config('7s'),
      })
      t.match(await waitFor('READY=1'), ['READY=1', /^STATUS=serving, 0 connections/])
      await waitFor('WATCHDOG=1', messages.length)
      for (const child of childrenOf(eyeballd.pid))
        t.notMatch(readFileSync(`/proc/${child}/environ`, 'utf8'), /NOTIFY_SOCKET|WATCHDOG/)

      let from = messages.length
      writeFileSync(eyeballd.configFile ?? '', 'listeners: 5')
      eyeballd.kill('SIGHUP')
      t.match(await waitFor('RELOADING=1', from), [
        'RELOADING=1',
        /^MONOTONIC_USEC=\d+$/,
        /^STATUS=/,
      ])
      t.match(await waitFor('READY=1', from), ['READY=1', /the last reload failed: .*listeners/])
      from = messages.length
      writeFileSync(eyeballd.configFile ?? '', config('5s'))
      eyeballd.kill('SIGHUP')
      t.match(await waitFor('READY=1', from), [
        'READY=1',
        /^STATUS=serving, 0 connections(?:, 2 processes)?$/,
      ])

      const { client } = await askSocks(
        placeOf(eyeballd.addresses[0] ?? ''),
        target.host,
        target.port,
      )
      await waitFor(/^STATUS=serving, 1 connection\b/)
      eyeballd.kill('SIGTERM')
      t.match(await waitFor('STOPPING=1'), [
        'STOPPING=1',
        'EXTEND_TIMEOUT_USEC=15000000',
        'STATUS=draining, 1 connection left',
      ])
      client.socket.destroy()
      t.equal((await eyeballd.exited).code, 0)
    },
  )
}

await t.test('a process that hangs starves the watchdog', { skip }, async t => {
  const { path, messages, waitFor } = await openNotifySocket(t, join(makeSocketDir(t), 'n'))
  const eyeballd = await startEyeballd(t, {
    env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '400000' },
    config: { listeners: [{ protocol: 'socks', listen: 0 }] },
  })
  await waitFor('WATCHDOG=1', messages.length)
  eyeballd.kill('SIGSTOP')
  const isQuiet = async (): Promise<boolean> => {
    const before = messages.length
    await sleep(1000)
    return messages.length === before
  }
  // What was sent before it stopped may still arrive.
  t.ok((await isQuiet()) || (await isQuiet()), 'a stopped process does not feed it')
  const fed = messages.length
  eyeballd.kill('SIGCONT')
  await waitFor('WATCHDOG=1', fed)
  await eyeballd.stop(t)
})

await t.test('a notify socket that is full or gone stops nothing', { skip }, async t => {
  const { path, read, waitFor } = await openNotifySocket(t, join(makeSocketDir(t), 'n'), true)
  const filler = await startEyeballd(t, {
    env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '2000' },
    config: { listeners: [{ protocol: 'socks', listen: 0 }] },
  })
  await sleep(1000)
  const eyeballd = await startEyeballd(t, {
    env: { NOTIFY_SOCKET: path },
    config: { listeners: [{ protocol: 'socks', listen: 0 }] },
  })
  await serves(eyeballd.addresses[0] ?? '')
  await filler.stop(t)
  read()
  await waitFor('READY=1', 1)
  await eyeballd.stop(t)
  const alone = await startEyeballd(t, {
    env: { NOTIFY_SOCKET: `${path}-gone` },
    config: { listeners: [{ protocol: 'socks', listen: 0 }] },
  })
  await alone.stop(t)
})
