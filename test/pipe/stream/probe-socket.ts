import t from 'tap'
import { probeSocket } from '../../../src/pipe/stream/probe-socket.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { socketPair, until } from '../../fixtures/socket-pair.ts'

t.test('a live connection answers with nothing, and carries nothing', async t => {
  const { outer, inner } = await socketPair(t)
  t.equal(await new Promise(resolve => t.ok(probeSocket(inner, resolve))), null)
  outer.once('data', () => t.fail('nothing was sent')).resume()
  await allArrived()
})

t.test('a paused socket that was reset answers with the error', async t => {
  const { outer, inner } = await socketPair(t)
  const emitted = new Promise(resolve => inner.once('error', resolve))
  outer.resetAndDestroy()
  await allArrived()
  t.notOk(inner.destroyed, 'it does not know by itself')
  t.match(await new Promise(resolve => probeSocket(inner, resolve)), { code: 'ECONNRESET' })
  t.match(await emitted, { code: 'ECONNRESET' })
})

t.test('what cannot be asked says so', async t => {
  const ended = await socketPair(t)
  ended.inner.end()
  t.equal(
    probeSocket(ended.inner, () => t.fail('asked')),
    false,
  )
  const busy = await socketPair(t)
  busy.inner.write(Buffer.alloc(16 * 1024 * 1024))
  await until('backpressure', () => busy.inner.writableLength > 0)
  t.equal(
    probeSocket(busy.inner, () => t.fail('asked')),
    false,
  )
})
