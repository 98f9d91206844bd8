import type { Config } from '../config/types.ts'
import { fail } from '../core/fail.ts'
import { FILES_PER_CONNECTION } from '../listener/admission.ts'
import { queriesMax } from '../resolver/query-load.ts'

/** How many file descriptors those have who take some beside connections. */
export type FileShares = {
  /** Sockets of DNS, UDP and TCP together. */
  readonly queries: number
  /** Sockets that ask for the source address of a destination. */
  readonly sources: number
  /** Pipes of all relay workers, each of them two descriptors. */
  readonly pipes: number
  /** Local clients that greet while they are not admitted, as health checks do. */
  readonly greetings: number
  /** Connections of the HTTP endpoint for health checks. */
  readonly admin: number
  /** Connections to new addresses that wait until a reload is in force. */
  readonly waiting: number
  /** What is open for a moment: files that are read, netlink sockets, one connection more before it is refused. */
  readonly occasional: number
}

/** One of so many descriptors is for this use, and no fewer or more than these. */
type Share = { readonly oneOf: number; readonly min: number; readonly max: number }

const SHARES = {
  sources: { oneOf: 64, min: 1, max: 16 },
  pipes: { oneOf: 32, min: 0, max: 65_536 },
  greetings: { oneOf: 32, min: 2, max: 4 },
  admin: { oneOf: 32, min: 2, max: 8 },
  waiting: { oneOf: 32, min: 2, max: 64 },
  occasional: { oneOf: 32, min: 4, max: 32 },
} as const satisfies Record<string, Share>

/** A pipe has two ends. */
const FILES_PER_PIPE = 2

/** A reload opens its addresses before it closes those of before. */
const FILES_PER_ADDRESS = 2

/** The process in which `mode: system` looks names up has a channel, and libuv waits for its end by a pipe. */
const SYSTEM_LOOKUP_FILES = 4

const shareOf = (openFiles: number, { oneOf, min, max }: Share): number =>
  Math.max(min, Math.min(max, Math.floor(openFiles / oneOf)))

/**
 * Shares out a process's file descriptors.
 *
 * @param openFiles the limit on open files; Infinity where there is none, or it is not known
 */
export const fileShares = (openFiles: number): FileShares => ({
  queries: queriesMax(openFiles),
  sources: shareOf(openFiles, SHARES.sources),
  pipes: Math.floor(shareOf(openFiles, SHARES.pipes) / FILES_PER_PIPE),
  greetings: shareOf(openFiles, SHARES.greetings),
  admin: shareOf(openFiles, SHARES.admin),
  waiting: shareOf(openFiles, SHARES.waiting),
  occasional: shareOf(openFiles, SHARES.occasional),
})

export type FilesInUse = {
  /** The limit on open files; Infinity: none. */
  readonly openFiles: number
  /** Open already, before the first listener: standard streams, event loops, threads. */
  readonly held: number
  /** What the engine's pipes may take in all: none where streams move the bytes. */
  readonly pipes: number
}

type FileUsers = {
  readonly listeners: readonly { readonly listen: readonly unknown[] }[]
  readonly admin: { readonly listen: readonly unknown[] }
  readonly resolver: Pick<Config['resolver'], 'mode'>
}

/**
 * The descriptors that are left for connections under a configuration: their clients, their targets, and the
 * attempts of their races.
 *
 * @returns enough for one connection; Infinity where there is no limit
 * @throws ERR_OPEN_FILES where not even one connection is possible
 */
export const filesForConnections = (
  { openFiles, held, pipes }: FilesInUse,
  { listeners, admin, resolver }: FileUsers,
): number => {
  const shares = fileShares(openFiles)
  const addresses =
    admin.listen.length + listeners.reduce((sum, { listen }) => sum + listen.length, 0)
  const others =
    held +
    shares.queries +
    shares.sources +
    FILES_PER_PIPE * pipes +
    shares.greetings +
    (admin.listen.length > 0 ? shares.admin : 0) +
    shares.waiting +
    shares.occasional +
    FILES_PER_ADDRESS * addresses +
    (resolver.mode === 'system' ? SYSTEM_LOOKUP_FILES : 0)
  if (openFiles - others >= FILES_PER_CONNECTION) return openFiles - others
  const least = others + FILES_PER_CONNECTION
  throw fail(
    'ERR_OPEN_FILES',
    `the limit on open files is ${openFiles}: this configuration needs at least ${least}, ` +
      'and four more for each further connection; raise it (ulimit -n, LimitNOFILE=)',
    { openFiles, least },
  )
}
