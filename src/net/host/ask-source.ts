import { createSocket } from 'node:dgram'
import { codeOf } from '../../core/fail.ts'
import type { Family } from '../../core/family.ts'

/** The source that the system would send from, or the code that says why it would not. */
export type SourceAnswer = { readonly address: string } | { readonly code: string }

/** RFC 863, discard. Nothing is sent there, but a port must be named. */
const DISCARD_PORT = 9

type Lookup = (
  address: string,
  family: unknown,
  done: (error: null, address: string, family: number) => void,
) => void

/** An address needs no looking up, so that none of the few threads that serve dns.lookup is waited for. */
const sameAddress: Lookup = (address, _family, done) => done(null, address, 0)

/**
 * Asks the system which source address it would use for a destination, by connecting a datagram
 * socket to it: that chooses route and source as for any packet, and sends none. It never rejects.
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
