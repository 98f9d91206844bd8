import { once } from 'node:events'
import http from 'node:http'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { TraceEntry } from '../../../src/eyeballs/race/types.ts'
import { createAgent } from '../../../src/library/http/create-agent.ts'
import { isRaceError } from '../../../src/library/race-error.ts'
import { askHttp, errorOf } from '../../fixtures/ask-http.ts'
import { createBlackHole } from '../../fixtures/create-black-hole.ts'
import { httpOrigin } from '../../fixtures/http-origin.ts'
import { httpsOrigin } from '../../fixtures/https-origin.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'
import { freePort } from '../../fixtures/tcp-target.ts'

/** A lookup of a request: both loopback addresses, the first of which does not answer there. */
const bothLoopbacks = (
  _host: string,
  _options: unknown,
  done: (error: null, addresses: { address: string; family: number }[]) => void,
): void =>
  done(null, [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ])

testLeavingNothing('http and https are raced', async (t, owner) => {
  const plain = await httpOrigin(owner)
  const secure = await httpsOrigin(owner)
  const trace: TraceEntry[] = []
  const agent = createAgent({ ca: secure.cert, onTrace: entry => trace.push(entry) })
  const options = { host: 'www.example.com', agent, lookup: bothLoopbacks }
  t.match(await askHttp({ ...options, port: plain.port }).outcome, { body: 'hello from /\n' })
  const tried = trace.flatMap(entry =>
    'command' in entry && entry.command.type === 'connect' ? entry.command.address : [],
  )
  t.same(tried, ['::1', '127.0.0.1'])
  const { outcome } = askHttp({ ...options, port: secure.port, https: true })
  t.match(await outcome, { body: 'hello /\n' })
  t.equal(secure.handshakes[0]?.servername, 'www.example.com')
  agent.destroy()
})

testLeavingNothing('a UNIX socket is passed through, for http and https', async (t, owner) => {
  const path = join(makeSocketDir(owner), 's')
  const plain = http.createServer((request, response) => response.end(`hello ${request.url}\n`))
  await once(plain.listen(path), 'listening')
  owner.teardown(() => plain.close())
  const secure = await httpsOrigin(owner, undefined, `${path}s`)
  const trace: TraceEntry[] = []
  const agent = createAgent({ ca: secure.cert, onTrace: entry => trace.push(entry) })
  const options = { host: 'www.example.com', agent, path: '/a' }
  t.match(await askHttp({ ...options, socketPath: path }).outcome, { body: 'hello /a\n' })
  await turn()
  t.match(await askHttp({ ...options, socketPath: path }).outcome, {
    body: 'hello /a\n',
    reused: true,
  })
  const { outcome } = askHttp({ ...options, socketPath: `${path}s`, https: true })
  t.match(await outcome, { body: 'hello /a\n' })
  t.equal(secure.handshakes[0]?.servername, 'www.example.com')
  t.equal(trace.length, 0, 'nothing was raced')
  t.match(await errorOf(askHttp({ ...options, socketPath: `${path}.none` }).outcome), {
    code: 'ENOENT',
    message: `connect ENOENT ${path}.none`,
    syscall: 'connect',
  })
  const left = askHttp({ ...options, socketPath: `${path}s`, https: true })
  left.request.destroy(new Error('enough'))
  t.match(await errorOf(left.outcome), { message: 'enough' })
  agent.destroy()
})

testLeavingNothing('a URL with an IP address, IPv6 in brackets', async (t, owner) => {
  const agent = createAgent()
  for (const host of ['127.0.0.1', '::1']) {
    const { url } = await httpOrigin(owner, host)
    const request = http.get(url, { agent })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    t.equal(response.statusCode, 200, url)
    response.resume()
    await once(response, 'end')
  }
  agent.destroy()
})

testLeavingNothing('a race that fails is a RaceError of the request', async t => {
  const agent = createAgent()
  const port = await freePort()
  const error = await errorOf(askHttp({ host: '127.0.0.1', port, agent }).outcome)
  t.ok(isRaceError(error))
  t.match(error, { code: 'ECONNREFUSED', host: '127.0.0.1', port })
})

testLeavingNothing('a request that is ended, and an agent, leave no race', async (t, owner) => {
  const hole = await createBlackHole()
  owner.teardown(hole.close)
  const agent = createAgent()
  const target = { host: hole.address, port: hole.port, agent }
  const attempts = (): number =>
    process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap').length
  const before = attempts()
  for (const end of ['request', 'agent'] as const) {
    const { request, outcome } = askHttp(target)
    t.ok(await eventually(() => attempts() > before), end)
    if (end === 'request') request.destroy()
    else agent.destroy()
    t.match(await errorOf(outcome), { code: 'ECONNRESET', message: 'socket hang up' })
    t.equal(attempts(), before)
  }
  const limited = askHttp({ ...target, timeout: 50 })
  limited.request.on('timeout', () => limited.request.destroy(new Error('too slow')))
  t.match(await errorOf(limited.outcome), { message: 'too slow' })
  const short = createAgent({ timeoutMs: 50 })
  const error = await errorOf(askHttp({ ...target, agent: short }).outcome)
  t.ok(isRaceError(error))
  t.equal(error.code, 'ETIMEDOUT')
})

testLeavingNothing('no proxy, whatever options and environment say', async (t, owner) => {
  const { port } = await httpOrigin(owner)
  const proxy = { http_proxy: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1' }
  const before = { ...process.env }
  Object.assign(process.env, proxy, { NODE_USE_ENV_PROXY: '1' })
  owner.teardown(() => {
    for (const name of [...Object.keys(proxy), 'NODE_USE_ENV_PROXY']) delete process.env[name]
    Object.assign(process.env, before)
  })
  const agent = createAgent({ proxyEnv: proxy } as object)
  t.match(await askHttp({ host: '127.0.0.1', port, agent }).outcome, { body: 'hello from /\n' })
  agent.destroy()
})

/** Node's types do not have them. */
const optionsOf = (agent: http.Agent): object => (agent as http.Agent & { options: object }).options

void t.test('options of Node are kept, those of the race are not put into requests', async t => {
  const agent = createAgent({ maxSockets: 3, scheduling: 'fifo', timeoutMs: 10, interleave: 2 })
  t.equal(agent.maxSockets, 3)
  t.match(optionsOf(agent), { keepAlive: true, scheduling: 'fifo' })
  for (const name of ['timeoutMs', 'interleave', 'onTrace', 'socketFactory']) {
    t.notOk(name in optionsOf(agent), name)
  }
  t.match(optionsOf(createAgent({ keepAlive: false })), { keepAlive: false })
})
