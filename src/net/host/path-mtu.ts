import { PLAIN_EGRESS } from '../../core/egress.ts'
import { parseIp } from '../../core/ip.ts'
import { IPPROTO_IP, IPPROTO_IPV6, IPV6_MTU, IP_MTU } from '../../libc/constants.ts'
import type { LoadedLibc } from '../../libc/libc.ts'
import { loadLibc } from '../../libc/load-libc.ts'
import { compilePath } from '../native/egress-options.ts'
import { connectUdp } from '../native/native-open-udp.ts'
import { DISCARD_PORT } from './source-address.ts'

/**
 * The path MTU that the kernel knows for a destination (ip(7), IP_MTU; ipv6(7), IPV6_MTU): that of the route,
 * or a smaller one that a router on the path has reported. No packet is sent.
 *
 * @param load loads the C library; the system's by default
 * @returns bytes; null without a route, or if the C library cannot be used
 */
export const pathMtu = (address: string, load: () => LoadedLibc = loadLibc): number | null => {
  const loaded = load()
  const family = parseIp(address)?.family
  if (!loaded.ok || family === undefined) return null
  const { libc } = loaded
  const prepare = compilePath(libc, PLAIN_EGRESS)
  const fd = connectUdp(libc, prepare, { address, port: DISCARD_PORT })
  if (fd < 0) return null
  const value = new Int32Array(1)
  const [level, name] = family === 4 ? [IPPROTO_IP, IP_MTU] : [IPPROTO_IPV6, IPV6_MTU]
  const result = libc.getsockopt(fd, level, name, value)
  libc.close(fd)
  return result < 0 ? null : (value[0] ?? null)
}
