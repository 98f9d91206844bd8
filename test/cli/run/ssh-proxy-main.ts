import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import { exitOf, own } from '../../fixtures/children.ts'
import { COMPILED } from '../../fixtures/compiled.ts'
import { tcpTarget } from '../../fixtures/tcp-target.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/run/ssh-proxy-main.ts', import.meta.url))

const start = async (t: Test, answer: string, input: string) => {
  const proxy = await tcpTarget(t, socket => {
    socket.once('data', () => {
      socket.write(Buffer.from(answer, 'hex'))
      socket.pipe(socket)
    })
  })
  const words = [COMPILED, MAIN, proxy.host, String(proxy.port), 'a.example', '22']
  const child = own(spawn(process.execPath, words, { stdio: 'pipe' }))
  child.stdin.on('error', () => {}).end(input)
  const [out, err, { code }] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    exitOf(child),
  ])
  return { out, err, code, port: proxy.port }
}

t.test('joins its standard streams to the target', async t => {
  const { out, err, code } = await start(t, '050005000001000000000000', 'hello')
  t.same([out, err, code], ['hello', '', 0])
})

t.test('says why the target cannot be reached', async t => {
  const { out, err, code, port } = await start(t, '050005040001000000000000', 'hello')
  t.same([out, code], ['', 1])
  t.equal(
    err,
    `eyeballd: cannot connect: a.example:22 through the proxy 127.0.0.1:${port}: ` +
      'the host is unreachable or has no address\n',
  )
})
