import t from 'tap'
import type { FromWorker } from '../../../src/daemon/processes/types.ts'
import { createWorkerLink } from '../../../src/daemon/processes/worker-link.ts'

const address = { type: 'tcp', host: '127.0.0.1', port: 1080 } as const
const question = { address, reusePort: true, mode: 0o600, group: null }

t.test('each question gets its own answer', async t => {
  const sent: FromWorker[] = []
  const link = createWorkerLink(message => sent.push(message))
  const [one, two] = [link.hold(question), link.hold(question)]
  const placed = link.place(address)
  link.release(address)
  t.match(sent, [
    { type: 'hold', id: 1, question },
    { type: 'hold', id: 2 },
    { type: 'place', id: 3, address },
    { type: 'release', address },
  ])
  const error = { code: 'EADDRINUSE', message: 'no' }
  link.take({ type: 'drain' })
  link.take({ type: 'held', id: 2, answer: { error } })
  link.take({ type: 'held', id: 9, answer: { error } })
  link.take({ type: 'placed', id: 9, error })
  link.take({ type: 'placed', id: 3, error: null })
  link.take({ type: 'held', id: 1, answer: { address, boundAs: null } })
  t.same(await one, { address, boundAs: null })
  t.same(await two, { error })
  t.equal(await placed, null)
})
