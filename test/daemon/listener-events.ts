import t from 'tap'
import { listenerEvents } from '../../src/daemon/listener-events.ts'
import type { DaemonEvent } from '../../src/log/types.ts'

const listener = {
  name: 's',
  protocol: 'socks',
  listen: [],
  optionalAddresses: false,
  mode: 0o600,
  group: null,
}
const address = { type: 'tcp', host: '::1', port: 1080 } as const

t.test('what becomes of a listener is logged with its address', async t => {
  const logged: DaemonEvent[] = []
  let limit = 5
  const { onListening, onSkipped, onLost } = listenerEvents(
    { event: event => void logged.push(event) },
    () => limit,
  )
  limit = 7
  onListening(listener, address)
  onSkipped(listener, address, new Error('missing'))
  onLost(listener, address, new Error('taken'))
  const where = { listener: 's', address: '[::1]:1080' }
  t.same(logged, [
    { type: 'listening', ...where, protocol: 'socks', connections: 7 },
    { type: 'skipped', ...where, message: 'missing' },
    { type: 'listener-lost', ...where, protocol: 'socks', message: 'taken' },
  ])
})
