import type { Clock } from '../core/clock.ts'
import type { FileReader } from './file-reader.ts'
import {
  RESOLV_CONF_MAX_BYTES,
  clampNdots,
  normalizeSearch,
  parseResolvConf,
} from './resolv-conf.ts'
import type { SearchConfig } from './resolv-conf.ts'
import { createWatchedFile } from './watched-file.ts'
import type { WatchedFile } from './watched-file.ts'

/** What DNS needs to know of this host: whom to ask, and what to put behind a short name. */
export type SystemConfig = SearchConfig & { readonly servers: readonly string[] }

/**
 * The system's DNS configuration, read again when its resolv.conf changes, as on a laptop that goes
 * from one network to another. What is given by hand stands in place of the system's.
 *
 * @param systemServers finds the system's servers; when it throws, those known before serve on
 */
export const createSystemConfig = ({
  path,
  files,
  clock,
  systemServers,
  servers,
  search,
  ndots,
}: {
  readonly path: string
  readonly files: FileReader
  readonly clock: Clock
  readonly systemServers: () => readonly string[]
  readonly servers: readonly string[] | undefined
  readonly search: readonly string[] | undefined
  readonly ndots: number | undefined
}): WatchedFile<SystemConfig> => {
  let known: readonly string[] = servers ?? []
  const fixedSearch = search && normalizeSearch(search)
  const parse = (text: string): SystemConfig => {
    const system = parseResolvConf(text)
    try {
      if (!servers) known = systemServers()
    } catch {
      // As without a free descriptor; the next change of the file asks again.
    }
    return {
      servers: known,
      search: fixedSearch ?? system.search,
      ndots: ndots === undefined ? system.ndots : clampNdots(ndots),
    }
  }
  return createWatchedFile({ path, maxBytes: RESOLV_CONF_MAX_BYTES, parse, files, clock })
}
