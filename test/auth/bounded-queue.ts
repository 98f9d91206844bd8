import t from 'tap'
import { createBoundedQueue } from '../../src/auth/bounded-queue.ts'

const deferred = () => {
  let resolve = (_text: string): void => {}
  let reject = (_error: Error): void => {}
  const promise = new Promise<string>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

t.test('runs so many at once, lets so many wait, refuses the rest', async t => {
  const queue = createBoundedQueue(2, 1)
  const tasks = [deferred(), deferred(), deferred()]
  const started: number[] = []
  const results = tasks.map((task, i) =>
    queue.run(() => {
      started.push(i)
      return task.promise
    }),
  )
  t.strictSame(started, [0, 1])
  t.equal(
    queue.run(async () => 'never'),
    undefined,
    'one too many is refused at once',
  )
  tasks[1]?.resolve('b')
  t.equal(await results[1], 'b')
  t.strictSame(started, [0, 1, 2], 'a place that is free is used')
  tasks[0]?.resolve('a')
  tasks[2]?.resolve('c')
  t.strictSame([await results[0], await results[1], await results[2]], ['a', 'b', 'c'])
  t.equal(await queue.run(async () => 'again'), 'again')
})

t.test('a task that fails frees its place', async t => {
  const queue = createBoundedQueue(1, 1)
  const task = deferred()
  const first = queue.run(() => task.promise)
  const second = queue.run(async () => 'next')
  task.reject(new Error('broken'))
  await t.rejects(async () => first, { message: 'broken' })
  t.equal(await second, 'next')
})
