import { closeSync, openSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { runWorker } from '../../../src/daemon/processes/run-worker.ts'
import type { FromWorker, HoldQuestion, ToWorker } from '../../../src/daemon/processes/types.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { freePort } from '../../fixtures/tcp-target.ts'

type Said<Type extends FromWorker['type']> = Extract<FromWorker, { type: Type }>

/** A worker in this process, of which the test is the primary; it gives every address as it is. */
const rig = (t: Test) => {
  const path = join(t.testdir({}), 'log')
  const logFd = openSync(path, 'w')
  t.teardown(() => closeSync(logFd))
  const said: FromWorker[] = []
  const questions: HoldQuestion[] = []
  /** Whether the others can take what this one can, and whether it is told. */
  let agrees = true
  let decides = true
  let tell: (message: ToWorker) => void = () => {}
  let end = (): void => {}
  const send = (message: FromWorker): void => {
    said.push(message)
    if (message.type === 'hold') {
      const { id, question } = message
      questions.push(question)
      tell({ type: 'held', id, answer: { address: question.address, boundAs: null } })
    } else if (message.type === 'prepared' && decides) {
      tell({ type: 'decided', commit: message.error === null && agrees })
    }
  }
  const status = runWorker(
    { send, onMessage: run => (tell = run), onEnd: run => (end = run) },
    { logFd, pid: 7 },
  )
  const next = async <Type extends FromWorker['type']>(type: Type): Promise<Said<Type>> => {
    for (;;) {
      const at = said.findIndex(message => message.type === type)
      const found = at === -1 ? undefined : said.splice(at, 1)[0]
      if (found) return found as Said<Type>
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
  return {
    status,
    questions,
    next,
    tell: (message: ToWorker) => tell(message),
    apply: (text: string, lenient = false) =>
      tell({ type: 'apply', config: parseConfig(text, 'test'), idSuffix: '-3', lenient }),
    setAgrees: (value: boolean) => (agrees = value),
    setDecides: (value: boolean) => (decides = value),
    end: () => end(),
    log: () => readFileSync(path, 'utf8'),
  }
}

const on = (port: number): string =>
  `{ listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:${port}' }], pipe: { engine: stream } }`

t.test('it is led from its first configuration to its end', async t => {
  const port = await freePort()
  const worker = rig(t)
  await worker.next('ready')
  worker.apply(on(port))
  const { error, notices } = await worker.next('applied')
  t.equal(error, null)
  t.match(notices, [
    { type: 'engine', engine: 'stream' },
    { type: 'limit' },
    { type: 'listening', address: `127.0.0.1:${port}` },
  ])
  const client = createConnection(port, '127.0.0.1')
  t.match(await worker.next('load'), { connections: 1 }, 'within about a second')
  worker.tell({ type: 'count' })
  t.match((await worker.next('counted')).counters, { connections: 1, accepted: 1 })
  client.destroy()

  const next = await freePort()
  worker.apply(on(next))
  t.match(await worker.next('release'), { address: { port } })
  t.match(await worker.next('applied'), {
    error: null,
    notices: [{ address: `127.0.0.1:${next}` }],
  })
  worker.apply(on(next).replace('127.0.0.1', '192.0.2.1').replace('name: s', 'name: s, open: true'))
  t.match(await worker.next('applied'), { error: { message: /192\.0\.2\.1/ } })
  t.match(await worker.next('load'), { connections: 0 })

  worker.tell({ type: 'drain' })
  await worker.next('draining')
  t.equal(await worker.status, 0)
  t.notMatch(worker.log(), /"event":"(listening|reload|draining|stopped)"/, 'the primary says that')
})

t.test('where the kernel moves the bytes, it shares the ports', async t => {
  const port = await freePort()
  for (const [engine, reusePort] of [
    ['stream', false],
    ['auto', loadLibc().ok],
  ] as const) {
    const worker = rig(t)
    worker.apply(on(port).replace('stream', engine))
    await worker.next('applied')
    t.match(worker.questions, [{ reusePort, address: { port } }], engine)
    worker.tell({ type: 'drain' })
    t.equal(await worker.status, 0)
  }
})

t.test('a start that fails is told, and ends it', async t => {
  const worker = rig(t)
  worker.apply(on(1080).replace('127.0.0.1', '192.0.2.1').replace('name: s', 'name: s, open: true'))
  t.match(await worker.next('applied'), { error: { code: 'EADDRNOTAVAIL' } })
  t.equal(await worker.status, 1)
})

t.test('one that is told to end before it began, or is alone, ends', async t => {
  for (const how of ['drain', 'end', 'alone'] as const) {
    const worker = rig(t)
    await worker.next('ready')
    worker.tell({ type: 'count' })
    t.match((await worker.next('counted')).counters, { connections: 0 })
    if (how === 'alone') worker.end()
    else worker.tell({ type: how })
    t.equal(await worker.status, 0, how)
  }
})

t.test('without its primary it drains', async t => {
  const worker = rig(t)
  worker.apply(on(await freePort()))
  await worker.next('applied')
  worker.end()
  t.equal(await worker.status, 0)
})

t.test('what comes while it starts is done when it has started', async t => {
  const worker = rig(t)
  worker.apply(on(await freePort()))
  await worker.next('hold')
  worker.tell({ type: 'drain' })
  await worker.next('applied')
  await worker.next('draining')
  t.equal(await worker.status, 0)
  const early = rig(t)
  early.apply(on(await freePort()))
  early.tell({ type: 'drain' })
  t.equal(await early.status, 0, 'it does not even begin')
})

t.test('what others cannot take it takes back', async t => {
  const [first, second] = [await freePort(), await freePort()]
  const worker = rig(t)
  worker.apply(on(first))
  t.match(await worker.next('applied'), { error: null, lost: 0 })
  worker.setAgrees(false)
  worker.apply(on(second))
  t.match(await worker.next('prepared'), { error: null })
  t.match(await worker.next('release'), { address: { port: second } })
  t.match(await worker.next('applied'), { error: { message: /another process/ }, notices: [] })
  worker.setAgrees(true)
  worker.apply(
    on(first).replace('127.0.0.1', '192.0.2.1').replace('name: s', 'name: s, open: true'),
    true,
  )
  t.match(await worker.next('applied'), {
    error: null,
    lost: 1,
    notices: [{ type: 'listener-lost', address: `192.0.2.1:${first}` }],
  })
  worker.tell({ type: 'drain' })
  t.equal(await worker.status, 0)
})

t.test('without its primary a change that waits is taken back, and it drains', async t => {
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
