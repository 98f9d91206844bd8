import t from 'tap'
import { createStore } from '../../src/dashboard/store.ts'
import { plainRace } from '../fixtures/race-entry.ts'

t.test('readers hear once a frame of all that has changed', async t => {
  const frames: (() => void)[] = []
  const store = createStore(draw => frames.push(draw))
  const seen: number[] = []
  const end = store.subscribe(() => seen.push(store.state().races.length))

  for (let id = 1; id <= 3; id++) store.dispatch({ type: 'races', races: [plainRace({ id })] })
  t.equal(store.state().races.length, 3, 'the state is new at once')
  t.same(seen, [])
  t.equal(frames.length, 1)
  frames.pop()?.()
  t.same(seen, [3])

  store.dispatch({ type: 'races', races: [plainRace({ id: 3 })] })
  t.equal(frames.length, 0, 'nothing has changed')

  store.dispatch({ type: 'races', races: [plainRace({ id: 4 })] })
  end()
  frames.pop()?.()
  t.same(seen, [3], 'a reader that has left hears nothing')
})
