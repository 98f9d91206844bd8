import t from 'tap'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFreePorts } from '../../../scripts/bench/free-ports.ts'
import { processTree } from '../../../scripts/bench/process-tree.ts'
import { startProcess } from '../../../scripts/bench/start-process.ts'

const skip = process.platform === 'linux' ? false : 'there is no /proc'

/** A program that serves at a port, and has a child that nobody ends. */
const server = (port: number): string[] => {
  const script = `
    process.on('SIGTERM', () => process.exit())
    require('node:child_process').spawn('sleep', ['60'])
    require('node:net').createServer(socket => socket.destroy()).listen(${port}, '127.0.0.1')`
  return [process.execPath, '-e', script]
}

t.test('ports that nobody has, each once', async t => {
  const nextPort = createFreePorts(14_000)
  const first = await nextPort()
  t.ok(first >= 14_000)
  const taken = createServer().listen(first + 1, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  t.ok((await nextPort()) > first + 1)
  const none = createFreePorts(32_768)
  await t.rejects(none(), { message: /^no free port of 127\.0\.0\.1 from 32768/ })
})

t.test('a program is there when it answers, and gone with its children', { skip }, async t => {
  const port = await createFreePorts(14_100)()
  const { pid, startMs, stop } = await startProcess(t, server(port), { ports: [port] })
  t.ok(startMs > 0, 'how long it took is reported')
  const all = processTree([pid])
  t.equal(all.length, 2)
  await stop()
  // Whoever has become their parent takes a moment to bury them.
  const left = () => all.flatMap(one => processTree([one.pid]))
  for (let tries = 0; tries < 500 && left().length > 0; tries++) await sleep(10)
  t.same(left(), [])
  await stop()
})

t.test('one that does not start says why', { skip }, async t => {
  const port = await createFreePorts(14_200)()
  const script = 'console.error("no such option"); process.exit(3)'
  const command = [process.execPath, '-e', script]
  await t.rejects(startProcess(t, command, { ports: [port] }), {
    message: `${process.execPath} ended with 3 no such option`,
  })
  await t.rejects(startProcess(t, command, { ports: [port], isMute: true }), {
    message: `${process.execPath} ended with 3`,
  })
  await t.rejects(startProcess(t, ['/nowhere/at-all'], { ports: [port] }), { code: 'ENOENT' })
})
