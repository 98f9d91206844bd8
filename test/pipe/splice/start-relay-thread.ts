import { O } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/types.ts'
import { createRelayMemory, viewRelayMemory } from '../../../src/pipe/splice/relay-memory.ts'
import { putRing } from '../../../src/pipe/splice/ring.ts'
import { startRelayThread } from '../../../src/pipe/splice/start-relay-thread.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { until } from '../../fixtures/socket-pair.ts'

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer)

const begin = async (libc: Libc, defer: (end: () => unknown) => void) => {
  const [wakeFd, notifyFd] = [libc.eventfd(0, O.NONBLOCK), libc.eventfd(0, O.NONBLOCK)]
  defer(() => libc.close(wakeFd))
  defer(() => libc.close(notifyFd))
  const shared = createRelayMemory(4)
  const memory = viewRelayMemory(shared)
  const heard: string[] = []
  const exited = new Promise<void>(resolve => {
    startRelayThread({ memory: shared, wakeFd, notifyFd, pipes: 4 }).listen(
      error => heard.push(error.message),
      () => {
        heard.push('exit')
        resolve()
      },
    )
  })
  await until('it waits', () => Atomics.load(memory.control, 0) === 1)
  const wake = (): void => void libc.write(wakeFd, ONE, ONE.length)
  return { memory, heard, exited, wake }
}

nativeTest('a thread begins, waits, and ends when it is told to', async (t, libc, defer) => {
  const { memory, heard, exited, wake } = await begin(libc, defer)
  Atomics.store(memory.control, 1, 1)
  wake()
  await exited
  t.same(heard, ['exit'])
})

nativeTest('what it throws is heard before its end', async (t, libc, defer) => {
  const { memory, heard, exited, wake } = await begin(libc, defer)
  putRing(memory.submissions, 4)
  wake()
  await exited
  t.match(heard, [/relay 4 of 4/, 'exit'])
})
