import fc from 'fast-check'
import t from 'tap'

import { createEarlyData, EARLY_DATA_MAX_BYTES } from '../../src/listener/early-data.ts'

t.test('one piece is not copied, and is given out once', async t => {
  const early = createEarlyData()
  const piece = Buffer.from('piece')
  t.equal(early.size(), 0)
  t.equal(early.take().length, 0)
  early.push(piece)
  early.push(Buffer.alloc(0))
  t.equal(early.size(), 5)
  t.equal(early.take(), piece)
  t.equal(early.size(), 0)
  t.equal(early.take().length, 0)
})

t.test('it is full at 64 KiB, and keeps what goes beyond', async t => {
  const early = createEarlyData()
  early.push(Buffer.alloc(EARLY_DATA_MAX_BYTES - 1))
  t.equal(early.full(), false)
  early.push(Buffer.alloc(1))
  t.equal(early.full(), true)
  early.push(Buffer.alloc(9))
  t.equal(early.take().length, EARLY_DATA_MAX_BYTES + 9)
  t.equal(early.full(), false)
})

t.test('all of it can be looked at, again and again, and stays', async t => {
  const early = createEarlyData()
  t.equal(early.peek().length, 0)
  const piece = Buffer.from('piece')
  early.push(piece)
  t.equal(early.peek(), piece, 'one piece is not copied')
  early.push(Buffer.from(' by piece'))
  t.equal(Buffer.from(early.peek()).toString(), 'piece by piece')
  t.equal(early.peek(), early.peek(), 'it is joined once')
  early.push(Buffer.from('!'))
  t.equal(early.size(), 15)
  t.equal(Buffer.from(early.take()).toString(), 'piece by piece!')
  t.equal(early.peek().length, 0)
})

t.test('however the bytes were cut, they come out in order', async () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 300 }), pieces => {
      const early = createEarlyData()
      for (const piece of pieces) early.push(piece)
      const all = Buffer.concat(pieces)
      return early.size() === all.length && all.equals(early.take())
    }),
  )
})
