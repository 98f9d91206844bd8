import type { Requester } from '../../../core/requester.ts'
import { whenIdle } from '../../../core/requester.ts'
import type { SessionState } from '../../session-state.ts'

/** Counts what a connection has open. It leaves admission control when everything is closed. */
export type PlaceHolds = {
  /**
   * A socket or a race is open.
   *
   * @returns call it once, when it is closed
   */
  readonly hold: () => () => void
}

/** @param requesters the connection's; their queries may be in flight after its end */
export const createPlaceHolds = (
  state: Pick<SessionState, 'parts' | 'live' | 'places' | 'countedUser'>,
  requesters: () => readonly Requester[],
): PlaceHolds => {
  const { parts, live, places } = state
  let holds = 0

  const release = (): void => {
    if (--holds > 0) return
    parts.sessions.delete(live)
    let waiting = 1
    const settle = (): void => {
      if (--waiting === 0) parts.admission.leave(places, state.countedUser)
    }
    for (const requester of requesters()) {
      waiting++
      whenIdle(requester, settle)
    }
    settle()
  }

  return {
    hold: () => {
      holds++
      return release
    },
  }
}
