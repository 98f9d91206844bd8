import { socketAddresses } from '../../../src/core/listen-address.ts'
import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { configShare, createRealPorts } from '../../../src/daemon/processes/worker-config.ts'

const shares = (text: string, processes: number, cores?: number) => {
  const config = parseConfig(text, 'test')
  return Array.from({ length: processes }, (_, index) =>
    configShare(config, { index, processes }, cores),
  )
}

t.test('the connections of all processes add up to maxConnections', async t => {
  const most = (text: string, processes: number): number[] =>
    shares(text, processes).map(({ limits }) => limits.maxConnections)
  t.same(most('', 2), [5000, 5000])
  t.same(most('limits: { maxConnections: 11 }', 3), [4, 4, 3])
  t.same(most('limits: { maxConnections: 1 }', 3), [1, 1, 1], 'each process gets at least one')
})

t.test('the limits per client and per user are divided too, rounded up', async t => {
  const most = (text: string): number[] =>
    shares(text, 4).map(
      ({ limits: { maxConnectionsPerClient: client, maxConnectionsPerUser: user } }) =>
        Math.max(client, user),
    )
  t.same(most(''), [0, 0, 0, 0], 'no limit stays no limit')
  t.same(most('limits: { maxConnectionsPerClient: 5 }'), [2, 2, 2, 2])
  t.same(most('limits: { maxConnectionsPerUser: 9 }'), [3, 3, 3, 3])
})

t.test('threads are divided as cores are, unless their number is configured', async t => {
  const workers = (text: string, cores: number): unknown[] =>
    shares(text, 2, cores).map(({ pipe }) => pipe.workers)
  t.same(workers('', 2), [1, 1])
  t.same(workers('', 16), [4, 4])
  t.same(workers('pipe: { workers: 3 }', 16), [3, 3])
})

t.test('all other options are unchanged', async t => {
  const config = parseConfig('', 'test')
  const share = configShare(config, { index: 0, processes: 1 })
  t.strictSame({ ...share, pipe: null }, { ...config, pipe: null })
  const delayed = parseConfig('drainDelay: 5s', 'test')
  t.equal(configShare(delayed, { index: 0, processes: 1 }).drainDelayMs, 0, 'the primary waits')
})

const parse = (...listeners: readonly string[]) =>
  parseConfig(`{ listeners: [${listeners.join(',')}] }`, 'test')
const listener = (name: string, listen: string): string =>
  `{ name: ${name}, protocol: socks, listen: ${listen} }`

t.test('port 0 stays the same real port while the listener has it', async t => {
  let next = 1000
  const ports = createRealPorts(async address =>
    address.type === 'tcp' && address.host !== '::1' ? { ...address, port: next++ } : address,
  )
  const resolve = async (config: ReturnType<typeof parse>) =>
    (await ports.resolve(config)).listeners.map(({ name, listen }) => [
      name,
      ...socketAddresses(listen).map(address =>
        address.type === 'tcp' ? address.port : address.path,
      ),
    ])
  const both = parse(listener('a', '127.0.0.1:0'), listener('b', "['127.0.0.1:0', '127.0.0.1:7']"))
  t.same(await resolve(both), [
    ['a', 1000],
    ['b', 1001, 7],
  ])
  t.same(
    await resolve(both),
    [
      ['a', 1002],
      ['b', 1003, 7],
    ],
    'a port that was not kept is not in force',
  )
  ports.keep()
  t.same(await resolve(parse(listener('b', '127.0.0.1:0'), listener('c', '127.0.0.1:0'))), [
    ['b', 1003],
    ['c', 1004],
  ])
  ports.keep()
  t.same(await resolve(both), [
    ['a', 1005],
    ['b', 1003, 7],
  ])
  t.same(
    await resolve(parse(listener('d', '"[::1]:0"'), listener('e', 'unix:/tmp/x'))),
    [
      ['d', 0],
      ['e', '/tmp/x'],
    ],
    'an unavailable address keeps port 0, so that the worker reports the error',
  )
})
