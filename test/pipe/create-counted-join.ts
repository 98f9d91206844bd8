import t from 'tap'
import { createCountedJoin } from '../../src/pipe/create-counted-join.ts'
import type { Join, PipeResult } from '../../src/pipe/types.ts'

const RESULT: PipeResult = { bytesUp: 1, bytesDown: 2, reason: 'eof', engine: 'stream' }
const LIMITS = { idleTimeoutMs: 1, halfCloseTimeoutMs: 1 }

t.test('pipes that are open are counted, and nothing else is changed', async t => {
  const given: Parameters<Join>[] = []
  const end = (): void => {}
  const { join, open } = createCountedJoin((...all) => {
    given.push(all)
    return end
  })
  const [client, upstream] = [{}, {}] as unknown as Parameters<Join>
  const results: PipeResult[] = []
  for (let i = 1; i <= 2; i++) {
    t.equal(
      join(client, upstream, LIMITS, result => results.push(result)),
      end,
    )
    t.equal(open(), i)
  }
  t.ok(given.every(([c, u, o]) => c === client && u === upstream && o === LIMITS))
  given[0]?.[3](RESULT)
  t.equal(open(), 1)
  t.same(results, [RESULT])
})

t.test('one that could not begin is none', async t => {
  const { join, open } = createCountedJoin(() => {
    throw new Error('a bug')
  })
  const [client, upstream] = [{}, {}] as unknown as Parameters<Join>
  t.throws(() => join(client, upstream, LIMITS, () => {}), { message: 'a bug' })
  t.equal(open(), 0)
})
