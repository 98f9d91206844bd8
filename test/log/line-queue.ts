import fc from 'fast-check'
import t from 'tap'
import { createLineQueue } from '../../src/log/line-queue.ts'

t.test('bytes are counted, not characters', async t => {
  const queue = createLineQueue(6)
  t.ok(queue.push('éé\n'))
  t.notOk(queue.push('é'))
  t.ok(queue.push('x'))
  t.equal(queue.waiting(), 6)
  queue.clear()
  t.equal(queue.waiting(), 0)
  t.equal(queue.chunk().length, 0)
})

t.test('bytes come out in order, however they are taken', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30_000), fc.nat(90_000)), { maxLength: 60 }), steps => {
      const queue = createLineQueue(1_000_000)
      let [given, got] = ['', '']
      for (const [n, take] of steps) {
        const line = `${n} ${'é'.repeat(n / 10)}\n`
        if (queue.push(line)) given += line
        const part = queue.chunk().subarray(0, take)
        got += part.toString('latin1')
        queue.take(part.length)
      }
      for (let part = queue.chunk(); part.length > 0; part = queue.chunk()) {
        got += part.toString('latin1')
        queue.take(part.length)
      }
      return Buffer.from(got, 'latin1').toString() === given && queue.waiting() === 0
    }),
    { numRuns: 50 },
  )
})

t.test(
  'the memory of a written chunk is reused, unless another thread still writes it',
  async t => {
    const queue = createLineQueue(1_000_000)
    queue.push('first\n')
    const first = queue.chunk()
    queue.push('second\n')
    queue.take(first.length)
    const second = queue.chunk()
    queue.push('third\n')
    t.equal(first.toString(), 'third\n', 'in the memory of the first chunk')
    queue.leave()
    t.equal(queue.waiting(), 6)
    t.equal(queue.chunk().toString(), 'third\n')
    queue.push('fourth\n')
    t.equal(second.toString(), 'second\n')
    const long = `${'x'.repeat(100_000)}\n`
    queue.push(long)
    queue.take(6)
    t.equal(queue.chunk().toString(), 'fourth\n')
    queue.take(7)
    t.equal(queue.chunk().toString(), long)
    queue.take(long.length)
    t.equal(queue.waiting(), 0)
  },
)

t.test('many lines are taken in chunks', async t => {
  const queue = createLineQueue(10_000_000)
  for (let n = 0; n < 20_000; n++) queue.push(`${String(n).padStart(99)}\n`)
  let count = 0
  for (let part = queue.chunk(); part.length > 0; part = queue.chunk()) {
    t.ok(part.length <= 64 * 1024 + 100)
    count += part.length / 100
    queue.take(part.length)
  }
  t.equal(count, 20_000)
})
