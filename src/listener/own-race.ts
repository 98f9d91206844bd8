import { formatHostPort } from '../core/host-port.ts'
import type { HostPort } from '../core/host-port.ts'
import { createRequester } from '../core/requester.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { denialText } from '../eyeballs/race/failure.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type { DialResult } from '../eyeballs/types.ts'
import type { ListenerEvent } from './events.ts'
import { brokenRace, judgeFailure } from './race-outcome.ts'
import { judgeFor } from './session-judge.ts'
import type { ListenerParts } from './session-types.ts'

type RaceEvent = Extract<ListenerEvent, { type: 'race' }>

/** A race that the daemon runs for itself. */
export type OwnRace = {
  readonly target: HostPort
  /** The listener whose egress and resolver it uses. */
  readonly parts: Pick<
    ListenerParts,
    'race' | 'access' | 'fullNames' | 'isOwnListener' | 'emit' | 'nextId'
  >
  /** The names of the listener and of the client in its event. */
  readonly listener: string
  readonly client: string
  /** Ends it. */
  readonly signal: AbortSignal
}

/** The event of the race; or why there was none. */
export type OwnRaceEnd =
  | { readonly ok: true; readonly race: RaceEvent }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** The client's name among those whose lookups wait for their turn. */
const REQUESTER = 'admin'

/**
 * Runs one race with the access rules of a client on loopback, closes the winner's connection without a byte, and
 * emits the event of the race. It never rejects.
 */
export const runOwnRace = ({
  target,
  parts,
  listener,
  client,
  signal,
}: OwnRace): Promise<OwnRaceEnd> => {
  const { access, fullNames, emit, nextId } = parts
  // As a client on a UNIX socket: rules for 127.0.0.1 and for ::1 apply to it.
  const who = { ip: null, user: null, isLocal: true }
  const text = formatHostPort(target)
  const denial = access.beforeLookup(who, target, fullNames)
  if (denial) {
    const code = 'ERR_ACCESS_DENIED'
    return Promise.resolve({
      ok: false,
      code,
      message: `${text}: ${denialText(code, denial.rule)}`,
    })
  }
  const facts = { conn: nextId(), listener, protocol: null, client, user: null, target: text }

  const eventOf = (result: DialResult<StreamSocket>): RaceEvent => {
    const { outcome, trace } = result
    const common = { type: 'race', ...facts, outcome, reply: null, trace } as const
    if (result.outcome !== 'failed') return { ...common, summary: summarise(trace) }
    const { error, summary } = judgeFailure(result)
    return { ...common, summary, error }
  }

  return new Promise(resolve => {
    parts.race(
      {
        targets: [target],
        judge: judgeFor(parts, who),
        hasPaths: access.hasPaths,
        requester: createRequester(REQUESTER),
        signal,
      },
      result => {
        if (result.outcome === 'won') result.socket.destroy()
        const race = eventOf(result)
        emit(race)
        resolve({ ok: true, race })
      },
      error => resolve({ ok: false, ...brokenRace(error) }),
    )
  })
}
