import t from 'tap'
import { fail } from '../../../src/core/fail.ts'
import type { ListenAddress } from '../../../src/core/listen-address.ts'
import type {
  FromWorker,
  ListenAnswer,
  ListenRequest,
  SerializedError,
} from '../../../src/daemon/processes/messages.ts'
import { createSharedListen, createWorkerLink } from '../../../src/daemon/processes/worker-link.ts'
import type { ListenOptions } from '../../../src/net/listen.ts'

const proxy = { type: 'tcp', host: '127.0.0.1', port: 1080 } as const
const listenRequest = { address: proxy, reusePort: true, mode: 0o600, group: null }

t.test('each request gets its own answer', async t => {
  const sent: FromWorker[] = []
  const link = createWorkerLink(message => sent.push(message))
  const [one, two] = [link.reserve(listenRequest), link.reserve(listenRequest)]
  const placed = link.place(proxy)
  link.release(proxy)
  t.match(sent, [
    { type: 'reserve', id: 1, request: listenRequest },
    { type: 'reserve', id: 2 },
    { type: 'place', id: 3, address: proxy },
    { type: 'release', address: proxy },
  ])
  const error = { code: 'EADDRINUSE', message: 'no' }
  link.take({ type: 'drain' })
  link.take({ type: 'reserved', id: 2, answer: { error } })
  link.take({ type: 'reserved', id: 9, answer: { error } })
  link.take({ type: 'placed', id: 9, error })
  link.take({ type: 'placed', id: 3, error: null })
  link.take({ type: 'reserved', id: 1, answer: { address: proxy, boundAs: null } })
  t.same(await one, { address: proxy, boundAs: null })
  t.same(await two, { error })
  t.equal(await placed, null)
})

t.test('a worker asks whether to apply a change', async t => {
  const sent: FromWorker[] = []
  const link = createWorkerLink(message => sent.push(message))
  const yes = link.decide(null)
  link.take({ type: 'decided', commit: true })
  t.equal(await yes, true)
  const error = { code: 'EMFILE', message: 'no' }
  const no = link.decide(error)
  link.take({ type: 'decided', commit: false })
  t.equal(await no, false)
  t.same(sent, [
    { type: 'prepared', error: null },
    { type: 'prepared', error },
  ])
})

t.test('if the primary has ended, each request gets an error', async t => {
  const link = createWorkerLink(() => {})
  const before = [link.reserve(listenRequest), link.place(proxy), link.decide(null)]
  link.end()
  const after = [link.reserve(listenRequest), link.place(proxy), link.decide(null)]
  for (const answers of [before, after])
    t.match(await Promise.all(answers), [
      { error: { message: /has ended/ } },
      { message: /has ended/ },
      false,
    ])
})

const tcp: ListenAddress = { type: 'tcp', host: '127.0.0.1', port: 0 }
const real: ListenAddress = { ...tcp, port: 4321 }
const unix: ListenAddress = { type: 'unix', path: '/run/s' }
const refusal: SerializedError = { code: 'EADDRINUSE', message: 'taken' }
const options: ListenOptions = { onConnection: () => {} }

const rig = (answer: ListenAnswer, placed: SerializedError | null = null, listens = true) => {
  const seen: unknown[] = []
  const requests = {
    reserve: async (request: ListenRequest) => {
      seen.push(['reserve', request])
      return answer
    },
    place: async (address: ListenAddress) => {
      seen.push(['place', address])
      return placed
    },
    release: (address: ListenAddress) => void seen.push(['release', address]),
  }
  const listen = createSharedListen(
    requests,
    async (address, { boundAs }) => {
      seen.push(['listen', address, boundAs])
      if (!listens) throw fail('EADDRINUSE', 'not here')
      return { address, close: async () => void seen.push(['close']) }
    },
    true,
  )
  return { seen, listen }
}

t.test('a port is requested, and released once', async t => {
  const { seen, listen } = rig({ address: real, boundAs: null })
  const bound = await listen(tcp, options)
  t.same(bound.address, real)
  await Promise.all([bound.close(), bound.close()])
  const request = { address: tcp, reusePort: true, mode: 0o600, group: null }
  t.same(seen, [['reserve', request], ['listen', real, undefined], ['close'], ['release', real]])
})

t.test('a UNIX socket is moved to its path once it listens', async t => {
  const { seen, listen } = rig({ address: unix, boundAs: '/run/.x' })
  await listen(unix, { ...options, mode: 0o660, group: 'g' })
  t.match(seen, [
    ['reserve', { mode: 0o660, group: 'g' }],
    ['listen', unix, '/run/.x'],
    ['place', unix],
  ])
})

t.test('a passed socket needs no request: all processes have it', async t => {
  const { seen, listen } = rig({ error: refusal })
  const passed = { ...tcp, passed: 3 }
  await (await listen(passed, options)).close()
  t.same(seen, [['listen', passed, undefined], ['close']])
})

t.test('a worker does not listen on an address that the primary refuses', async t => {
  const { seen, listen } = rig({ error: refusal })
  await t.rejects(listen(tcp, options), refusal)
  t.equal(seen.length, 1)
})

t.test('an address is released if listening fails', async t => {
  const { seen, listen } = rig({ address: real, boundAs: null }, null, false)
  await t.rejects(listen(tcp, options), { code: 'EADDRINUSE', message: 'not here' })
  t.same(seen.at(-1), ['release', real])
  const other = rig({ address: unix, boundAs: '/run/.x' }, refusal)
  await t.rejects(other.listen(unix, options), refusal)
  t.same(other.seen.slice(-2), [['close'], ['release', unix]])
})
