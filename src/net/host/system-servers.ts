import { Resolver } from 'node:dns'

/** The default server of the C library is on this host (resolv.conf(5)). */
const LOCAL: readonly string[] = ['127.0.0.1']

/**
 * The DNS servers of a system without resolv.conf, or with one that names none: those of Windows, elsewhere
 * this host.
 *
 * @param list the servers that Node finds
 */
export const systemServers = (
  platform: NodeJS.Platform = process.platform,
  list: () => readonly string[] = () => new Resolver().getServers(),
): readonly string[] => (platform === 'win32' ? list() : LOCAL)
