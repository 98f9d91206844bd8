import type { EgressPath } from '../../core/egress.ts'
import { usesFamily } from '../../core/egress.ts'
import { ERRNO } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'
import { localEnd } from '../../libc/socket-address.ts'
import type { AskSource } from '../host/source-address.ts'
import { DISCARD_PORT } from '../host/source-address.ts'
import { compilePath } from './egress-options.ts'
import { connectUdp } from './native-open-udp.ts'

/** Determines the source address of a path for a destination, as `askSource` does for the system's path. */
export const createNativeSource = (libc: Libc, path: EgressPath): AskSource => {
  const prepare = compilePath(libc, path)
  return async (address, family) => {
    const fd = usesFamily(path, family)
      ? connectUdp(libc, prepare, { address, port: DISCARD_PORT })
      : -ERRNO.EADDRNOTAVAIL
    if (fd < 0) return { code: errnoError(fd, 'connect').code }
    const local = localEnd(libc, fd)
    libc.close(fd)
    return local ? { address: local.address } : { code: 'EADDRNOTAVAIL' }
  }
}
