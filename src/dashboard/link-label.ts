import type { DashboardState } from './state.ts'

export type LinkLabel = {
  readonly kind: 'live' | 'wait' | 'token'
  readonly text: string
}

/** What the page says about its connection with the daemon. */
export const linkLabel = ({ link, status, reason }: DashboardState): LinkLabel => {
  if (link === 'token') return { kind: 'token', text: 'Token needed' }
  if (link === 'connecting') return { kind: 'wait', text: 'Connecting' }
  if (link === 'reconnecting')
    return { kind: 'wait', text: `Reconnecting${reason === null ? '' : `: ${reason}`}` }
  if (status?.state === 'draining') return { kind: 'wait', text: 'Draining' }
  if (status?.state === 'starting') return { kind: 'wait', text: 'Starting' }
  return { kind: 'live', text: 'Live' }
}
