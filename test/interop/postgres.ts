/** PostgreSQL through a fixed forward: a server of the test's own, run by an unprivileged user, and psql. */
import { chmodSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findProgram, runProgram, startProgram, unlessMissing } from '../fixtures/programs.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { freePort } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const isRoot = process.getuid?.() === 0
const needs = ['initdb', 'postgres', 'psql', ...(isRoot ? ['setpriv', 'id'] : [])]

t.test('postgres', { skip: unlessMissing(...needs) }, async t => {
  const directory = temporaryDirectory(t)
  // It refuses to run as root.
  let become: readonly string[] = []
  if (isRoot) {
    const { code, stdout } = await runProgram(t, 'id', ['-u', 'postgres'])
    if (code !== 0) return t.comment('left out: there is no user postgres')
    const uid = Number(stdout)
    chmodSync(directory, 0o755)
    chownSync(directory, uid, uid)
    become = ['setpriv', `--reuid=${uid}`, '--clear-groups']
  }
  const asUser = (name: string, ...args: readonly string[]): [string, string[]] => {
    const [program = '', ...rest] = [...become, findProgram(name) ?? name, ...args]
    return [program, rest]
  }
  const data = join(directory, 'data')
  const options = ['-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync']
  const made = await runProgram(t, ...asUser('initdb', '-D', data, ...options), { cwd: directory })
  t.equal(made.code, 0, made.stderr)
  const port = await freePort()
  await startProgram(
    t,
    ...asUser('postgres', '-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', directory, '-F'),
    port,
    { cwd: directory },
  )

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
