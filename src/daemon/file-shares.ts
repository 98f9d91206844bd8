import type { Config } from '../config/types.ts'
import { fail } from '../core/fail.ts'
import { FILES_PER_CONNECTION } from '../listener/admission.ts'
import { queriesMax } from '../resolver/query-load.ts'

/** The file descriptors that are reserved for uses other than connections. */
export type FileShares = {
  /** DNS sockets, UDP and TCP together. */
  readonly queries: number
  /** Sockets that query the source address for a destination. */
  readonly sources: number
  /** Pipes of all relay workers, with two descriptors each. */
  readonly pipes: number
  /** Local clients that send a greeting without admission, as health checks do. */
  readonly greetings: number
  /** Connections of the admin endpoint. */
  readonly admin: number
  /** Connections to new addresses, which wait until a reload is in force. */
  readonly waiting: number
  /** Short-lived descriptors: files, netlink sockets, a connection above the limit before it is closed. */
  readonly occasional: number
}

/** One of `oneOf` descriptors is for this use, within these bounds. */
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

/** The admin endpoint runs one race at a time; further attempts of it have their share with all others. */
const OWN_RACE_FILES = 1

/**
 * A reload opens the new addresses before it closes the old ones. A passed socket is open at the start already, and
 * Node's sockets have a duplicate of it.
 */
const FILES_PER_ADDRESS = 2

/** The process for lookups with `mode: system` has a channel, and libuv waits for its end on a pipe. */
const SYSTEM_LOOKUP_FILES = 4

const shareOf = (openFiles: number, { oneOf, min, max }: Share): number =>
  Math.max(min, Math.min(max, Math.floor(openFiles / oneOf)))

/**
 * Divides a process's file descriptors among their uses.
 *
 * @param openFiles the limit on open files; Infinity if there is none, or it is unknown
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
  /** Open before the first listener: standard streams, event loops, threads. */
  readonly open: number
  /** Maximum number of pipe(2) pipes of the engine when so many are its share; it never falls with the share. */
  readonly pipesOf: (share: number) => number
}

type FileUsers = {
  readonly listeners: readonly { readonly listen: readonly unknown[] }[]
  readonly admin: { readonly listen: readonly unknown[] }
  readonly resolver: Pick<Config['resolver'], 'mode'>
}

/** The descriptors that are not for connections, at a limit; never fewer at a higher limit. */
const otherFiles = (
  openFiles: number,
  { open, pipesOf }: FilesInUse,
  { listeners, admin, resolver }: FileUsers,
): number => {
  const shares = fileShares(openFiles)
  const addresses =
    admin.listen.length + listeners.reduce((sum, { listen }) => sum + listen.length, 0)
  return (
    open +
    shares.queries +
    shares.sources +
    FILES_PER_PIPE * pipesOf(shares.pipes) +
    shares.greetings +
    (admin.listen.length > 0 ? shares.admin + OWN_RACE_FILES : 0) +
    shares.waiting +
    shares.occasional +
    FILES_PER_ADDRESS * addresses +
    (resolver.mode === 'system' ? SYSTEM_LOOKUP_FILES : 0)
  )
}

/**
 * The lowest limit from which on every limit is enough: the shares grow in steps, so a limit can be enough
 * and the next one not.
 *
 * @param neededAt the limit that is needed if the shares are those of a limit; never lower at a higher one
 */
const leastLimit = (neededAt: (openFiles: number) => number): number => {
  // All limits from `least` on are enough. The one below is, too, if it needs no more than itself, and then so
  // are all between what it needs and itself.
  let least = neededAt(Infinity)
  for (;;) {
    const needed = neededAt(least - 1)
    if (needed >= least) return least
    least = needed
  }
}

/**
 * The descriptors that a configuration leaves for connections: for clients, targets, and the attempts of
 * races.
 *
 * @returns enough for one connection; Infinity if there is no limit
 * @throws ERR_OPEN_FILES with the limit that is needed, if not even one connection is possible
 */
export const filesForConnections = (inUse: FilesInUse, users: FileUsers): number => {
  const { openFiles } = inUse
  const left = openFiles - otherFiles(openFiles, inUse, users)
  if (left >= FILES_PER_CONNECTION) return left
  const least = leastLimit(limit => otherFiles(limit, inUse, users) + FILES_PER_CONNECTION)
  throw fail(
    'ERR_OPEN_FILES',
    `the limit on open files is ${openFiles}: this configuration needs at least ${least}, ` +
      'and four more for each further connection; raise it (ulimit -n, LimitNOFILE=)',
    { openFiles, least },
  )
}

/** The connections that so many descriptors are enough for. */
export const connectionsOf = (files: number): number => Math.floor(files / FILES_PER_CONNECTION)
