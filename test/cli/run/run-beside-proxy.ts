import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { runBesideProxy } from '../../../src/cli/run/run-beside-proxy.ts'
import type { ProgramKind } from '../../../src/cli/run/types.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import type { ListenerEvent } from '../../../src/listener/events.ts'
import { httpOrigin } from '../../fixtures/http-origin.ts'
import { unlessMissing } from '../../fixtures/programs.ts'

const config = (text = '') =>
  parseConfig(`{ listeners: { protocol: socks, listen: '127.0.0.1:0' }, ${text} }`, 'test')

const start = (
  t: Test,
  script: string,
  env: Record<string, string> = {},
  kinds: readonly ProgramKind[] = [],
  options = config(),
  taken: readonly NodeJS.Signals[] = [],
) => {
  const folder = t.testdir({})
  const source = Object.assign(new EventEmitter(), {
    env: { PATH: process.env['PATH'], OUT: join(folder, 'out'), ...env },
    execPath: process.execPath,
    execArgv: [],
    pid: process.pid,
    kill: () => true,
    stderr: { isTTY: false, write: (text: string) => t.fail(text) },
  })
  const events: ListenerEvent[] = []
  const ended = runBesideProxy(
    {
      words: ['sh', '-c', script],
      config: options,
      kinds: new Set(kinds),
      drainMs: 5000,
      logs: false,
      emit: event => void events.push(event),
    },
    source as unknown as NodeJS.Process,
    { settled: () => new Promise(resolve => void setImmediate(resolve)), take: () => taken },
  )
  const out = (): string[] => readFileSync(join(folder, 'out'), 'utf8').trimEnd().split('\n')
  return { source, ended, events, out, folder }
}

t.test('a command with the variables, and what it inherited', async t => {
  const script =
    'printf "%s\\n" "$http_proxy" "$all_proxy" "${ftp_proxy-none}" "$MINE" >"$OUT"; exit 3'
  const { ended, out, source } = start(t, script, { MINE: 'x', ftp_proxy: 'y' })
  t.same(await ended, { type: 'exited', status: 3 })
  const [http = '', socks = '', ...others] = out()
  t.match(http, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal(socks, http.replace('http', 'socks5h'))
  t.same(others, ['none', 'x'])
  t.same(source.eventNames(), [], 'signals have their default action again')
})

const curl = unlessMissing('curl')

t.test('races are reported; curl finds the proxy', { skip: curl }, async t => {
  const origin = await httpOrigin(t)
  const script = 'curl -sS --socks5-hostname "${all_proxy#socks5h://}" "$URL" >"$OUT"'
  const url = `http://www.example.com:${origin.port}/a`
  const hosts = config('resolver: { search: [], hosts: { www.example.com: [127.0.0.1] } }')
  const { ended, out, events } = start(t, script, { URL: url }, [], hosts)
  t.match(await ended, { status: 0 })
  t.same(out(), ['hello from /a'])
  t.match(
    events.filter(({ type }) => type === 'race'),
    [{ outcome: 'won', target: `www.example.com:${origin.port}` }],
  )
})

const ssh = unlessMissing('ssh')

t.test('--for java and ssh; the directory goes with the command', { skip: ssh }, async t => {
  const script = 'printf "%s\\n" "$JAVA_TOOL_OPTIONS" "$(command -v ssh)" >"$OUT"'
  const { ended, out } = start(t, script, { JAVA_TOOL_OPTIONS: '-Xmx1g' }, ['java', 'ssh'])
  await ended
  const [java, wrapper = ''] = out()
  t.match(java, /^-Xmx1g -Dhttp\.proxyHost=127\.0\.0\.1 /)
  t.match(wrapper, /eyeballd-run-[^/]+\/bin\/ssh$/)
  t.throws(() => readFileSync(wrapper), { code: 'ENOENT' })
})

t.test('a signal reaches the command', async t => {
  const script =
    'trap "echo got >\\"$OUT\\"; exit 4" USR1; echo ready >"$OUT"; while :; do sleep 0.1; done'
  const { ended, out, source } = start(t, script)
  const isReady = (): boolean => {
    try {
      return out().join() === 'ready'
    } catch {
      return false
    }
  }
  while (!isReady()) await new Promise(resolve => setTimeout(resolve, 20))
  source.emit('SIGUSR1')
  t.same(await ended, { type: 'exited', status: 4 })
  t.same(out(), ['got'])
})

t.test('a signal that came before: no command, and nothing is left', async t => {
  const { ended, source, folder } = start(t, 'echo x >"$OUT"', {}, [], config(), ['SIGTERM'])
  t.same(await ended, { type: 'killed', signal: 'SIGTERM' })
  t.throws(() => readFileSync(join(folder, 'out')), { code: 'ENOENT' })
  t.same(source.eventNames(), [])
})

t.test('no proxy: no command, and nothing is left', async t => {
  const { ended, source, folder } = start(t, 'echo x >"$OUT"', {}, [], {
    ...config(),
    listeners: [],
  })
  await t.rejects(ended, { code: 'ERR_BUG' })
  t.throws(() => readFileSync(join(folder, 'out')), { code: 'ENOENT' })
  t.same(source.eventNames(), [])
})
