import { availableParallelism, userInfo } from 'node:os'

const CORES = availableParallelism()

/** Of a configuration with ports in it, the words that can be shown. */
export const shown = (lines: (names: Names) => readonly string[]): string => {
  const names = { port: 'PORT', bulkPort: 'PORT2', origin: 'ORIGIN', bulk: 'ORIGIN2' }
  return lines(names).join('; ').replaceAll(/\s+/g, ' ')
}

/** Ports, or what stands for them where a configuration is shown. */
export type Names = Record<string, string | number>

export const haproxyLines = (maxconn: number) => (names: Names) => [
  'global',
  `  maxconn ${maxconn}`,
  `  nbthread ${CORES}`,
  'defaults',
  '  mode tcp',
  '  option splice-auto',
  '  timeout connect 5s',
  '  timeout client 1h',
  '  timeout server 1h',
  'listen one',
  `  bind 127.0.0.1:${names['port']}`,
  `  server origin 127.0.0.1:${names['origin']}`,
  'listen two',
  `  bind 127.0.0.1:${names['bulkPort']}`,
  `  server origin 127.0.0.1:${names['bulk']}`,
]

export const danteLines = (names: Names) => [
  'logoutput: /dev/null',
  `internal: 127.0.0.1 port = ${names['port']}`,
  'external: lo',
  'clientmethod: none',
  'socksmethod: none',
  `user.privileged: ${userInfo().username}`,
  `user.unprivileged: ${userInfo().uid === 0 ? 'nobody' : userInfo().username}`,
  'client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
  'socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
]

export const hevLines = (names: Names) => [
  'main:',
  `  workers: ${CORES}`,
  `  port: ${names['port']}`,
  "  listen-address: '127.0.0.1'",
  'misc:',
  '  log-level: error',
]

export const threeProxyLines = (maxconn: number) => (names: Names) => [
  `maxconn ${maxconn}`,
  'auth none',
  `socks -i127.0.0.1 -p${names['socksPort'] ?? 'PORT3'}`,
  `proxy -i127.0.0.1 -p${names['httpPort'] ?? 'PORT4'}`,
  `tcppm -i127.0.0.1 ${names['port']} 127.0.0.1 ${names['origin']}`,
  `tcppm -i127.0.0.1 ${names['bulkPort']} 127.0.0.1 ${names['bulk']}`,
]

export const tinyproxyLines = (maxClients: number) => (names: Names) => [
  `Port ${names['port']}`,
  'Listen 127.0.0.1',
  'Timeout 600',
  `MaxClients ${maxClients}`,
  'LogLevel Critical',
]

export const squidLines = (directory: string) => (names: Names) => [
  `http_port 127.0.0.1:${names['port']}`,
  'http_access allow all',
  'cache deny all',
  'access_log none',
  'cache_log /dev/null',
  'cache_store_log none',
  `coredump_dir ${directory}`,
  `pid_filename ${directory}/squid-${names['port']}.pid`,
  'shutdown_lifetime 0 seconds',
  ...(userInfo().uid === 0 ? ['cache_effective_user proxy'] : []),
]

export const socatArgs = (port: number | string, origin: number | string): readonly string[] => [
  '-b',
  '65536',
  `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork,backlog=4096`,
  `TCP:127.0.0.1:${origin}`,
]

/** HAProxy needs two descriptors for a connection, and two for each of its pipes: one for four connections. */
export const haproxyMaxconn = (openFiles: number): number =>
  Math.min(12_000, Math.floor((openFiles - 200) / 4.4))
