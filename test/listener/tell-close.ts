import t from 'tap'
import { nothingMoved, tellClose } from '../../src/listener/tell-close.ts'
import { createState, FACTS } from '../fixtures/session-state.ts'

t.test('the end of a connection that never was in the pipe', async t => {
  const { state, events } = createState()
  tellClose(state, nothingMoved('drain'))
  t.equal(state.phase, 'over')
  t.same(events, [
    {
      type: 'close',
      bytesUp: 0,
      bytesDown: 0,
      engine: 'stream',
      reason: 'drain',
      durationMs: 60,
      ...FACTS,
    },
  ])
  t.match(nothingMoved('drain', 7), { bytesUp: 7, bytesDown: 0 }, 'the target may have had some')
})
