import type { Agent } from 'node:http'
import type { AgentOptions } from 'node:https'
import { createSecure } from '../../net/node/secure.ts'
import type { ConnectOptions } from '../connect.ts'
import { connect } from '../connect.ts'
import { hostParts } from '../race-once.ts'
import type { RaceOptions } from '../race-options.ts'
import { CONNECT_TIMEOUT_MS, checkOptions } from '../race-options.ts'
import type { RaceAgentParts } from './race-agent.ts'
import { RaceAgent } from './race-agent.ts'

/**
 * The options of Node's https agent, and how to race. `timeout` is Node's (idle time of the socket, off by
 * default), `timeoutMs` the race's (30,000 by default).
 */
export type CreateAgentOptions = AgentOptions & Omit<RaceOptions, 'signal'>

/** The options of the race. Node's agent would copy them all into the options of every request. */
const raceOptionsOf = ({
  happyEyeballsDelayMs,
  interleave,
  timeoutMs,
  attemptTimeoutMs,
  localAddrInfos,
  socketFactory,
  onTrace,
}: CreateAgentOptions): Omit<RaceOptions, 'signal'> => ({
  happyEyeballsDelayMs,
  interleave,
  timeoutMs,
  attemptTimeoutMs,
  localAddrInfos,
  socketFactory,
  onTrace,
})

/** Node's options, without those of the race and without those that make the agent use a proxy. */
const agentOptionsOf = (options: CreateAgentOptions): AgentOptions => {
  const others = new Set(
    Object.keys(raceOptionsOf({})).concat('proxyEnv', 'protocol', 'defaultPort'),
  )
  return Object.fromEntries(Object.entries(options).filter(([key]) => !others.has(key)))
}

/** `createAgent` with injected parts instead of this host's. */
export const createAgentOver = (
  options: CreateAgentOptions,
  { connect: dial, clock }: Pick<RaceAgentParts, 'connect' | 'clock'>,
): Agent => {
  checkOptions(options, CONNECT_TIMEOUT_MS)
  const race = raceOptionsOf(options)
  return new RaceAgent(
    { keepAlive: true, ...agentOptionsOf(options) },
    {
      // The request's own signal takes precedence over the agent's options.
      connect: (target: ConnectOptions) => dial({ ...race, ...target }),
      secure: createSecure(options.maxCachedSessions),
      clock,
    },
  )
}

/**
 * Creates an agent for both `http` and `https` that races its connections (RFC 8305), for `http.request`,
 * `https.request` and anything else that accepts an agent.
 *
 * Connections are kept alive and reused (`keepAlive` is true by default), `maxSockets` and
 * `maxTotalSockets` count running races, and TLS sessions are resumed. What ends a request (its `destroy`,
 * its signal, a handler of `timeout`) ends its race; `destroy()` of the agent ends all races, and the
 * requests that wait. If a race fails, the request emits `error` with a RaceError.
 *
 * Of a request's options, `localAddress`, `family` and `lookup` work as in Node (without `lookup`, the name
 * is looked up as `connect` does it). A request with a `socketPath` connects to that UNIX socket without a
 * race. Proxy settings in the environment are ignored.
 */
export const createAgent = (options: CreateAgentOptions = {}): Agent =>
  createAgentOver(options, { connect, clock: hostParts().clock })
