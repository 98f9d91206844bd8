import { createSocket } from 'node:dgram'
import { codeOf } from '../../core/fail.ts'
import type { Family } from '../../core/ip.ts'

/** The source address that the system would use, or the code of its error. */
export type SourceAnswer = { readonly address: string } | { readonly code: string }

/** The discard port (RFC 863). No packet is sent, but connect needs a port. */
const DISCARD_PORT = 9

type Lookup = (
  address: string,
  family: unknown,
  done: (error: null, address: string, family: number) => void,
) => void

/** Replaces dns.lookup, which would wait for one of the few threads of libuv's pool. */
const sameAddress: Lookup = (address, _family, done) => done(null, address, 0)

/**
 * Determines the system's source address for a destination by connecting a datagram socket: this selects
 * route and source as for any packet, and sends none. It never rejects.
 */
export const askSource = (address: string, family: Family): Promise<SourceAnswer> =>
  new Promise(resolve => {
    const type = family === 6 ? 'udp6' : 'udp4'
    const socket = createSocket({ type, lookup: sameAddress })
    const settle = (answer: SourceAnswer): void => {
      socket.close()
      resolve(answer)
    }
    socket.once('error', error => settle({ code: codeOf(error) }))
    socket.once('connect', () => settle({ address: socket.address().address }))
    socket.connect(DISCARD_PORT, address)
  })
