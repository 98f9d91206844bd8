import fc from 'fast-check'
import t from 'tap'
import { createByteReader } from '../../src/core/byte-reader.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

void t.test('an empty reader has nothing', async t => {
  const reader = createByteReader()
  t.equal(reader.length(), 0)
  t.equal(reader.peek(0), undefined)
  t.equal(reader.take(1), undefined)
  t.equal(reader.take(0)?.length, 0)
  t.equal(reader.rest().length, 0)
})

void t.test('too little is not consumed', async t => {
  const reader = createByteReader()
  reader.append(bytes(1, 2))
  t.equal(reader.take(3), undefined)
  t.equal(reader.length(), 2)
  reader.append(bytes(3, 4))
  t.same(reader.take(3), bytes(1, 2, 3))
  t.equal(reader.length(), 1)
  t.equal(reader.peek(0), 4)
  t.equal(reader.peek(1), undefined)
})

void t.test('pieces join across what was taken', async t => {
  const reader = createByteReader()
  reader.append(bytes(1, 2, 3))
  t.same(reader.take(2), bytes(1, 2))
  reader.append(bytes())
  reader.append(bytes(4))
  t.same(reader.rest(), bytes(3, 4))
  t.equal(reader.length(), 0)
  reader.append(bytes(5))
  t.same(reader.take(1), bytes(5))
})

void t.test('one piece is handed on without a copy', async t => {
  const reader = createByteReader()
  const piece = bytes(1, 2, 3)
  reader.append(piece)
  t.equal(reader.take(2)?.buffer, piece.buffer)
  t.equal(reader.rest().buffer, piece.buffer)
})

void t.test('however it is cut and taken, it is read as if it had come at once', async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ append: fc.uint8Array({ maxLength: 6 }) }),
      fc.record({ take: fc.nat(8) }),
      fc.record({ peek: fc.nat(8) }),
      fc.constant({ rest: true }),
    ),
  )
  fc.assert(
    fc.property(steps, all => {
      const reader = createByteReader()
      let model: number[] = []
      for (const step of all) {
        if ('append' in step) {
          reader.append(step.append)
          model.push(...step.append)
        } else if ('take' in step) {
          const taken = reader.take(step.take)
          const wanted = model.length < step.take ? undefined : model.splice(0, step.take)
          if (String(taken) !== String(wanted)) return false
        } else if ('peek' in step) {
          if (reader.peek(step.peek) !== model[step.peek]) return false
        } else {
          if (String(reader.rest()) !== String(model)) return false
          model = []
        }
        if (reader.length() !== model.length) return false
      }
      return true
    }),
    { numRuns: 1000 },
  )
})
