import { existsSync } from 'node:fs'
import t from 'tap'
import { socketDescriptor } from '../../src/libc/socket-descriptor.ts'
import { socketPair } from '../fixtures/socket-pair.ts'

t.test('a socket of Node has a descriptor while it is open', async t => {
  const { inner } = await socketPair(t)
  const fd = socketDescriptor(inner)
  if (process.platform === 'linux') {
    t.ok(fd > 2)
    t.ok(existsSync(`/proc/self/fd/${fd}`))
  }
  inner.destroy()
  t.equal(socketDescriptor(inner), -1)
})

t.test('a socket that says its own is believed', async t => {
  t.equal(socketDescriptor({ descriptor: 7 }), 7)
  t.equal(socketDescriptor({ descriptor: -1, _handle: { fd: 8 } }), -1, 'it is closed')
})

t.test('what has none says so', async t => {
  for (const socket of [{}, { _handle: null }, { _handle: {} }, { _handle: { fd: '3' } }]) {
    t.equal(socketDescriptor(socket), -1)
  }
})
