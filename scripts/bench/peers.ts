import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  danteLines,
  haproxyLines,
  haproxyMaxconn,
  hevLines,
  shown,
  socatArgs,
  squidLines,
  threeProxyLines,
  tinyproxyLines,
} from './peer-configurations.ts'
import type { Names } from './peer-configurations.ts'
import { startProcess } from './start-process.ts'
import type { Contender, OriginPorts, World } from './types.ts'

/** A proxy that others write, and how to get it. */
export type Peer = {
  readonly program: string
  readonly install: string
  readonly contender: (path: string, openFiles: number) => Contender
}

/** A process for each connection: what more of them would show is the machine's memory. */
const SOCAT_MAX_IDLE = 4000
/** Files that a proxy needs beside its connections. */
const OTHER_FILES = 200

/** It has a thread for each connection. */
const tinyproxyClients = (openFiles: number): number =>
  Math.min(4000, Math.floor((openFiles - OTHER_FILES) / 2))

/** The first line that a program says of itself that has a number like a version in it. */
const versionOf = (path: string, ...args: readonly string[]): string => {
  const { stdout, stderr } = spawnSync(path, args, { encoding: 'utf8', timeout: 5000 })
  const [version] = /\d+\.\d+(?:[\w.+~-]*\w)?/.exec(`${stdout}${stderr}`) ?? []
  return version ?? 'of unknown version'
}

const packageVersion = (name: string): string => {
  const args = ['--showformat=${Version}', '--show', name]
  const { status, stdout } = spawnSync('dpkg-query', args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : 'of unknown version'
}

const write = ({ directory }: World, name: string, lines: readonly string[]): string => {
  const path = join(directory, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

/** Two ports for two forwards. */
const forwardPorts = async ({ nextPort }: World): Promise<OriginPorts> => ({
  origin: await nextPort(),
  bulk: await nextPort(),
})

const namesOf = (forward: OriginPorts, { ports }: World): Names => ({
  port: forward.origin,
  bulkPort: forward.bulk,
  origin: ports.origin,
  bulk: ports.bulk,
})

/** The proxies that eyeballd is held against, those found in Debian first. */
export const PEERS: readonly Peer[] = [
  {
    program: 'microsocks',
    install: 'apt install microsocks',
    contender: path => ({
      name: 'microsocks',
      kind: 'peer',
      version: packageVersion('microsocks'),
      setup: 'microsocks -i 127.0.0.1 -p PORT, its messages to /dev/null',
      speaks: ['socks'],
      start: async ({ owner, nextPort }) => {
        const socks = await nextPort()
        const command = [path, '-i', '127.0.0.1', '-p', String(socks)]
        const { pid, startMs, stop } = await startProcess(owner, command, {
          ports: [socks],
          isMute: true,
        })
        return { pids: [pid], socks, startMs, stop }
      },
    }),
  },
  {
    program: 'danted',
    install: 'apt install dante-server',
    contender: path => ({
      name: 'dante',
      kind: 'peer',
      version: versionOf(path, '-v'),
      setup: `danted -f FILE: ${shown(danteLines)}`,
      speaks: ['socks'],
      start: async world => {
        const socks = await world.nextPort()
        const file = write(world, `danted-${socks}.conf`, danteLines({ port: socks }))
        const pidFile = join(world.directory, `danted-${socks}.pid`)
        const command = [path, '-f', file, '-p', pidFile]
        const { pid, startMs, stop } = await startProcess(world.owner, command, { ports: [socks] })
        return { pids: [pid], socks, startMs, stop }
      },
    }),
  },
  {
    program: 'haproxy',
    install: 'apt install haproxy',
    contender: (path, openFiles) => ({
      name: 'HAProxy',
      kind: 'peer',
      version: versionOf(path, '-v'),
      setup: `haproxy -db -f FILE: ${shown(haproxyLines(haproxyMaxconn(openFiles)))}`,
      speaks: ['forward'],
      // Above its maxconn it lets connections wait.
      maxIdle: haproxyMaxconn(openFiles) - 10,
      start: async world => {
        const forward = await forwardPorts(world)
        const lines = haproxyLines(haproxyMaxconn(world.openFiles))(namesOf(forward, world))
        const command = [path, '-db', '-f', write(world, `haproxy-${forward.origin}.cfg`, lines)]
        const ports = [forward.origin, forward.bulk]
        const { pid, startMs, stop } = await startProcess(world.owner, command, { ports })
        return { pids: [pid], forward, startMs, stop }
      },
    }),
  },
  {
    program: 'socat',
    install: 'apt install socat',
    contender: path => ({
      name: 'socat',
      kind: 'peer',
      version: versionOf(path, '-V'),
      setup: `socat ${socatArgs('PORT', 'ORIGIN').join(' ')}`,
      speaks: ['forward'],
      maxIdle: SOCAT_MAX_IDLE,
      start: async world => {
        const forward = await forwardPorts(world)
        const { owner, ports } = world
        const run = (port: number, origin: number) =>
          startProcess(owner, [path, ...socatArgs(port, origin)], { ports: [port] })
        const first = await run(forward.origin, ports.origin)
        const second = await run(forward.bulk, ports.bulk)
        const stop = async (): Promise<void> => {
          await first.stop()
          await second.stop()
        }
        const startMs = first.startMs + second.startMs
        return { pids: [first.pid, second.pid], forward, startMs, stop }
      },
    }),
  },
  {
    program: 'hev-socks5-server',
    install: 'https://github.com/heiher/hev-socks5-server, then on PATH',
    contender: (path, openFiles) => ({
      name: 'hev',
      kind: 'peer',
      version: versionOf(path, '--version'),
      setup: `hev-socks5-server FILE: ${shown(hevLines)}`,
      speaks: ['socks'],
      // Two sockets and two pipes for each.
      maxIdle: Math.floor((openFiles - OTHER_FILES) / 6),
      start: async world => {
        const socks = await world.nextPort()
        const file = write(world, `hev-${socks}.yml`, hevLines({ port: socks }))
        const { pid, startMs, stop } = await startProcess(world.owner, [path, file], {
          ports: [socks],
        })
        return { pids: [pid], socks, startMs, stop }
      },
    }),
  },
  {
    program: '3proxy',
    install: 'https://github.com/3proxy/3proxy, then on PATH',
    contender: (path, openFiles) => ({
      name: '3proxy',
      kind: 'peer',
      version: versionOf(path, '--version'),
      setup: `3proxy FILE: ${shown(threeProxyLines(Math.floor(openFiles / 2) - 100))}`,
      speaks: ['socks', 'http', 'forward'],
      start: async world => {
        const socks = await world.nextPort()
        const http = await world.nextPort()
        const forward = await forwardPorts(world)
        const names = { ...namesOf(forward, world), socksPort: socks, httpPort: http }
        const lines = threeProxyLines(Math.floor(world.openFiles / 2) - 100)(names)
        const command = [path, write(world, `3proxy-${socks}.cfg`, lines)]
        const ports = [socks, http, forward.origin, forward.bulk]
        const { pid, startMs, stop } = await startProcess(world.owner, command, { ports })
        return { pids: [pid], socks, http, forward, startMs, stop }
      },
    }),
  },
  {
    program: 'tinyproxy',
    install: 'apt install tinyproxy',
    contender: (path, openFiles) => ({
      name: 'tinyproxy',
      kind: 'peer',
      version: versionOf(path, '-v'),
      setup: `tinyproxy -d -c FILE: ${shown(tinyproxyLines(tinyproxyClients(openFiles)))}`,
      speaks: ['http'],
      maxIdle: tinyproxyClients(openFiles) - 10,
      start: async world => {
        const http = await world.nextPort()
        const lines = tinyproxyLines(tinyproxyClients(world.openFiles))({ port: http })
        const command = [path, '-d', '-c', write(world, `tinyproxy-${http}.conf`, lines)]
        const { pid, startMs, stop } = await startProcess(world.owner, command, { ports: [http] })
        return { pids: [pid], http, startMs, stop }
      },
    }),
  },
  {
    program: 'squid',
    install: 'apt install squid',
    contender: (path, openFiles) => ({
      name: 'squid',
      kind: 'peer',
      version: versionOf(path, '-v'),
      setup: `squid -N -f FILE: ${shown(squidLines('DIRECTORY'))}`,
      speaks: ['http'],
      maxIdle: Math.floor((openFiles - OTHER_FILES) / 3),
      start: async world => {
        const http = await world.nextPort()
        const lines = squidLines(world.directory)({ port: http })
        const command = [path, '-N', '-f', write(world, `squid-${http}.conf`, lines)]
        const { pid, startMs, stop } = await startProcess(world.owner, command, { ports: [http] })
        return { pids: [pid], http, startMs, stop }
      },
    }),
  },
]
