import { closeSync, openSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { valueOf } from '../../../src/metrics/snapshot.ts'
import type { Test } from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { runWorker } from '../../../src/daemon/processes/run-worker.ts'
import type { FromWorker, ListenRequest, ToWorker } from '../../../src/daemon/processes/messages.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { freePort } from '../../fixtures/tcp-target.ts'

type Sent<Type extends FromWorker['type']> = Extract<FromWorker, { type: Type }>

/** A worker in this process. The test is its primary, and grants every address unchanged. */
const rig = (t: Test) => {
  const path = join(t.testdir({}), 'log')
  const logFd = openSync(path, 'w')
  t.teardown(() => closeSync(logFd))
  const sent: FromWorker[] = []
  const requests: ListenRequest[] = []
  /** Whether the other processes can apply a configuration, and whether the primary answers at all. */
  let agrees = true
  let decides = true
  let deliver: (message: ToWorker) => void = () => {}
  let end = (): void => {}
  const send = (message: FromWorker): void => {
    sent.push(message)
    if (message.type === 'reserve') {
      const { id, request } = message
      requests.push(request)
      deliver({ type: 'reserved', id, answer: { address: request.address, boundAs: null } })
    } else if (message.type === 'prepared' && decides) {
      deliver({ type: 'decided', commit: message.error === null && agrees })
    }
  }
  const status = runWorker(
    { send, onMessage: run => (deliver = run), onEnd: run => (end = run) },
    { logFd, pid: 7 },
  )
  const next = async <Type extends FromWorker['type']>(type: Type): Promise<Sent<Type>> => {
    for (;;) {
      const at = sent.findIndex(message => message.type === type)
      const found = at === -1 ? undefined : sent.splice(at, 1)[0]
      if (found) return found as Sent<Type>
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
  return {
    status,
    requests,
    next,
    deliver: (message: ToWorker) => deliver(message),
    apply: (text: string, lenient = false) =>
      deliver({ type: 'apply', config: parseConfig(text, 'test'), idSuffix: '-3', lenient }),
    setAgrees: (value: boolean) => (agrees = value),
    setDecides: (value: boolean) => (decides = value),
    end: () => end(),
    log: () => readFileSync(path, 'utf8'),
  }
}

const on = (port: number): string =>
  `{ listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:${port}' }], pipe: { engine: stream } }`

t.test('a worker follows its primary from the first configuration to its end', async t => {
  const port = await freePort()
  const worker = rig(t)
  await worker.next('ready')
  worker.apply(on(port))
  const { error, events } = await worker.next('applied')
  t.equal(error, null)
  t.match(events, [
    { type: 'engine', engine: 'stream' },
    { type: 'limit' },
    { type: 'listening', address: `127.0.0.1:${port}` },
  ])
  const client = createConnection(port, '127.0.0.1')
  const { metrics } = await worker.next('metrics')
  const count = (name: 'active' | 'total') => valueOf(metrics, `eyeballd_connections_${name}`, 's')
  t.same([count('active'), count('total')], [1, 1], 'within about a second')
  worker.deliver({ type: 'ask', id: 7, question: { type: 'report' } })
  t.match(await worker.next('answer'), { id: 7, answer: { engine: 'stream' } })
  client.destroy()

  const next = await freePort()
  worker.apply(on(next))
  t.match(await worker.next('release'), { address: { port } })
  t.match(await worker.next('applied'), {
    error: null,
    events: [{ address: `127.0.0.1:${next}` }],
  })
  worker.apply(on(next).replace('127.0.0.1', '192.0.2.1').replace('name: s', 'name: s, open: true'))
  t.match(await worker.next('applied'), { error: { message: /192\.0\.2\.1/ } })
  const later = await worker.next('metrics')
  t.equal(valueOf(later.metrics, 'eyeballd_connections_active', 's'), 0)

  worker.deliver({ type: 'drain' })
  await worker.next('draining')
  t.equal(await worker.status, 0)
  t.ok(await worker.next('metrics'), 'what it has counted when it drains')
  t.ok(await worker.next('metrics'), 'and when it ends')
  t.notMatch(
    worker.log(),
    /"event":"(listening|reload|draining|stopped)"/,
    'the primary logs these',
  )
})

t.test('the splice engine shares ports by SO_REUSEPORT', async t => {
  const port = await freePort()
  for (const [engine, reusePort] of [
    ['stream', false],
    ['auto', loadLibc().ok],
  ] as const) {
    const worker = rig(t)
    worker.apply(on(port).replace('stream', engine))
    await worker.next('applied')
    t.match(worker.requests, [{ reusePort, address: { port } }], engine)
    worker.deliver({ type: 'drain' })
    t.equal(await worker.status, 0)
  }
})

t.test('a failed start is reported, and ends the worker', async t => {
  const worker = rig(t)
  worker.apply(on(1080).replace('127.0.0.1', '192.0.2.1').replace('name: s', 'name: s, open: true'))
  t.match(await worker.next('applied'), { error: { code: 'EADDRNOTAVAIL' } })
  t.equal(await worker.status, 1)
})

t.test('a worker ends if it gets drain or end before its start, or has no primary', async t => {
  for (const how of ['drain', 'end', 'alone'] as const) {
    const worker = rig(t)
    await worker.next('ready')
    if (how === 'alone') worker.end()
    else worker.deliver({ type: how })
    t.equal(await worker.status, 0, how)
  }
})

t.test('a worker drains when its primary has ended', async t => {
  const worker = rig(t)
  worker.apply(on(await freePort()))
  await worker.next('applied')
  worker.end()
  t.equal(await worker.status, 0)
})

t.test('a drain during the start takes effect after it', async t => {
  const worker = rig(t)
  worker.apply(on(await freePort()))
  await worker.next('reserve')
  worker.deliver({ type: 'drain' })
  await worker.next('applied')
  await worker.next('draining')
  t.equal(await worker.status, 0)
  const early = rig(t)
  early.apply(on(await freePort()))
  early.deliver({ type: 'drain' })
  t.equal(await early.status, 0, 'it does not start')
})

t.test('a worker reverts a change that another process cannot apply', async t => {
  const [first, second] = [await freePort(), await freePort()]
  const worker = rig(t)
  worker.apply(on(first))
  t.match(await worker.next('applied'), { error: null, lost: 0 })
  worker.setAgrees(false)
  worker.apply(on(second))
  t.match(await worker.next('prepared'), { error: null })
  t.match(await worker.next('release'), { address: { port: second } })
  t.match(await worker.next('applied'), { error: { message: /another process/ }, events: [] })
  worker.setAgrees(true)
  worker.apply(
    on(first).replace('127.0.0.1', '192.0.2.1').replace('name: s', 'name: s, open: true'),
    true,
  )
  t.match(await worker.next('applied'), {
    error: null,
    lost: 1,
    events: [{ type: 'listener-lost', address: `192.0.2.1:${first}` }],
  })
  worker.deliver({ type: 'drain' })
  t.equal(await worker.status, 0)
})

t.test('when its primary has ended, a worker reverts a pending change and drains', async t => {
  const [first, second] = [await freePort(), await freePort()]
  const worker = rig(t)
  worker.apply(on(first))
  await worker.next('applied')
  worker.setDecides(false)
  worker.apply(on(second))
  await worker.next('prepared')
  await worker.next('prepared')
  worker.end()
  t.equal(await worker.status, 0)
})
