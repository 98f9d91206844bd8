import type { Agent } from 'node:http'
import type { AgentOptions } from 'node:https'
import { createSecure } from '../../net/node/secure.ts'
import { checkOptions } from '../check-options.ts'
import type { ConnectOptions } from '../connect.ts'
import { connect } from '../connect.ts'
import { hostParts } from '../host-parts.ts'
import { CONNECT_TIMEOUT_MS } from '../race-defaults.ts'
import type { RaceOptions } from '../race-options.ts'
import { RaceAgent } from './race-agent.ts'
import type { RaceAgentParts } from './race-agent.ts'

/**
 * What Node's https agent takes, and how to race. `timeout` is Node's (a limit of silence, off by
 * default), `timeoutMs` the race's (30,000 by default).
 */
export type CreateAgentOptions = AgentOptions & Omit<RaceOptions, 'signal'>

/** What a race reads; Node's agent would put them all into the options of every request. */
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

/** Node's own: the race's are left out, and what would make the agent go through a proxy. */
const agentOptionsOf = (options: CreateAgentOptions): AgentOptions => {
  const others = new Set(
    Object.keys(raceOptionsOf({})).concat('proxyEnv', 'protocol', 'defaultPort'),
  )
  return Object.fromEntries(Object.entries(options).filter(([key]) => !others.has(key)))
}

/** `createAgent` over other parts than this host's. */
export const createAgentOver = (
  options: CreateAgentOptions,
  { connect: dial, clock }: Pick<RaceAgentParts, 'connect' | 'clock'>,
): Agent => {
  checkOptions(options, CONNECT_TIMEOUT_MS)
  const race = raceOptionsOf(options)
  return new RaceAgent(
    { keepAlive: true, ...agentOptionsOf(options) },
    {
      // What a request says of its own end goes before what all races share.
      connect: (target: ConnectOptions) => dial({ ...race, ...target }),
      secure: createSecure(options.maxCachedSessions),
      clock,
    },
  )
}

/**
 * One agent for `http` and `https` whose connections are raced (RFC 8305): give it to `http.request`,
 * `https.request`, or to whatever takes an agent.
 *
 * Connections are kept alive and reused (`keepAlive` is true unless given), `maxSockets` and
 * `maxTotalSockets` count races under way, and TLS sessions are resumed. What ends a request (its
 * `destroy`, its signal, a handler of `timeout`) ends its race; `destroy()` of the agent ends all, and
 * the requests that wait. A race that fails is the request's `error`: a RaceError. Of a request's
 * options, `localAddress`, `family` and `lookup` are heeded as Node heeds them (without `lookup`, the
 * name is looked up as `connect` does it); one with a `socketPath` goes to that UNIX socket, without a race.
 * No proxy is used, whatever the environment says.
 */
export const createAgent = (options: CreateAgentOptions = {}): Agent =>
  createAgentOver(options, { connect, clock: hostParts().clock })
