import t from 'tap'
import { createFailedSocket } from '../../../src/net/node/failed-socket.ts'

void t.test('it fails for whoever takes it, and holds nothing open', async t => {
  const before = process.getActiveResourcesInfo().length
  const socket = createFailedSocket()
  t.equal(socket.writable, true, 'agents take no other')
  const error = new Error('nobody won')
  const heard = new Promise(resolve => socket.once('error', resolve))
  socket.destroy(error)
  t.equal(await heard, error)
  t.equal(process.getActiveResourcesInfo().length, before)
  createFailedSocket().destroy(new Error('nobody hears this one'))
  await new Promise(setImmediate)
})
