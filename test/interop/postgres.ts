/** PostgreSQL through a fixed forward: a server of the test's own, run by an unprivileged user, and psql. */
import t from 'tap'
import { runProgram } from '../fixtures/programs.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { startPostgres, unlessPostgres } from '../fixtures/start-postgres.ts'
import { freePort } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

t.test('postgres', { skip: unlessPostgres('psql') }, async t => {
  const port = await freePort()
  if (!(await startPostgres(t, port))) return

  const forward = await freePort()
  const eyeballd = await startEyeballd(t, {
    args: ['-L', `127.0.0.1:${forward}:localhost:${port}`],
  })
  const psql = (sql: string) =>
    runProgram(
      t,
      'psql',
      ['-X', '-A', '-t', '-h', '127.0.0.1', '-p', String(forward), '-U', 'postgres', '-c', sql],
      { env: { PGCONNECT_TIMEOUT: '10' } },
    )
  const one = await psql('select 6 * 7')
  t.equal(one.stdout, '42\n', one.stderr)
  const many = await psql('select i from generate_series(1, 200000) i')
  t.equal(many.stdout.split('\n').length, 200_001, 'a large result')
  t.match(await eyeballd.waitFor(({ event }) => event === 'race'), {
    outcome: 'won',
    target: `localhost:${port}`,
    reply: undefined,
  })
  await eyeballd.stop(t)
})
