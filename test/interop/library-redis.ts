/** The examples for Redis, by ioredis and by a pool of connections, against a server behind a dead first address. */
import t from 'tap'
import type { Test } from 'tap'
import { startProgram, unlessMissing } from '../fixtures/programs.ts'
import { portBehindDeadIpv6, runEarlyExample, runExample } from '../fixtures/run-example.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { freePort } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const skip = unlessMissing('redis-server')

const startRedis = (t: Test, port: number): Promise<unknown> => {
  const listen = ['--bind', '127.0.0.1', '--port', String(port)]
  const options = [...listen, '--save', '', '--appendonly', 'no']
  return startProgram(t, 'redis-server', options, port, { cwd: temporaryDirectory(t) })
}

t.test('redis', { skip }, async t => {
  const port = await portBehindDeadIpv6(t)
  await startRedis(t, port)
  const { stdout } = await runExample(t, 'redis.mjs', ['localhost', String(port)])
  t.equal(stdout, 'eyeballs\n')
  const pooled = await runExample(t, 'pool.mjs', ['localhost', String(port)])
  t.equal(pooled.stdout, "[ '+PONG', '+PONG', '+PONG' ]\n")
})

t.test('ioredis tries again where a race has failed', { skip }, async t => {
  const port = await freePort()
  const args = ['localhost', String(port)]
  const said = await runEarlyExample(t, 'redis.mjs', args, 'RaceError', () => startRedis(t, port))
  t.equal(said, 'eyeballs\n')
})
