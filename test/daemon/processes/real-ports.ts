import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { createRealPorts } from '../../../src/daemon/processes/real-ports.ts'

const parse = (...listeners: readonly string[]) =>
  parseConfig(`{ listeners: [${listeners.join(',')}] }`, 'test')
const listener = (name: string, listen: string): string =>
  `{ name: ${name}, protocol: socks, listen: ${listen} }`

t.test('any free port is one port, as long as the listener wants it', async t => {
  let next = 1000
  const ports = createRealPorts(async address =>
    address.type === 'tcp' && address.host !== '::1' ? { ...address, port: next++ } : address,
  )
  const resolve = async (config: ReturnType<typeof parse>) =>
    (await ports.resolve(config)).listeners.map(({ name, listen }) => [
      name,
      ...listen.map(address => (address.type === 'tcp' ? address.port : address.path)),
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
    'what was not kept is not in force',
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
    'what cannot be had is left for who listens to hear why',
  )
})
