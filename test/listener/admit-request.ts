import t from 'tap'
import { compileAccess } from '../../src/access/access.ts'
import type { Mutable } from '../../src/core/mutable.ts'
import { admitRequest } from '../../src/listener/admit-request.ts'
import type { ListenerParts } from '../../src/listener/session-types.ts'
import { createState } from '../fixtures/session-state.ts'

const DENIED = { host: 'denied.example', port: 443 }
const OTHER = { host: 'example.com', port: 443 }

const rig = () => {
  const { state } = createState()
  const parts = state.parts as Mutable<ListenerParts>
  parts.access = compileAccess([
    {
      action: 'deny',
      clients: null,
      users: ['eve'],
      to: [{ type: 'name', name: DENIED.host }],
      ports: null,
    },
  ])
  parts.fullNames = () => []
  return state
}

t.test('rules come first, and leave the targets that they permit', async t => {
  const state = rig()
  t.same(admitRequest(state, [DENIED, OTHER]), [OTHER])
  t.match(admitRequest(state, [DENIED]), {
    reason: 'access',
    failure: {
      outcome: 'denied',
      code: 'ERR_ACCESS_DENIED',
      message: /^example.com:443: /,
    },
  })
  state.user = 'adam'
  t.same(admitRequest(state, [DENIED]), [DENIED])
})

t.test('then its user', async t => {
  const state = rig()
  state.live.account = { user: 'eve', state: 'revoked' }
  t.match(admitRequest(state, [OTHER]), { reason: 'auth', failure: { outcome: 'denied' } })
})
