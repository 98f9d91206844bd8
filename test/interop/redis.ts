/** Redis through a fixed forward to two targets that are raced as one: the first is not there. */
import t from 'tap'
import { runProgram, startProgram, unlessMissing } from '../fixtures/programs.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { freePort } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

t.test('redis', { skip: unlessMissing('redis-server', 'redis-cli') }, async t => {
  const [port, nobody] = [await freePort(), await freePort()]
  const server = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no']
  await startProgram(t, 'redis-server', server, port, { cwd: temporaryDirectory(t) })
  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [
        {
          name: 'redis',
          protocol: 'forward',
          listen: '127.0.0.1:0',
          target: [`127.0.0.1:${nobody}`, `127.0.0.1:${port}`],
        },
      ],
    },
  })
  const redis = (...args: readonly string[]) =>
    runProgram(t, 'redis-cli', ['-p', String(eyeballd.address('redis').port), ...args])
  t.equal((await redis('ping')).stdout, 'PONG\n')
  t.equal((await redis('set', 'name', 'eyeballs')).stdout, 'OK\n')
  t.equal((await redis('get', 'name')).stdout, 'eyeballs\n')
  const commands = Array.from({ length: 5000 }, (_, i) => `SET k${i} ${'x'.repeat(100)}\r\n`)
  const piped = await runProgram(
    t,
    'redis-cli',
    ['-p', String(eyeballd.address('redis').port), '--pipe'],
    { input: commands.join('') },
  )
  t.match(piped.stdout, 'errors: 0, replies: 5000')
  t.match(eyeballd.linesOf('race')[0], {
    outcome: 'won',
    hidden: true,
    winner: { port, attempt: 2 },
  })
  await eyeballd.stop(t)
})
