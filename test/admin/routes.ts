import t from 'tap'
import type { AdminStatus } from '../../src/admin/routes.ts'
import { createHealthRoutes } from '../../src/admin/routes.ts'
import { adminRequest, answerText } from '../fixtures/admin-request.ts'

const ask = async (path: string, status: Partial<AdminStatus>) =>
  createHealthRoutes(() => ({ state: 'serving', processes: 1, lost: 0, ...status }))
    .get(path)
    ?.answer(adminRequest())

const answers = (status: Partial<AdminStatus>): Promise<readonly (number | undefined)[]> =>
  Promise.all(['/healthz', '/readyz'].map(async path => (await ask(path, status))?.status))

t.test('a daemon is healthy if it serves, and ready if all addresses are open', async t => {
  t.same(await answers({}), [200, 200])
  t.same(await answers({ processes: 8 }), [200, 200])
  t.same(await answers({ lost: 1 }), [200, 503])
  t.same(await answers({ processes: 0 }), [503, 503])
  t.same(
    await answers({ state: 'starting', processes: 0 }),
    [200, 503],
    'a starting daemon must not be killed',
  )
  t.same(await answers({ state: 'draining' }), [200, 503])
})

t.test('the response says why the daemon is not ready', async t => {
  const text = async (status: Partial<AdminStatus>): Promise<string | undefined> =>
    answerText(await ask('/readyz', status))
  t.equal(await text({ state: 'draining' }), 'draining')
  t.match(await text({ lost: 3 }), ': 3')
  t.match(await text({ processes: 0 }), 'no process')
})
