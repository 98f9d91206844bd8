import { existsSync } from 'node:fs'
import t from 'tap'
import { handleDescriptor } from '../../src/libc/handle-descriptor.ts'
import { socketPair } from '../fixtures/socket-pair.ts'

t.test('a socket of Node has a descriptor while it is open', async t => {
  const { inner } = await socketPair(t)
  const fd = handleDescriptor(inner)
  if (process.platform === 'linux') {
    t.ok(fd > 2)
    t.ok(existsSync(`/proc/self/fd/${fd}`))
  }
  inner.destroy()
  t.equal(handleDescriptor(inner), -1)
})

t.test('what has none says so', async t => {
  for (const socket of [{}, { _handle: null }, { _handle: {} }, { _handle: { fd: '3' } }]) {
    t.equal(handleDescriptor(socket), -1)
  }
})
