import type { EgressOverride } from '../../../core/egress.ts'
import { isSameOverride } from '../../../core/egress.ts'
import { formatHostPort } from '../../../core/host-port.ts'
import type { HostPort } from '../../../core/host-port.ts'
import type { Judge } from '../../../core/judge.ts'
import type { Requester } from '../../../core/requester.ts'
import { createRequester } from '../../../core/requester.ts'
import type { SocketEnd, StreamSocket } from '../../../core/stream-socket.ts'
import { summarise } from '../../../eyeballs/race/summary.ts'
import type { DialResult, LeaveRace } from '../../../eyeballs/types.ts'
import { answerFailure } from '../../../wire/http/refusal.ts'
import type { HttpRefusal } from '../../../wire/http/refusal.ts'
import { shareOf } from '../../accepted.ts'
import { brokenRace, judgeFailure } from '../../race-outcome.ts'
import {
  emitClose,
  emitFailed,
  emitRace,
  emitRejected,
  nothingMoved,
} from '../../session-events.ts'
import { judgeFor } from '../../session-judge.ts'
import type { SessionState } from '../../session-state.ts'
import type { ListenerParts } from '../../session-types.ts'
import { TargetStream } from './socket-stream.ts'

/** A connection to a target, for one request. */
export type Opened =
  | {
      readonly ok: true
      readonly stream: TargetStream
      /** A stream's own key: only the same connection has it again. */
      readonly key: string
      /** Whether an earlier request used the connection. */
      readonly isReused: boolean
    }
  /** There is none; the event is emitted. `answer` is null if the client has left. */
  | { readonly ok: false; readonly answer: Pick<HttpRefusal, 'answer' | 'status'> | null }

/**
 * The connection to a target of one client connection: there is at most one at a time, so that a client of
 * HTTP takes no more file descriptors than any other.
 */
export type Upstream = {
  /**
   * Returns the open connection if it is idle, leads to the same target, and could still be made like that. Otherwise it
   * closes that one, and races the target. One call at a time.
   *
   * @param settle called once, possibly before the call returns
   */
  readonly open: (target: HostPort, settle: (opened: Opened) => void) => void
  /** Whether a race is running. */
  readonly isRacing: () => boolean
  /** Address and port of the open connection; null if there is none. */
  readonly connectedTo: () => SocketEnd | null
  /** Ends the race, or closes the connection. */
  readonly close: () => void
  /** User and target of the last race that was won; null if none was. */
  readonly lastWon: () => RaceFacts | null
  /** Requesters whose lookups may still be in flight. */
  readonly requesters: () => readonly Requester[]
}

/** Whom a race was for, and what it looked for. */
export type RaceFacts = Pick<SessionState, 'user' | 'target'>

export type UpstreamHooks = {
  /** Bytes were read from the target, or accepted by its socket; or a race is over. */
  readonly moved: () => void
  /** A socket or a race is open; returns what to call when it is closed. */
  readonly hold: () => () => void
}

type Candidate = Parameters<Judge>[0]

type Judged = { readonly candidate: Candidate; readonly egress: EgressOverride | undefined }

type Live = {
  readonly stream: TargetStream
  readonly target: string
  readonly key: string
  /** Its address and port. */
  readonly end: SocketEnd
  /** How it was connected: a reload may have changed the way. */
  readonly race: ListenerParts['race']
  /** What the rules judged, and the egress that they gave it; undefined if the winner is not known any more. */
  readonly judged: Judged | undefined
}

/** @param state of the session, with user and target of the current request */
export const createUpstream = (state: SessionState, { moved, hold }: UpstreamHooks): Upstream => {
  const { accepted, parts } = state
  const { socket, peer } = accepted
  let live: Live | null = null
  let leaveRace: LeaveRace | null = null
  let isRacing = false
  let wins = 0
  let lastWon: RaceFacts | null = null
  let requesters: Requester[] = []

  const judge = (): Judge =>
    judgeFor(parts, { ip: peer.ip, user: state.user, isLocal: peer.isLocal })

  /** Whether the connection would be made again, and in the same way. */
  const isInForce = ({ race, judged }: Live): boolean => {
    if (race !== parts.race || !judged) return false
    const verdict = judge()(judged.candidate)
    return verdict?.code === undefined && isSameOverride(verdict?.egress, judged.egress)
  }

  const close = (): void => {
    leaveRace?.()
    const closing = live
    live = null
    closing?.stream.destroy()
  }

  const keep = (upstream: StreamSocket, facts: Omit<Live, 'stream' | 'key'>): Live => {
    const release = hold()
    const stream = new TargetStream(upstream, moved)
    const { keptTargets } = parts
    const added = keptTargets.add(upstream)
    upstream.once('close', () => {
      keptTargets.remove(added)
      release()
    })
    wins++
    lastWon = { user: state.user, target: state.target }
    live = { ...facts, stream, key: `${accepted.conn}-${wins}` }
    return live
  }

  const race = (asked: HostPort, settle: (opened: Opened) => void): void => {
    const target = formatHostPort(asked)
    const { race: begin } = parts
    const isPermitted = judge()
    const attempted: Judged[] = []
    const requester = createRequester(shareOf(peer))
    requesters = requesters.filter(({ abandoned }) => abandoned > 0).concat(requester)
    const release = hold()
    let isLeft = false

    const onResult = (result: DialResult<StreamSocket>): void => {
      const { trace } = result
      if (result.outcome === 'won') {
        emitRace(state, 'won', null, trace, summarise(trace))
        if (isLeft || socket.destroyed) {
          result.socket.resetAndDestroy()
          // The end of the connection has counted on an event of the race.
          if (wins === 0) emitClose(state, nothingMoved('client-reset'))
          return settle({ ok: false, answer: null })
        }
        const judged = attempted.find(
          ({ candidate: { address, port } }) => address === result.address && port === result.port,
        )
        const { stream, key } = keep(result.socket, {
          target,
          end: { address: result.address, port: result.port },
          race: begin,
          judged,
        })
        return settle({ ok: true, stream, key, isReused: false })
      }
      if (result.outcome === 'aborted') {
        emitRace(state, 'aborted', null, trace, summarise(trace))
        return settle({ ok: false, answer: null })
      }
      const verdict = judgeFailure(result)
      const answer = answerFailure({ outcome: verdict.outcome, ...verdict.error }, peer.isLocal)
      const hasLeft = isLeft || socket.destroyed
      emitFailed(state, verdict, trace, hasLeft ? null : answer.status)
      settle({ ok: false, answer: hasLeft ? null : answer })
    }

    const over = (): void => {
      isRacing = false
      leaveRace = null
      moved()
    }
    isRacing = true
    const hasEnded = (): boolean => !isRacing
    const leave = begin(
      {
        targets: [asked],
        hasPaths: parts.access.hasPaths,
        judge: (candidate, readIp) => {
          const verdict = isPermitted(candidate, readIp)
          attempted.push({ candidate, egress: verdict?.egress })
          return verdict
        },
        requester,
      },
      result => {
        over()
        onResult(result)
        release()
      },
      error => {
        over()
        const failure = brokenRace(error)
        const answer = answerFailure(failure, peer.isLocal)
        emitRejected(state, 'protocol', failure.message, answer.status)
        settle({ ok: false, answer })
        release()
      },
    )
    // The race may have ended during the call.
    if (hasEnded()) return
    leaveRace = () => {
      isLeft = true
      leave()
    }
  }

  return {
    open: (asked, settle) => {
      const target = formatHostPort(asked)
      if (live?.target === target && live.stream.isReusable() && isInForce(live)) {
        const { stream, key } = live
        stream.isBusy = true
        stream.received = 0
        stream.response = null
        return settle({ ok: true, stream, key, isReused: true })
      }
      close()
      race(asked, settle)
    },
    isRacing: () => isRacing,
    connectedTo: () => live?.end ?? null,
    close,
    lastWon: () => lastWon,
    requesters: () => requesters,
  }
}
