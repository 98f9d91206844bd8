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

t.test('it asks whether to go through with a change', async t => {
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

t.test('where the primary is gone each question has an answer', async t => {
  const link = createWorkerLink(() => {})
  const before = [link.hold(question), link.place(address), link.decide(null)]
  link.end()
  const after = [link.hold(question), link.place(address), link.decide(null)]
  for (const answers of [before, after])
    t.match(await Promise.all(answers), [
      { error: { message: /gone/ } },
      { message: /gone/ },
      false,
    ])
})
