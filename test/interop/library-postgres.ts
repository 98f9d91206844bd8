/** The example for PostgreSQL, by pg and its pool, against a server behind a dead first address. */
import t from 'tap'
import { portBehindDeadIpv6, runExample } from '../fixtures/run-example.ts'
import { startPostgres, unlessPostgres } from '../fixtures/start-postgres.ts'

t.setTimeout(120_000)

t.test('postgres', { skip: unlessPostgres() }, async t => {
  const port = await portBehindDeadIpv6(t)
  if (!(await startPostgres(t, port))) return
  const { stdout } = await runExample(t, 'postgres.mjs', ['localhost', String(port)])
  t.equal(stdout, '[ 7, 14, 21 ]\n')
})
