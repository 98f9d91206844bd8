import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { listenerPolicy } from '../../src/daemon/listener-policy.ts'

void t.test('a SOCKS listener, with and without users', async t => {
  const [config] = parseConfig('', 'test').listeners
  if (!config) return t.fail('the default has a listener')
  const verify = () => ({ leave: () => {}, isWaiting: () => false })
  t.match(listenerPolicy(config, null), { protocol: 'socks', name: 'socks-1080', verify: null })
  t.match(listenerPolicy(config, verify), { protocol: 'socks', verify })
  return t.end()
})

void t.test('a forward hands on its targets and its clients', async t => {
  const text = `
listeners:
  - { protocol: forward, listen: '0.0.0.0:5432', target: [a.example:1, b.example:2], clients: 192.0.2.0/24 }`
  const [config] = parseConfig(text.replace('192.0.2.0/24', '[192.0.2.0/24]'), 'test').listeners
  if (!config) return t.fail('it has a listener')
  t.match(listenerPolicy(config, null), {
    protocol: 'forward',
    name: 'forward-5432',
    clients: [{ length: 24 }],
    targets: [
      { host: 'a.example', port: 1 },
      { host: 'b.example', port: 2 },
    ],
  })
  return t.end()
})
