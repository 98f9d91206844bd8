import t from 'tap'
import { TURN_MS, writeList } from '../../src/admin/json-list.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const all = async (pieces: AsyncIterable<string>): Promise<readonly string[]> => {
  const found: string[] = []
  for await (const piece of pieces) found.push(piece)
  return found
}

t.test('a list is written without what is undefined', async t => {
  const clock = createHandClock()
  const list = (...entries: readonly unknown[]) => all(writeList(clock, '{"a":[', entries))
  t.same(await list(), ['{"a":[]}\n'])
  t.same(await list(undefined, 1, undefined, { b: 2 }, undefined), ['{"a":[1,{"b":2}]}\n'])
})

t.test('entries that take long are read in turns of the event loop', async t => {
  const clock = createHandClock()
  const slow = function* (): Generator<number | undefined> {
    for (let n = 0; n < 40; n++) {
      clock.advance(1)
      yield n % 2 === 0 ? n : undefined
    }
  }
  let turns = 0
  const count = (): void => {
    turns++
    if (turns < 100) setImmediate(count)
  }
  setImmediate(count)
  const pieces = await all(writeList(clock, '[[', slow()))
  t.equal(pieces.length, 40 / TURN_MS + 1)
  t.equal(pieces[0], '[[0,2,4,6,8')
  t.ok(turns >= 40 / TURN_MS - 1, `${turns} turns`)
})
