import { readlinkSync } from 'node:fs'
import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import type { WorkerProcess } from '../../../src/daemon/processes/start-worker-process.ts'
import {
  createLineSplitter,
  startWorkerProcess,
} from '../../../src/daemon/processes/start-worker-process.ts'
import type { FromWorker } from '../../../src/daemon/processes/messages.ts'

t.setTimeout(60_000)

const follow = (worker: WorkerProcess) => {
  const received: FromWorker[] = []
  const gone = new Promise<string>(resolve => {
    worker.listen({
      message: message => void received.push(message),
      line: () => {},
      gone: resolve,
    })
  })
  const next = async (type: FromWorker['type']): Promise<FromWorker | undefined> => {
    while (!received.some(message => message.type === type)) {
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    return received.find(message => message.type === type)
  }
  return { received, gone, next }
}

t.test('a worker process receives all messages', async t => {
  const worker = startWorkerProcess()
  t.ok(worker.pid > 0 && worker.pid !== process.pid)
  const config = parseConfig(
    "{ listeners: [{ protocol: forward, listen: '127.0.0.1:0', target: '192.0.2.1:1', clients: [192.0.2.0/24] }], pipe: { engine: stream }, resolver: { hosts: { a: 192.0.2.1 } } }",
    'test',
  )
  // Sent before the worker listens for messages.
  worker.send({ type: 'apply', config, idSuffix: '-1', lenient: false })
  const { gone, next } = follow(worker)
  const request = await next('reserve')
  t.match(request, { request: { address: { host: '127.0.0.1', port: 0 } } })
  const id = request?.type === 'reserve' ? request.id : 0
  worker.send({
    type: 'reserved',
    id,
    answer: { address: { type: 'tcp', host: '127.0.0.1', port: 0 }, boundAs: null },
  })
  t.match(await next('prepared'), { error: null })
  worker.send({ type: 'decided', commit: true })
  t.match(await next('applied'), { error: null })
  worker.send({ type: 'drain' })
  t.equal(await gone, 'exit status 0')
  worker.send({ type: 'end' })
})

t.test('a passed descriptor that is not open does not keep a worker process', async t => {
  const worker = startWorkerProcess([900, 901])
  const { gone } = follow(worker)
  t.ok(worker.pid > 0)
  worker.kill()
  t.equal(await gone, 'SIGKILL')
})

t.test('a killed worker process is reported as ended', async t => {
  const worker = startWorkerProcess()
  const { gone } = follow(worker)
  worker.kill()
  t.equal(await gone, 'SIGKILL')
})

t.test('a worker process has the passed descriptors, under the same numbers', async t => {
  const folder = '/proc/self/fd'
  // As systemd passes them: from 3 on. Here these numbers are in use, so any open file serves as one.
  const worker = startWorkerProcess([0, 1])
  const { gone } = follow(worker)
  t.equal(readlinkSync(`/proc/${worker.pid}/fd/3`), readlinkSync(`${folder}/0`))
  t.equal(readlinkSync(`/proc/${worker.pid}/fd/4`), readlinkSync(`${folder}/1`))
  worker.kill()
  t.equal(await gone, 'SIGKILL')
})

const TEXT = 'one\n\ntwö €\nthree'

t.test('lines are whole, however the output is split', async t => {
  const bytes = Buffer.from(TEXT)
  for (let size = 1; size <= bytes.length; size++) {
    const lines: string[] = []
    const splitter = createLineSplitter(line => lines.push(line))
    for (let at = 0; at < bytes.length; at += size) splitter.take(bytes.subarray(at, at + size))
    t.same(lines, ['one\n', '\n', 'twö €\n'], `by ${size}`)
    splitter.end()
    splitter.end()
    t.equal(lines.at(-1), 'three\n', 'an unfinished last line is a line too')
    t.equal(lines.length, 4)
  }
})
