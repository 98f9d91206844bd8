import type { Socket } from 'node:net'
import t from 'tap'
import type { FailCode } from '../../src/core/fail.ts'
import { fail } from '../../src/core/fail.ts'
import {
  formatListenAddress,
  parseListenAddress,
  socketAddresses,
} from '../../src/core/listen-address.ts'
import type { ListenerSet } from '../../src/daemon/listener-set.ts'
import { createListenerSet, listenerEvents } from '../../src/daemon/listener-set.ts'
import type { HandleConnection } from '../../src/daemon/open-listener.ts'
import type { ListenerSettings, RequestedListener } from '../../src/daemon/requested-listeners.ts'
import type { DaemonEvent } from '../../src/log/types.ts'

const listener = (
  name: string,
  listen: string,
  changes: Partial<ListenerSettings> = {},
): ListenerSettings => ({
  name,
  protocol: 'socks',
  listen: socketAddresses(listen.split(' ').flatMap(text => parseListenAddress(text))),
  optionalAddresses: false,
  mode: 0o600,
  group: null,
  ...changes,
})

const wanted = (
  config: ListenerSettings,
  take: HandleConnection = () => {},
): RequestedListener => ({
  config,
  handler: () => take,
})

type FakeSocket = { closed: boolean; readonly destroy: () => void }

type Rig = {
  readonly set: ListenerSet
  /** Prepares a change, and commits or undoes it; rejects with its error. */
  readonly apply: (listeners: readonly RequestedListener[], lenient?: boolean) => Promise<void>
  /** All events, in order. */
  readonly events: string[]
  /** The error codes of addresses that cannot be opened. */
  readonly failures: Map<string, FailCode>
  /** Connects to an address; returns false if it is closed. */
  readonly connect: (address: string, socket?: FakeSocket) => boolean
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
    onLost: ({ name }, address, { message }) =>
      void events.push(`lost ${name} ${formatListenAddress(address)}: ${message}`),
  })
  return {
    set,
    apply: async (listeners, lenient) => {
      const change = await set.prepare(listeners, lenient)
      if (change.error === undefined) return change.commit()
      await change.undo()
      throw change.error
    },
    events,
    failures,
    connect: (address, socket = fakeSocket()) => {
      const onConnection = open.get(address)
      onConnection?.(socket as unknown as Socket)
      return onConnection !== undefined
    },
  }
}

const A = '127.0.0.1:1080'
const B = '127.0.0.1:1081'

/** A socket that says whether it was closed. */
const fakeSocket = (): FakeSocket => {
  const socket = {
    closed: false,
    destroy: (): void => {
      socket.closed = true
    },
  }
  return socket
}

void t.test(
  'a change opens new addresses, closes removed ones, and keeps the others open',
  async t => {
    const { set, apply, events } = createRig()
    await apply([wanted(listener('a', A))])
    t.strictSame(events.splice(0), [`open ${A}`, `listening a ${A}`])
    await apply([wanted(listener('a', A)), wanted(listener('b', B))])
    t.strictSame(events.splice(0), [`open ${B}`, `listening b ${B}`])
    await apply([wanted(listener('b', B))])
    t.strictSame(events.splice(0), [`close ${A}`])
    t.strictSame(set.bound().map(formatListenAddress), [B])
    await set.close()
    t.strictSame(events, [`close ${B}`])
    t.strictSame(set.bound(), [])
  },
)

void t.test('the list of addresses is a new array only after a change', async t => {
  const { set, apply } = createRig()
  await apply([wanted(listener('a', A))])
  const before = set.bound()
  await apply([wanted(listener('a', A))])
  t.equal(set.bound().length, 1)
  const change = await set.prepare([wanted(listener('a', A)), wanted(listener('b', B))])
  t.not(set.bound(), before)
  t.strictSame(
    set.bound().map(formatListenAddress),
    [A, B],
    'open addresses count before they serve',
  )
  await change.undo()
  t.strictSame(set.bound().map(formatListenAddress), [A])
})

void t.test('a listener that stays open gets its new handler', async t => {
  const { apply, connect } = createRig()
  const taken: string[] = []
  await apply([wanted(listener('a', A), () => void taken.push('old'))])
  connect(A)
  await apply([wanted(listener('a', A), () => void taken.push('new'))])
  connect(A)
  t.strictSame(taken, ['old', 'new'])
})

void t.test('connections wait until the change is in force', async t => {
  const { set, connect } = createRig()
  const taken: unknown[] = []
  const [first, second] = [fakeSocket(), fakeSocket()]
  const change = await set.prepare([wanted(listener('a', A), socket => void taken.push(socket))])
  connect(A, first)
  t.strictSame(taken, [])
  await change.commit()
  t.strictSame(taken, [first])
  const other = await set.prepare([wanted(listener('b', B))])
  connect(B, second)
  await other.undo()
  t.ok(second.closed, 'connections of an undone change are closed')
  t.notOk(first.closed)
})

void t.test('if one address cannot be opened, nothing changes', async t => {
  const { set, apply, events, failures } = createRig()
  await apply([wanted(listener('a', A))])
  events.length = 0
  failures.set('127.0.0.1:80', 'EADDRNOTAVAIL')
  await t.rejects(apply([wanted(listener('b', B)), wanted(listener('c', '127.0.0.1:80'))]), {
    code: 'EADDRNOTAVAIL',
  })
  t.strictSame(events, [`open ${B}`, `close ${B}`])
  t.strictSame(set.bound().map(formatListenAddress), [A])
  t.equal(set.lost(), 0)
})

void t.test('a wildcard replaces an address that it covers', async t => {
  const { apply, events } = createRig()
  await apply([wanted(listener('a', A)), wanted(listener('b', B))])
  events.length = 0
  await apply([wanted(listener('a', '0.0.0.0:1080'))])
  const [first, second, third] = [`close ${A}`, 'open 0.0.0.0:1080', 'listening a 0.0.0.0:1080']
  t.strictSame(
    events,
    [first, second, third, `close ${B}`],
    'only addresses that block it close first',
  )
})

void t.test(
  'an address that had to close for a failed change gets its last handler again',
  async t => {
    const { set, apply, events, failures, connect } = createRig()
    const taken: string[] = []
    const takes =
      (what: string): HandleConnection =>
      () =>
        void taken.push(what)
    const both = (what: string) => [
      wanted(listener('a', A), takes(what)),
      wanted(listener('b', B), takes(what)),
    ]
    await apply(both('first'))
    await apply(both('second'))
    failures.set('0.0.0.0:1081', 'EADDRINUSE')
    const wildcards = [
      wanted(listener('a', '0.0.0.0:1080'), takes('third')),
      wanted(listener('b', '0.0.0.0:1081'), takes('third')),
    ]
    for (let i = 0; i < 2; i++) {
      events.length = 0
      await t.rejects(apply(wildcards), { code: 'EADDRINUSE' })
      t.strictSame(set.bound().map(formatListenAddress).toSorted(), [A, B])
      t.strictSame(events.slice(-2).toSorted(), [`open ${A}`, `open ${B}`])
      for (const address of [A, B]) connect(address)
      t.strictSame(taken.splice(0), ['second', 'second'])
    }
    failures.clear()
    await apply(wildcards)
    connect('0.0.0.0:1080')
    t.strictSame(taken, ['third'])
  },
)

void t.test(
  'an address that cannot be opened again is lost, and the others are opened',
  async t => {
    const { set, apply, events, failures, connect } = createRig()
    const before = [wanted(listener('a', A)), wanted(listener('b', B))]
    const wildcards = [wanted(listener('a', '0.0.0.0:1080')), wanted(listener('b', '0.0.0.0:1081'))]
    await apply(before)
    failures.set('0.0.0.0:1081', 'EADDRINUSE').set(A, 'EADDRNOTAVAIL')
    const change = await set.prepare(wildcards)
    events.length = 0
    await change.undo()
    const lost = `lost a ${A}: ${A} cannot be opened`
    t.strictSame(events, ['close 0.0.0.0:1080', lost, `open ${B}`])
    t.strictSame(set.bound().map(formatListenAddress), [B], 'only open addresses are listed')
    t.equal(set.lost(), 1)
    t.notOk(connect(A))

    await t.test('a change tries the lost address again, and fails with its error', async t => {
      events.length = 0
      await t.rejects(apply(before), { code: 'EADDRNOTAVAIL' })
      t.strictSame(events, [])
      t.equal(set.lost(), 1)
    })
    await t.test('a lenient change does not fail, and reports nothing new', async t => {
      await apply(before, true)
      t.strictSame(events, [])
      t.equal(set.lost(), 1)
    })
    await t.test('the address is opened again as soon as possible', async t => {
      failures.delete(A)
      await apply(before, true)
      t.strictSame(events, [`open ${A}`, `listening a ${A}`])
      t.equal(set.lost(), 0)
      t.ok(connect(A))
    })
    await t.test('an address that is no longer requested is not lost', async t => {
      failures.set(A, 'EADDRNOTAVAIL')
      const again = await set.prepare(wildcards)
      await again.undo()
      t.equal(set.lost(), 1)
      await apply([wanted(listener('b', B))])
      t.equal(set.lost(), 0)
    })
  },
)

void t.test('an address in use by another process is an error', async t => {
  const { set, apply, failures } = createRig()
  failures.set(A, 'EADDRINUSE')
  await t.rejects(apply([wanted(listener('a', A))]), { code: 'EADDRINUSE' })
  t.strictSame(set.bound(), [])
})

void t.test('an optional address that the host does not have is skipped', async t => {
  const { apply, events, failures } = createRig()
  failures.set('[::1]:1080', 'EADDRNOTAVAIL')
  const both = listener('a', `${A} [::1]:1080`, { optionalAddresses: true })
  await apply([wanted(both)])
  t.strictSame(events.splice(0), [`open ${A}`, 'skipped a [::1]:1080', `listening a ${A}`])
  await apply([wanted(both)])
  t.strictSame(events.splice(0), [], 'it is reported once')
  failures.clear()
  await apply([wanted(both)])
  t.strictSame(events, ['open [::1]:1080', 'listening a [::1]:1080'])
  const other = createRig()
  other.failures.set('[::1]:1080', 'EADDRNOTAVAIL')
  await t.rejects(
    other.apply([wanted(listener('a', `${A} [::1]:1080`))]),
    { code: 'EADDRNOTAVAIL' },
    'a configured address is not skipped',
  )
})

void t.test('a listener with all addresses skipped is an error', async t => {
  const { set, apply, failures } = createRig()
  failures.set(A, 'EADDRNOTAVAIL').set('[::1]:1080', 'EADDRNOTAVAIL')
  const both = listener('a', `${A} [::1]:1080`, { optionalAddresses: true })
  await t.rejects(apply([wanted(both)]), { code: 'EADDRNOTAVAIL' })
  await apply([wanted(both)], true)
  t.ok(set.lost() > 0, 'a lenient change counts it as lost')
})

void t.test('a UNIX socket with another mode is opened again', async t => {
  const { apply, events } = createRig()
  await apply([wanted(listener('u', 'unix:/run/u.sock'))])
  events.length = 0
  await apply([wanted(listener('u', 'unix:/run/u.sock', { mode: 0o660 }))])
  t.strictSame(events, [
    'close unix:/run/u.sock',
    'open unix:/run/u.sock',
    'listening u unix:/run/u.sock',
  ])
})

const reported = {
  name: 's',
  protocol: 'socks',
  listen: [],
  optionalAddresses: false,
  mode: 0o600,
  group: null,
}
const address = { type: 'tcp', host: '::1', port: 1080 } as const

t.test('listener events are logged with the address', async t => {
  const logged: DaemonEvent[] = []
  let limit = 5
  const { onListening, onSkipped, onLost } = listenerEvents(
    { event: event => void logged.push(event) },
    () => limit,
  )
  limit = 7
  onListening(reported, address)
  onSkipped(reported, address, new Error('missing'))
  onLost(reported, address, new Error('taken'))
  const where = { listener: 's', address: '[::1]:1080' }
  t.same(logged, [
    { type: 'listening', ...where, protocol: 'socks', connections: 7 },
    { type: 'skipped', ...where, message: 'missing' },
    { type: 'listener-lost', ...where, protocol: 'socks', message: 'taken' },
  ])
})
