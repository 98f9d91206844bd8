import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { withoutBrackets } from '../../core/host-port.ts'
import { classifyHost } from '../../resolver/literal.ts'
import type { AddrInfo } from '../addr-info.ts'
import { addrToAddrInfos } from '../addr-info.ts'
import type { ConnectOptions } from '../connect.ts'

/** The fields of a request's options, as an http agent gets them, that concern the connection. */
export type AgentTarget = {
  readonly host?: string | null | undefined
  readonly port?: number | string | null | undefined
  readonly localAddress?: string | null | undefined
  readonly localPort?: number | null | undefined
  readonly family?: number | null | undefined
  readonly hints?: number | undefined
  readonly lookup?: LookupFunction | undefined
}

/** The unspecified address of each family: a socket bound to it can connect only to its own family. */
const ANY = { 4: '0.0.0.0', 6: '::' } as const

/** @throws ERR_INVALID_ARG */
const localsOf = ({ localAddress, localPort, family }: AgentTarget): AddrInfo[] | undefined => {
  const only = family === 4 || family === 6 ? ANY[family] : undefined
  const address = localAddress ?? only
  return address === undefined ? undefined : addrToAddrInfos({ address, port: localPort ?? 0 })
}

/** Calls the caller's lookup function, as Node would. */
const ask = (
  lookup: LookupFunction,
  host: string,
  { family, hints }: AgentTarget,
): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const options = { all: true, family: family ?? 0, ...(hints !== undefined && { hints }) }
    lookup(host, options, (error, found: string | readonly LookupAddress[]) => {
      if (error) reject(error)
      else resolve(typeof found === 'string' ? [found] : found.map(({ address }) => address))
    })
  })

/** @returns the result of `promise`; rejects with the signal's reason as soon as the signal aborts */
const until = <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })

/**
 * The options of `connect` for a request: host, port, and the other options that Node's own agent uses:
 * `localAddress`, `localPort`, `family`, and the caller's `lookup`, whose addresses are raced in their
 * order.
 *
 * @param defaultPort used if the options have no port
 * @throws ERR_INVALID_ARG; the error of `lookup`; the reason of the signal
 */
export const agentTarget = async (
  target: AgentTarget,
  defaultPort: number,
  signal: AbortSignal,
): Promise<ConnectOptions> => {
  const { lookup } = target
  const host = withoutBrackets(target.host ?? 'localhost')
  const locals = localsOf(target)
  const isNamed = classifyHost(host).kind === 'name'
  return {
    host,
    port: Number(target.port ?? defaultPort),
    ...(locals && { localAddrInfos: locals }),
    ...(lookup && isNamed && { addresses: await until(signal, ask(lookup, host, target)) }),
  }
}
