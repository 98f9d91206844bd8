import t from 'tap'
import { createRaceCount } from '../../src/eyeballs/race-count.ts'

t.test('whenIdle calls back at once if no race runs', async t => {
  const { begun, over, whenIdle } = createRaceCount()
  let calls = 0
  whenIdle(() => calls++)
  t.equal(calls, 1)
  begun()
  over()
  t.equal(calls, 1, 'once')
})

t.test('whenIdle waits for the end of the last race', async t => {
  const { begun, over, whenIdle } = createRaceCount()
  const calls: string[] = []
  begun()
  begun()
  whenIdle(() => {
    calls.push('one')
    whenIdle(() => calls.push('within'))
  })
  whenIdle(() => calls.push('two'))
  over()
  t.same(calls, [])
  begun()
  over()
  t.same(calls, [])
  over()
  t.same(calls, ['one', 'within', 'two'])
  begun()
  over()
  t.equal(calls.length, 3)
})
