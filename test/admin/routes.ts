import t from 'tap'
import type { AdminStatus } from '../../src/admin/routes.ts'
import { ROUTES } from '../../src/admin/routes.ts'

const answers = (status: Partial<AdminStatus>): readonly (number | undefined)[] =>
  ['/healthz', '/readyz'].map(
    path => ROUTES.get(path)?.answer({ state: 'serving', processes: 1, lost: 0, ...status }).status,
  )

t.test('a daemon is healthy if it serves, and ready if all addresses are open', async t => {
  t.same(answers({}), [200, 200])
  t.same(answers({ processes: 8 }), [200, 200])
  t.same(answers({ lost: 1 }), [200, 503])
  t.same(answers({ processes: 0 }), [503, 503])
  t.same(
    answers({ state: 'starting', processes: 0 }),
    [200, 503],
    'a starting daemon must not be killed',
  )
  t.same(answers({ state: 'draining' }), [200, 503])
})

t.test('the response says why the daemon is not ready', async t => {
  const text = (status: Partial<AdminStatus>): string | undefined =>
    ROUTES.get('/readyz')?.answer({ state: 'serving', processes: 1, lost: 0, ...status }).text
  t.equal(text({ state: 'draining' }), 'draining')
  t.match(text({ lost: 3 }), ': 3')
  t.match(text({ processes: 0 }), 'no process')
})
