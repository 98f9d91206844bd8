import { Resolver } from 'node:dns'

/** Where nothing says which servers there are, the C library takes one on this host (resolv.conf(5)). */
const LOCAL: readonly string[] = ['127.0.0.1']

/**
 * The DNS servers of a system that has no resolv.conf, or one that names none: those of Windows, and
 * elsewhere this host.
 *
 * @param list those that Node finds
 */
export const systemServers = (
  platform: NodeJS.Platform = process.platform,
  list: () => readonly string[] = () => new Resolver().getServers(),
): readonly string[] => (platform === 'win32' ? list() : LOCAL)
