import t from 'tap'
import { createStatusRoute } from '../../src/admin/status-route.ts'
import { adminRequest, bodyOf } from '../fixtures/admin-request.ts'
import { NO_STATUS, emptyView } from '../fixtures/daemon-view.ts'

t.test('the status is that of the processes and of the endpoint', async t => {
  let now = 1000
  const route = createStatusRoute(emptyView({ ...NO_STATUS, dnsWaiting: 3 }), {
    version: () => '1.2.3',
    now: () => now,
    status: () => ({ state: 'draining', processes: 2, lost: 1 }),
    lastReload: () => ({ at: 5, error: 'bad' }),
  }).get('/status')
  t.equal(route?.isPublic, false)
  now = 3000
  const answer = await route?.answer(adminRequest())
  t.match(answer, { status: 200, type: 'application/json' })
  t.same(JSON.parse(await bodyOf(answer)), {
    version: '1.2.3',
    now: 3000,
    startedAt: 1000,
    state: 'draining',
    processes: 2,
    ...NO_STATUS,
    dnsWaiting: 3,
    lastReload: { at: 5, error: 'bad' },
  })
})
