import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import type { ListenerConfig } from '../../src/config/types.ts'
import type { FailCode } from '../../src/core/fail.ts'
import { fail } from '../../src/core/fail.ts'
import { formatListenAddress, parseListenAddress } from '../../src/core/listen-address.ts'
import type { ListenerSet, TakeConnection, WantedListener } from '../../src/daemon/listener-set.ts'
import { createListenerSet } from '../../src/daemon/listener-set.ts'

const listener = (
  name: string,
  listen: string,
  changes: Partial<ListenerConfig> = {},
): ListenerConfig =>
  ({
    name,
    protocol: 'socks',
    users: null,
    listen: listen.split(' ').flatMap(parseListenAddress),
    optionalAddresses: false,
    mode: 0o600,
    group: null,
    clients: null,
    open: false,
    ...changes,
  }) as ListenerConfig

const wanted = (config: ListenerConfig, take: TakeConnection = () => {}): WantedListener => ({
  config,
  take,
})

type Rig = {
  readonly set: ListenerSet
  /** What happened, in order. */
  readonly events: string[]
  /** Codes that addresses fail with. */
  readonly failures: Map<string, FailCode>
  /** Connects to an open address. */
  readonly connect: (address: string) => void
}

/** A host whose addresses open and close without sockets; one address can be open only once. */
const createRig = (): Rig => {
  const events: string[] = []
  const failures = new Map<string, FailCode>()
  const open = new Map<string, (socket: Socket) => void>()
  const set = createListenerSet({
    listen: async (address, { onConnection }) => {
      const text = formatListenAddress(address)
      const code = failures.get(text)
      const port = text.slice(text.lastIndexOf(':'))
      const taken = [...open.keys()].some(
        other => other === text || (other.endsWith(port) && `${other}${text}`.includes('0.0.0.0')),
      )
      if (code !== undefined || taken) {
        throw fail(code ?? 'EADDRINUSE', `${text} cannot be opened`)
      }
      open.set(text, onConnection)
      events.push(`open ${text}`)
      return {
        address,
        close: async () => {
          open.delete(text)
          events.push(`close ${text}`)
        },
      }
    },
    onListening: ({ name }, address) =>
      void events.push(`listening ${name} ${formatListenAddress(address)}`),
    onSkipped: ({ name }, address) =>
      void events.push(`skipped ${name} ${formatListenAddress(address)}`),
  })
  return {
    set,
    events,
    failures,
    connect: address => open.get(address)?.(new EventEmitter() as Socket),
  }
}

const A = '127.0.0.1:1080'
const B = '127.0.0.1:1081'

void t.test('opens what is wanted, closes what is not, leaves alone what stays', async t => {
  const { set, events } = createRig()
  await set.apply([wanted(listener('a', A))])
  t.strictSame(events.splice(0), [`open ${A}`, `listening a ${A}`])
  await set.apply([wanted(listener('a', A)), wanted(listener('b', B))])
  t.strictSame(events.splice(0), [`open ${B}`, `listening b ${B}`])
  await set.apply([wanted(listener('b', B))])
  t.strictSame(events.splice(0), [`close ${A}`])
  t.strictSame(set.bound().map(formatListenAddress), [B])
  await set.close()
  t.strictSame(events, [`close ${B}`])
  t.strictSame(set.bound(), [])
})

void t.test('a listener that stays gets its new handler', async t => {
  const { set, connect } = createRig()
  const taken: string[] = []
  await set.apply([wanted(listener('a', A), () => void taken.push('old'))])
  connect(A)
  await set.apply([wanted(listener('a', A), () => void taken.push('new'))])
  connect(A)
  t.strictSame(taken, ['old', 'new'])
})

void t.test('where one address cannot be opened, everything is as it was', async t => {
  const { set, events, failures } = createRig()
  await set.apply([wanted(listener('a', A))])
  events.length = 0
  failures.set('127.0.0.1:80', 'EADDRNOTAVAIL')
  await t.rejects(set.apply([wanted(listener('b', B)), wanted(listener('c', '127.0.0.1:80'))]), {
    code: 'EADDRNOTAVAIL',
  })
  t.strictSame(events, [`open ${B}`, `close ${B}`])
  t.strictSame(set.bound().map(formatListenAddress), [A])
})

void t.test('a wildcard takes the place of an address that it covers', async t => {
  const { set, events } = createRig()
  await set.apply([wanted(listener('a', A))])
  events.length = 0
  await set.apply([wanted(listener('a', '0.0.0.0:1080'))])
  t.strictSame(events, [`close ${A}`, 'open 0.0.0.0:1080', 'listening a 0.0.0.0:1080'])
})

void t.test('what had to close for that opens again where it fails', async t => {
  const { set, events, failures } = createRig()
  await set.apply([wanted(listener('a', A)), wanted(listener('b', B))])
  events.length = 0
  failures.set('0.0.0.0:1081', 'EADDRINUSE')
  await t.rejects(
    set.apply([wanted(listener('a', '0.0.0.0:1080')), wanted(listener('b', '0.0.0.0:1081'))]),
    { code: 'EADDRINUSE' },
  )
  t.strictSame(set.bound().map(formatListenAddress).toSorted(), [A, B])
  t.strictSame(events.slice(-2).toSorted(), [`open ${A}`, `open ${B}`])
})

void t.test('an address in use by somebody else is an error', async t => {
  const { set, failures } = createRig()
  failures.set(A, 'EADDRINUSE')
  await t.rejects(set.apply([wanted(listener('a', A))]), { code: 'EADDRINUSE' })
  t.strictSame(set.bound(), [])
})

void t.test('an optional address that the host does not have is left out', async t => {
  const { set, events, failures } = createRig()
  failures.set('[::1]:1080', 'EADDRNOTAVAIL')
  const both = listener('a', `${A} [::1]:1080`, { optionalAddresses: true })
  await set.apply([wanted(both)])
  t.strictSame(events, [`open ${A}`, 'skipped a [::1]:1080', `listening a ${A}`])
  await t.rejects(
    createRigWith('[::1]:1080').apply([wanted(listener('a', `${A} [::1]:1080`))]),
    { code: 'EADDRNOTAVAIL' },
    'one that was asked for is not',
  )
})

void t.test('a listener that has no address left is an error', async t => {
  const { set, failures } = createRig()
  failures.set(A, 'EADDRNOTAVAIL').set('[::1]:1080', 'EADDRNOTAVAIL')
  const both = listener('a', `${A} [::1]:1080`, { optionalAddresses: true })
  await t.rejects(set.apply([wanted(both)]), { code: 'EADDRNOTAVAIL' })
})

void t.test('a UNIX socket with another mode is another socket', async t => {
  const { set, events } = createRig()
  await set.apply([wanted(listener('u', 'unix:/run/u.sock'))])
  events.length = 0
  await set.apply([wanted(listener('u', 'unix:/run/u.sock', { mode: 0o660 }))])
  t.strictSame(events, [
    'close unix:/run/u.sock',
    'open unix:/run/u.sock',
    'listening u unix:/run/u.sock',
  ])
})

const createRigWith = (missing: string): ListenerSet => {
  const { set, failures } = createRig()
  failures.set(missing, 'EADDRNOTAVAIL')
  return set
}
