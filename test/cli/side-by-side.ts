import t from 'tap'
import { runSideBySide } from '../../src/cli/side-by-side.ts'

/** Runs that end when the test says so. */
const setUp = (names: readonly string[], atOnce: number, isWanted = () => true) => {
  const ends = new Map<string, { resolve: (text: string) => void; reject: (e: Error) => void }>()
  const begun: string[] = []
  const emitted: string[] = []
  const steps: string[] = []
  const over = runSideBySide(names, {
    atOnce,
    isWanted,
    run: name => {
      begun.push(name)
      return new Promise<string>((resolve, reject) => ends.set(name, { resolve, reject }))
    },
    emit: (result, name) => void emitted.push(`${name}=${result}`),
    nameOf: name => name,
    onStep: ({ running, done }) => void steps.push(`${done}: ${running.join(' ')}`),
  })
  const settle = async (name: string, error?: Error): Promise<void> => {
    if (error) ends.get(name)?.reject(error)
    else ends.get(name)?.resolve(name.toUpperCase())
    await new Promise(resolve => setImmediate(resolve))
  }
  return { over, settle, begun, emitted, steps }
}

t.test('so many run at a time, and results come in the order of the items', async t => {
  const { over, settle, begun, emitted, steps } = setUp(['a', 'b', 'c', 'd'], 2)
  t.strictSame(begun, ['a', 'b'])
  await settle('b')
  t.strictSame(begun, ['a', 'b', 'c'], 'a place that is free is used')
  t.strictSame(emitted, [], 'b waits for a')
  await settle('a')
  t.strictSame(emitted, ['a=A', 'b=B'])
  await settle('d')
  await settle('c')
  await over
  t.strictSame(emitted, ['a=A', 'b=B', 'c=C', 'd=D'])
  t.strictSame(steps.slice(0, 4), ['0: a', '0: a b', '1: a', '1: a c'])
  t.equal(steps.at(-1), '4: ')
})

t.test('after a failure nothing is begun or emitted', async t => {
  const { over, settle, begun, emitted } = setUp(['a', 'b', 'c', 'd'], 2)
  const failed = t.rejects(over, { message: 'no' })
  await settle('b', new Error('no'))
  await failed
  await settle('a')
  t.strictSame(begun, ['a', 'b'])
  t.strictSame(emitted, [])
})

t.test('once nobody reads, nothing more is begun', async t => {
  let isRead = true
  const { over, settle, begun, emitted } = setUp(['a', 'b', 'c', 'd'], 2, () => isRead)
  await settle('a')
  isRead = false
  await settle('b')
  await settle('c')
  await over
  t.strictSame(begun, ['a', 'b', 'c'])
  t.strictSame(emitted, ['a=A', 'b=B', 'c=C'])
})

t.test('nothing to do', async t => {
  const { over, begun } = setUp([], 8)
  await over
  t.strictSame(begun, [])
})
