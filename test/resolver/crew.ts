import t from 'tap'
import { addWait, createAsker, forgive, leave } from '../../src/core/asker.ts'
import { createCrew } from '../../src/resolver/crew.ts'

const setUp = () => {
  const told: string[] = []
  const crew = createCrew('192.0.2.1', () => told.push('empty'))
  addWait(crew.asker, { drop: () => told.push('left') })
  return { crew, told }
}

t.test('it leaves with the last who waits', async t => {
  const { crew, told } = setUp()
  const [one, two] = [createAsker(), createAsker()]
  crew.join(one, () => told.push('one'))
  crew.join(two, () => told.push('two'))
  t.equal(crew.asker.client, '192.0.2.1')
  leave(one)
  t.same(told, ['one'])
  leave(two)
  t.same(told, ['one', 'two', 'empty', 'left'])
})

t.test('who has had an answer does not count', async t => {
  const { crew, told } = setUp()
  const [one, two] = [createAsker(), createAsker()]
  const answered = crew.join(one, () => told.push('one'))
  crew.join(two, () => told.push('two'))
  answered()
  answered()
  leave(one)
  t.same(told, ['one'])
  leave(two)
  t.same(told, ['one', 'two', 'empty', 'left'])
})

t.test('the process itself never leaves', async t => {
  const { crew, told } = setUp()
  const one = createAsker()
  crew.join(undefined, () => told.push('process'))
  crew.join(one, () => told.push('one'))
  leave(one)
  t.same(told, ['one'])
})

t.test('what is in flight is owed by the last', async t => {
  const { crew } = setUp()
  const [one, two] = [createAsker(), createAsker()]
  crew.join(one, () => {})
  crew.join(two, () => {})
  addWait(crew.asker, { drop: () => (crew.asker.owed += 2) })
  leave(one)
  leave(two)
  t.same([one.owed, two.owed], [0, 1])
  forgive(crew.asker)
  t.equal(two.owed, 1)
  forgive(crew.asker)
  t.equal(two.owed, 0)
})
