import { readlinkSync } from 'node:fs'
import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { loopDescriptor } from '../../src/libc/loop-descriptor.ts'

const { ok } = loadLibc()

void t.test('it is an epoll set', { skip: ok ? false : 'koffi cannot be had here' }, t => {
  const fd = loopDescriptor()
  t.equal(readlinkSync(`/proc/self/fd/${fd}`), 'anon_inode:[eventpoll]')
  t.equal(loopDescriptor(), fd)
  t.end()
})

void t.test('a runtime that does not say it', t => {
  const none = (): never => {
    throw new Error('no such function')
  }
  t.equal(loopDescriptor(none), -1)
  t.equal(
    loopDescriptor(() => ({ load: () => ({ func: none }) })),
    -1,
  )
  t.end()
})
