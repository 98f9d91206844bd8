import t from 'tap'
import { run } from '../../src/cli/run.ts'
import type { CommandEnd, RunRequest } from '../../src/cli/run/types.ts'
import type { Arguments } from '../../src/cli/types.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'
import { wonEvent } from '../fixtures/race-trace.ts'

const running = async (
  args: Arguments = {},
  end: CommandEnd = { type: 'exited', status: 0 },
  env: Readonly<Record<string, string>> = {},
  file = '',
) => {
  let request: RunRequest | undefined
  const ends: string[] = []
  const io = createFakeIo({
    env,
    readFile: () => Buffer.from(file),
    runCommand: async given => {
      request = given
      given.emit(wonEvent)
      return end
    },
    endBy: async signal => void ends.push(signal),
  })
  const status = await run({ command: ['prog', 'a'], ...args }, io)
  if (!request) throw new Error('no command was run')
  return { status, request, ends, out: io.out(), err: io.err() }
}

t.test('the exit status is the command’s own; nothing is printed', async t => {
  const { status, request, out, err } = await running({}, { type: 'exited', status: 7 })
  t.equal(status, 7)
  t.same([out, err], ['', ''])
  t.match(request, { words: ['prog', 'a'], drainMs: 2000, logs: false })
  t.equal(request.kinds.size, 0)
})

t.test('a signal that ended the command ends eyeballd', async t => {
  const killed = (signal: NodeJS.Signals) => running({}, { type: 'killed', signal })
  t.match(await killed('SIGTERM'), { status: 143, ends: ['SIGTERM'] })
  t.match(await killed('SIGKILL'), { status: 137, ends: ['SIGKILL'] })
  t.strictSame((await killed('SIGSEGV')).ends, [], 'one core dump is enough')
  t.match(await killed('SIGSEGV'), { status: 139 })
})

t.test('a command that could not be started', async t => {
  const failed = (code: string, words = ['prog']) =>
    running({ command: words }, { type: 'not-started', code })
  t.match(await failed('ENOENT'), {
    status: 127,
    err: 'eyeballd: the command prog was not found\n',
  })
  t.match(await failed('ERR_INVALID_ARG_VALUE', ['']), { status: 127 })
  t.match(await failed('EACCES', ['a\u001b']), {
    status: 126,
    err: 'eyeballd: the command a\\x1b cannot be run (EACCES)\n',
  })
  t.match(await failed('EAGAIN'), { status: 1 })
})

t.test('the configuration: a listener of its own, nothing of the file’s', async t => {
  const file = `
listeners: [{ protocol: forward, listen: 0.0.0.0:5432, target: db.example.com:5432, open: true }]
admin: { listen: 127.0.0.1:9000 }
processes: 4
resolver: { servers: 192.0.2.53 }
drainTimeout: 9s`
  const env = {
    EYEBALLD_LISTEN: '0.0.0.0:1080',
    EYEBALLD_ADMIN: '127.0.0.1:9001',
    EYEBALLD_CONFIG: '/daemon.yaml',
    EYEBALLD_CONNECT_TIMEOUT: '7s',
  }
  const { request } = await running({ config: 'f' }, undefined, env, file)
  const { listeners, admin, processes, resolver, eyeballs } = request.config
  t.match(listeners, [{ listen: [{ host: '127.0.0.1', port: 0 }] }])
  t.equal(listeners.length, 1)
  t.same(admin.listen, [])
  t.equal(processes, 1)
  t.match(resolver.servers, [{ host: '192.0.2.53' }])
  t.equal(eyeballs.connectTimeoutMs, 7000)
  t.equal(request.drainMs, 2000)
  const without = (await running({}, undefined, env, 'nonsense')).request
  t.equal(without.config.resolver.servers, null, 'EYEBALLD_CONFIG is not read')
  t.match(await running({ 'drain-timeout': '0' }), { request: { drainMs: 0 } })
  const variable = { EYEBALLD_DRAIN_TIMEOUT: ' 7s' }
  t.match(await running({}, undefined, variable), { request: { drainMs: 7000 } })
  t.match(await running({}, undefined, { EYEBALLD_DRAIN_TIMEOUT: ' ' }), {
    request: { drainMs: 2000 },
  })
  t.match(await running({ dns: ['192.0.2.54'] }), {
    request: { config: { resolver: { servers: [{ host: '192.0.2.54' }] } } },
  })
})

t.test('--for takes lists, and names what it does not know', async t => {
  const kinds = async (...texts: string[]) => [...(await running({ for: texts })).request.kinds]
  t.same(await kinds('java,ssh'), ['java', 'ssh'])
  t.same(await kinds('ssh', ' java'), ['ssh', 'java'])
  await t.rejects(running({ for: ['jav'] }), {
    code: 'ERR_CONFIG',
    message: '--for: found "jav"; allowed: java, ssh; did you mean "java"?',
  })
  await t.rejects(running({ for: [''] }), { message: '--for: found ""; allowed: java, ssh' })
})

t.test('--log, --summary and a proxy that is replaced', async t => {
  t.match(await running({ log: true }), { request: { logs: true }, err: '' })
  const { err } = await running({ summary: true }, undefined, {
    https_proxy: 'http://p.example:3128',
  })
  const [first, second] = err.split('\n')
  t.equal(
    first,
    'eyeballd: https_proxy named the proxy p.example:3128; the command does not use it, and connects directly',
  )
  t.match(second, /^eyeballd: 1 race, 1 won/)
})
