import t from 'tap'
import { O } from '../../src/libc/constants.ts'
import { createEpollEvents, wakeUp } from '../../src/libc/epoll-events.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { nth } from '../fixtures/nth.ts'

/** The layout of `struct epoll_event` (epoll_ctl(2)): packed on x64, aligned to eight bytes elsewhere. */
const LAYOUTS = [
  { arch: 'x64', bytes: 12, data: 4 },
  { arch: 'arm64', bytes: 16, data: 8 },
]

void t.test('one event is encoded as the system expects it', t => {
  for (const { arch, bytes, data } of LAYOUTS) {
    const one = Buffer.from(createEpollEvents(1, arch).one(0x8000_2005 | 0, 258, -2))
    t.equal(one.length, bytes, arch)
    t.equal(one.readUInt32LE(0), 0x8000_2005)
    t.equal(one.readInt32LE(data), 258)
    t.equal(one.readInt32LE(data + 4), -2)
  }
  t.end()
})

void t.test('events are decoded as the system writes them', t => {
  for (const { arch, bytes, data } of LAYOUTS) {
    const events = createEpollEvents(3, arch)
    t.equal(events.count, 3)
    t.equal(events.bytes.length, 3 * bytes)
    const written = [
      [0x1, 7, 70],
      [0x2019, 8, -80],
      [0x4, 9, 90],
    ]
    const buffer = Buffer.from(events.bytes.buffer)
    for (const [i, [bits = 0, fd = 0, generation = 0]] of written.entries()) {
      buffer.writeInt32LE(bits, i * bytes)
      buffer.writeInt32LE(fd, i * bytes + data)
      buffer.writeInt32LE(generation, i * bytes + data + 4)
    }
    const read = [0, 1, 2].map(i => [events.events(i), events.fd(i), events.generation(i)])
    t.same(read, written, arch)
    t.same([events.events(3), events.fd(3), events.generation(3)], [0, -1, 0], 'beyond the end')
  }
  t.end()
})

void t.test('one buffer serves every single event', t => {
  const events = createEpollEvents(1)
  t.equal(events.one(1, 2, 3), events.one(4, 5, 6))
  t.equal(nth([...events.bytes], 0), 0, 'and no part of those that are waited for')
  t.end()
})

nativeTest('each wake-up adds one', (t, libc, defer) => {
  const eventFd = libc.eventfd(0, O.NONBLOCK | O.CLOEXEC)
  defer(() => libc.close(eventFd))
  wakeUp(libc, eventFd)
  wakeUp(libc, eventFd)
  const counted = new BigUint64Array(1)
  t.equal(libc.read(eventFd, new Uint8Array(counted.buffer), 8), 8)
  t.equal(counted[0], 2n)
})
