import { createServer } from 'node:net'
import { codeOf } from '../../core/fail.ts'

/**
 * Whether a listener could be opened at an address: opens one, and closes it at once.
 *
 * @returns null if it could; the errno's name if not, such as `EADDRINUSE`, `EACCES` or `EADDRNOTAVAIL`
 */
export const tryListen = ({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): Promise<string | null> =>
  new Promise(resolve => {
    const server = createServer(socket => socket.destroy())
    server.once('error', error => resolve(codeOf(error)))
    server.listen({ host, port, exclusive: true, ipv6Only: host.includes(':') }, () =>
      server.close(() => resolve(null)),
    )
  })
