import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { startWorkerProcess } from '../../../src/daemon/processes/start-worker-process.ts'
import type { FromWorker } from '../../../src/daemon/processes/types.ts'
import type { WorkerProcess } from '../../../src/daemon/processes/worker-process.ts'

t.setTimeout(60_000)

const follow = (worker: WorkerProcess) => {
  const told: FromWorker[] = []
  const gone = new Promise<string>(resolve => {
    worker.listen({ message: message => void told.push(message), line: () => {}, gone: resolve })
  })
  const said = async (type: FromWorker['type']): Promise<FromWorker | undefined> => {
    while (!told.some(message => message.type === type)) {
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    return told.find(message => message.type === type)
  }
  return { told, gone, said }
}

t.test('a worker is a process that hears all that it is told', async t => {
  const worker = startWorkerProcess()
  t.ok(worker.pid > 0 && worker.pid !== process.pid)
  const config = parseConfig(
    "{ listeners: [{ protocol: forward, listen: '127.0.0.1:0', target: '192.0.2.1:1', clients: [192.0.2.0/24] }], pipe: { engine: stream }, resolver: { hosts: { a: 192.0.2.1 } } }",
    'test',
  )
  // Before it can hear anything.
  worker.send({ type: 'apply', config, idSuffix: '-1', lenient: false })
  const { gone, said } = follow(worker)
  const question = await said('hold')
  t.match(question, { question: { address: { host: '127.0.0.1', port: 0 } } })
  const id = question?.type === 'hold' ? question.id : 0
  worker.send({
    type: 'held',
    id,
    answer: { address: { type: 'tcp', host: '127.0.0.1', port: 0 }, boundAs: null },
  })
  t.match(await said('prepared'), { error: null })
  worker.send({ type: 'decided', commit: true })
  t.match(await said('applied'), { error: null })
  worker.send({ type: 'drain' })
  t.equal(await gone, 'exit status 0')
  worker.send({ type: 'count' })
})

t.test('one that is killed is gone', async t => {
  const worker = startWorkerProcess()
  const { gone } = follow(worker)
  worker.kill()
  t.equal(await gone, 'SIGKILL')
})
