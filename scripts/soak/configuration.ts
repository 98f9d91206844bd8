import { join } from 'node:path'
import type { Place } from './connection.ts'
import { FAST_NAME, PORTS } from './targets.ts'
import type { Entrances } from './ways.ts'

/** The files of a soak; `disk` is a small file system of its own, which a fault fills. */
export const filesIn = (directory: string) => {
  const disk = join(directory, 'disk')
  return {
    directory,
    disk,
    configuration: join(directory, 'eyeballd.yaml'),
    log: join(disk, 'eyeballd.log'),
    users: join(disk, 'users'),
    filler: join(disk, 'filler'),
    socket: join(directory, 'eyeballd.sock'),
    admin: join(directory, 'admin.sock'),
  } as const
}

export type SoakFiles = ReturnType<typeof filesIn>

const V4 = '127.0.0.1'

export const entrancesOf = ({ socket }: SoakFiles): Entrances => ({
  mixed: [
    { host: V4, port: 1080 },
    { host: '::1', port: 1080 },
  ],
  login: { host: V4, port: 1081 },
  http: { host: V4, port: 1082 },
  forward: { host: V4, port: 1083 },
  deadForward: { host: V4, port: 1086 },
  unix: { path: socket },
  proxied: { host: V4, port: 1084 },
})

/** The listener that reloads add and remove. */
export const EXTRA = { host: V4, port: 1085 } as const

/** Everywhere that clients connect to. */
export const placesOf = (files: SoakFiles): readonly Place[] =>
  [...Object.values(entrancesOf(files)), EXTRA].flat()

/** Milliseconds that open connections have after SIGTERM. */
export const DRAIN_MS = 4000

/** Milliseconds after which a client that finishes no request is closed. */
export const HANDSHAKE_MS = 4000

/** Connections at once, fewer than a burst opens. */
export const CONNECTIONS_MAX = 600

/** The daemon's configuration, as an object that is written as JSON. */
export const configurationOf = (
  files: SoakFiles,
  { processes, hasExtra = false }: { readonly processes: number; readonly hasExtra?: boolean },
) => ({
  listeners: [
    { name: 'mixed', protocol: 'mixed', listen: [`${V4}:1080`, '[::1]:1080'] },
    { name: 'login', protocol: 'socks', listen: `${V4}:1081`, auth: { usersFile: files.users } },
    { name: 'http', protocol: 'http', listen: `${V4}:1082` },
    {
      name: 'forward',
      protocol: 'forward',
      listen: `${V4}:1083`,
      target: `${FAST_NAME}:${PORTS.stream}`,
    },
    {
      name: 'dead-forward',
      protocol: 'forward',
      listen: `${V4}:1086`,
      target: `refused.soak.test:${PORTS.stream}`,
    },
    { name: 'unix', protocol: 'mixed', listen: `unix:${files.socket}` },
    {
      name: 'proxied',
      protocol: 'mixed',
      listen: `${V4}:1084`,
      proxyProtocol: { from: '127.0.0.0/8' },
    },
    ...(hasExtra
      ? [{ name: 'extra', protocol: 'mixed', listen: `${EXTRA.host}:${EXTRA.port}` }]
      : []),
  ],
  // So that the caches are full before the soak has half begun.
  resolver: { timeout: '1s', attempts: 2, cache: { maxEntries: 300, failureTtl: '1s' } },
  eyeballs: { connectTimeout: '5s' },
  pipe: { idleTimeout: '40s', halfCloseTimeout: '30s' },
  limits: {
    maxConnections: CONNECTIONS_MAX * processes,
    handshakeTimeout: `${HANDSHAKE_MS}ms`,
    authFailureDelay: '200ms',
  },
  log: { level: 'trace', format: 'json' },
  admin: { listen: `unix:${files.admin}` },
  processes,
  drainTimeout: `${DRAIN_MS}ms`,
})
