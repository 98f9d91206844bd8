import type { Socket } from 'node:net'
import type { DialResult } from '../eyeballs/types.ts'
import { createPlainConnect } from '../net/plain-connect.ts'
import type { Network } from '../net/types.ts'
import { toAddrInfo } from './addr-info.ts'
import type { CheckedOptions } from './check-options.ts'
import { hostParts } from './host-parts.ts'
import { createRaceError } from './race-error.ts'

/**
 * One race of the library: sockets as its options want them, and the end of the race as its caller
 * gets it. The winner is a plain socket and the caller's; where there is none, every socket is closed
 * before this rejects.
 *
 * @param target what the error names
 * @param dial runs the race on this network, with the signal and the `onTrace` of the options
 * @throws RaceError; the signal's reason; what `onTrace` threw
 */
export const raceOnce = async (
  { signal, locals, socketFactory }: CheckedOptions,
  target: { readonly host: string | null; readonly port: number | null },
  dial: (network: Network<Socket>) => Promise<DialResult<Socket>>,
): Promise<Socket> => {
  signal?.throwIfAborted()
  const { interfaces, network } = hostParts()
  const { connect, reset, allClosed } = createPlainConnect({
    hasInterface: name => interfaces().names.has(name),
    makeSocket: socketFactory && (endpoint => socketFactory(toAddrInfo(endpoint))),
    locals,
  })
  const result = await dial({ ...network, connect, reset }).catch(async (error: unknown) => {
    await allClosed()
    throw error
  })
  if (result.outcome === 'won') return result.socket
  await allClosed()
  if (result.outcome === 'failed') throw createRaceError(result, target)
  throw signal?.reason
}
