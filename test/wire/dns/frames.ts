import t from 'tap'
import { createFrameReader, encodeFrame } from '../../../src/wire/dns/frames.ts'

const MESSAGES = [Buffer.from('hello'), Buffer.alloc(0), Buffer.alloc(65_535, 7), Buffer.from('x')]

t.test('a frame is a message behind its length', async t => {
  t.same([...encodeFrame(Buffer.from('ab'))], [0, 2, 97, 98])
  t.same([...encodeFrame(Buffer.alloc(300)).subarray(0, 2)], [1, 44])
})

t.test('messages come out as they went in, however the stream is cut', async t => {
  const stream = Buffer.concat(MESSAGES.map(encodeFrame))
  for (const size of [1, 2, 3, 1000, 65_536, stream.length]) {
    const read = createFrameReader()
    const messages: Uint8Array[] = []
    for (let at = 0; at < stream.length; at += size) {
      messages.push(...read(stream.subarray(at, at + size)))
    }
    t.same(
      messages.map(message => Buffer.from(message)),
      MESSAGES,
      `by ${size}`,
    )
  }
})

t.test('what is not whole does not come', async t => {
  const read = createFrameReader()
  t.same(read(Uint8Array.from([0])), [])
  t.same(read(Uint8Array.from([2, 97])), [])
  t.same(
    read(Uint8Array.from([98, 0])).map(message => [...message]),
    [[97, 98]],
  )
})
