import t from 'tap'
import { linkLabel } from '../../src/dashboard/link-label.ts'
import type { DashboardState } from '../../src/dashboard/state.ts'
import { INITIAL_STATE } from '../../src/dashboard/state.ts'
import { statusAnswer } from '../fixtures/status-answer.ts'

t.test('each state has its label', async t => {
  const label = (facts: Partial<DashboardState>): string => {
    const { kind, text } = linkLabel({ ...INITIAL_STATE, ...facts })
    return `${kind}: ${text}`
  }
  const draining = statusAnswer({ state: 'draining' })
  t.equal(label({}), 'wait: Connecting')
  t.equal(label({ link: 'live' }), 'live: Live')
  t.equal(label({ link: 'live', status: statusAnswer() }), 'live: Live')
  t.equal(label({ link: 'live', status: draining }), 'wait: Draining')
  t.equal(label({ link: 'live', status: statusAnswer({ state: 'starting' }) }), 'wait: Starting')
  t.equal(label({ link: 'reconnecting', reason: null }), 'wait: Reconnecting')
  t.equal(
    label({ link: 'reconnecting', reason: 'no answer', status: draining }),
    'wait: Reconnecting: no answer',
    'a daemon that is gone does not drain any more',
  )
  t.equal(label({ link: 'token' }), 'token: Token needed')
})
