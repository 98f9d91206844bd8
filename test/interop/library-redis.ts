/** The examples for Redis, by ioredis and by a pool of connections, against a server behind a dead first address. */
import t from 'tap'
import { startProgram, unlessMissing } from '../fixtures/programs.ts'
import { portBehindDeadIpv6, runExample } from '../fixtures/run-example.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

t.setTimeout(120_000)

t.test('redis', { skip: unlessMissing('redis-server') }, async t => {
  const port = String(await portBehindDeadIpv6(t))
  const server = ['--bind', '127.0.0.1', '--port', port, '--save', '', '--appendonly', 'no']
  await startProgram(t, 'redis-server', server, Number(port), { cwd: temporaryDirectory(t) })
  const { stdout } = await runExample(t, 'redis.mjs', ['localhost', port])
  t.equal(stdout, 'eyeballs\n')
  const pooled = await runExample(t, 'pool.mjs', ['localhost', port])
  t.equal(pooled.stdout, "[ '+PONG', '+PONG', '+PONG' ]\n")
})
