import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TraceEntry } from '../../src/eyeballs/race/types.ts'
import type { ConnectOptions } from '../../src/library/connect.ts'
import { connect } from '../../src/library/connect.ts'
import { isRaceError } from '../../src/library/race-error.ts'
import { exitOf, own, within } from '../fixtures/children.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { infoOf, listening, refusing, rejection, startsIn } from '../fixtures/library-races.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'

const dialled = async (options: ConnectOptions): Promise<string[]> => {
  const trace: TraceEntry[] = []
  const socket = await connect({ ...options, onTrace: entry => trace.push(entry) })
  socket.destroy()
  return startsIn(trace).map(({ address }) => address)
}

testLeavingNothing('localhost is both loopback addresses', async (t, owner) => {
  const { port } = await listening(owner)
  t.same((await dialled({ host: 'localhost', port })).toSorted(), ['127.0.0.1', '::1'])
  t.same((await dialled({ host: 'db.LOCALHOST.', port })).at(-1), '127.0.0.1')
  const { code, attempts } = (await rejection(
    connect({ host: 'localhost', port: (await refusing()).port }),
  )) as { code: string; attempts: { address: string }[] }
  t.equal(code, 'ECONNREFUSED')
  t.same(attempts.map(({ address }) => address).toSorted(), ['127.0.0.1', '::1'])
})

testLeavingNothing('an address as host, in brackets or not, with a zone', async (t, owner) => {
  const { port } = await listening(owner)
  const six = await listening(owner, '::1')
  t.same(await dialled({ host: '127.0.0.1', port }), ['127.0.0.1'])
  t.same(await dialled({ host: '::ffff:127.0.0.1', port }), ['127.0.0.1'])
  t.same(await dialled({ host: '::1', port: six.port }), ['::1'])
  t.same(await dialled({ host: '[::1]', port: six.port }), ['::1'])
  t.same(await dialled({ host: '::1%lo', port: six.port }), ['::1%lo'])
  const error = await rejection(connect({ host: '[::1]', port: (await refusing('::1')).port }))
  if (!isRaceError(error)) throw error
  t.equal(error.host, '::1')
  t.equal(error.dns.length, 1, 'one family is asked for')
})

testLeavingNothing('a plain socket, as early bytes and half-open go', async (t, owner) => {
  const server = await listening(owner)
  const accepted = server.accepted()
  const socket = await connect({ host: 'localhost', port: server.port })
  ;(await accepted).end('hello')
  t.equal(socket.allowHalfOpen, false)
  t.equal(socket.timeout, undefined)
  t.same([socket.listenerCount('error'), socket.listenerCount('timeout')], [0, 0])
  const [data] = (await once(socket, 'data')) as [Buffer]
  t.equal(String(data), 'hello')
  await once(socket, 'close')
})

testLeavingNothing('addresses skip the lookup, host and port may be left out', async (t, owner) => {
  const server = await listening(owner)
  const { port } = server
  const dead = await refusing('::1')
  const texts = [`[::1]:${dead.port}`, `127.0.0.1:${port}`]
  t.same(await dialled({ addresses: texts }), ['::1', '127.0.0.1'])
  t.same(await dialled({ addresses: ['127.0.0.1'], port }), ['127.0.0.1'])
  t.same(await dialled({ addresses: [infoOf(server)], host: 'nobody.asks.example', port: 1 }), [
    '127.0.0.1',
  ])
  const error = await rejection(connect({ addresses: [`[::1]:${dead.port}`], host: 'h.example' }))
  if (!isRaceError(error)) throw error
  t.match(error, { host: 'h.example', port: null, dns: [], code: 'ECONNREFUSED' })
})

testLeavingNothing('options that make no sense reject', async t => {
  const of = (options: unknown): Promise<unknown> => rejection(connect(options as ConnectOptions))
  const is = async (options: unknown, message: string | RegExp): Promise<void> => {
    t.match(await of(options), { code: 'ERR_INVALID_ARG', message })
  }
  await is(undefined, /^options is undefined/)
  await is({}, 'options.host is undefined: a name or an IP address is allowed')
  await is({ host: 'localhost' }, /^options\.port is undefined: a whole number from 1 to 65535/)
  await is({ host: 'localhost', port: 0 }, /^options\.port is 0/)
  await is({ host: 'localhost', port: '80' }, /^options\.port is '80'/)
  await is({ host: 7, port: 80 }, /^options\.host is 7/)
  await is({ host: 'a..b', port: 80 }, /^options\.host is 'a\.\.b': .*has an empty label/)
  await is({ host: '127.1', port: 80 }, /its last label is a number/)
  await is({ host: '', port: 80 }, /it is empty/)
  await is({ host: 'localhost', port: 80, timeoutMs: -1 }, /^options\.timeoutMs is -1/)
  await is({ addresses: [] }, /^options\.addresses is \[\]/)
  await is({ addresses: ['127.0.0.1'] }, /^options\.addresses\[0\] is '127\.0\.0\.1'/)
  await is({ addresses: ['127.0.0.1:1'], port: 0 }, /^options\.port is 0/)
  await is({ addresses: ['127.0.0.1:1'], host: '' }, /^options\.host is ''/)
})

testLeavingNothing('30 s for lookup and race unless told otherwise', async (t, owner) => {
  const server = await listening(owner)
  const deadlines = async (options: ConnectOptions): Promise<number[]> => {
    const trace: TraceEntry[] = []
    ;(await connect({ ...options, onTrace: entry => trace.push(entry) })).destroy()
    return trace.flatMap(entry =>
      'command' in entry && entry.command.type === 'wake-at' ? entry.command.at : [],
    )
  }
  // The time runs from the call, and the trace begins a moment later.
  const isBefore =
    (ms: number) =>
    (at: number): boolean =>
      at > ms - 1000 && at < ms + 1
  const { port } = server
  t.ok((await deadlines({ host: '127.0.0.1', port })).some(isBefore(30_000)))
  t.ok((await deadlines({ addresses: ['127.0.0.1'], port })).some(isBefore(30_000)))
  t.ok((await deadlines({ host: '127.0.0.1', port, timeoutMs: 7000 })).some(isBefore(7000)))
  t.same(await deadlines({ addresses: ['127.0.0.1'], port, timeoutMs: null }), [])
})

testLeavingNothing('an idle library keeps no process alive', async (t, owner) => {
  const { port } = await listening(owner)
  const dns = await createDnsServer({ 'www.example.com': { addresses: ['127.0.0.1'], ttl: 1 } })
  owner.teardown(dns.close)
  const source = (path: string): string =>
    JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)
  const script = `
    import { connect, startConnection } from ${source('index.ts')}
    import { checkOptions } from ${source('library/check-options.ts')}
    import { createRaceName } from ${source('library/race-name.ts')}
    const raceName = createRaceName({ servers: ['${dns.address}'], search: [] })
    for (let i = 0; i < 3; i++) {
      ;(await connect({ host: 'localhost', port: ${port} })).destroy()
      ;(await startConnection([{ family: 4, address: '127.0.0.1', port: ${port} }])).destroy()
    }
    await connect({ host: 'localhost', port: 1 }).catch(() => {})
    const target = { host: 'www.example.com', port: ${port} }
    ;(await raceName(target, checkOptions({}, null))).destroy()
    process.on('exit', () => console.log('at ease'))
  `
  const child = own(
    spawn(process.execPath, [COMPILED, '--input-type=module', '-e', script], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += String(chunk)))
  const ended = exitOf(child)
  t.same(await within(20_000, 'the child ends by itself', ended), { code: 0, signal: null })
  t.equal(said, 'at ease\n')
  t.equal(dns.count('www.example.com'), 2, 'A and AAAA were asked for')
})
