import type { Socket } from 'node:net'
import type { DialResult } from '../eyeballs/types.ts'
import { createPlainConnect } from '../net/node/plain-connect.ts'
import type { Network } from '../net/types.ts'
import { toAddrInfo } from './addr-info.ts'
import type { CheckedOptions } from './check-options.ts'
import { hostParts } from './host-parts.ts'
import { onAbort } from './on-abort.ts'
import { publishRace } from './race-channel.ts'
import { createRaceError } from './race-error.ts'

/**
 * Runs one race of the library, with sockets as its options say, and converts its result for the caller.
 * The winner is a plain socket that the caller owns; without a winner, every socket is closed before this
 * rejects.
 *
 * @param target the target in error messages
 * @param dial runs the race on this network until this signal aborts
 * @throws RaceError; the signal's reason; what `onTrace` threw
 */
export const raceOnce = async (
  { signal, locals, socketFactory }: CheckedOptions,
  target: { readonly host: string | null; readonly port: number | null },
  dial: (network: Network<Socket>, ending: AbortSignal) => Promise<DialResult<Socket>>,
): Promise<Socket> => {
  if (signal?.aborted === true) throw signal.reason
  const { interfaces, network } = hostParts()
  const { connect, reset, allClosed } = createPlainConnect({
    hasInterface: name => interfaces().names.has(name),
    makeSocket: socketFactory && (endpoint => socketFactory(toAddrInfo(endpoint))),
    locals,
  })
  const ending = new AbortController()
  const release = signal && onAbort(signal, () => ending.abort())
  const result = await dial({ ...network, connect, reset }, ending.signal).catch(
    async (error: unknown) => {
      release?.()
      await allClosed()
      throw error
    },
  )
  release?.()
  publishRace(result.trace, target)
  if (result.outcome === 'won') return result.socket
  await allClosed()
  if (result.outcome === 'failed') throw createRaceError(result, target)
  throw signal?.reason
}
