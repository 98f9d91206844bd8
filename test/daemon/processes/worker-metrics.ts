import t from 'tap'
import { createWorkerMetrics } from '../../../src/daemon/processes/worker-metrics.ts'
import type { Snapshot } from '../../../src/metrics/snapshot.ts'
import { totalOf, valueOf } from '../../../src/metrics/snapshot.ts'

const worker = (listener: string) => {
  let how: string | null = null
  let accepted = 0
  return {
    metrics: (): Snapshot => ({
      eyeballd_connections_total: new Map([[listener, accepted]]),
      eyeballd_connections_active: new Map([[listener, 1]]),
    }),
    ended: () => how,
    accept: (count: number) => void (accepted += count),
    die: () => (how = 'SIGKILL'),
  }
}

t.test('no sum falls when a worker dies and is replaced', async t => {
  const all = createWorkerMetrics()
  all.setListeners(['a'])
  const [one, two, three] = [worker('a'), worker('a'), worker('a')]
  const total = () => totalOf(all.read(), 'eyeballd_connections_total')
  const active = () => valueOf(all.read(), 'eyeballd_connections_active', 'a')
  all.add(one)
  all.add(two)
  one.accept(5)
  two.accept(6)
  t.same([total(), active()], [11, 2])
  one.die()
  t.same([total(), active()], [11, 1])
  all.add(three)
  three.accept(1)
  t.same([total(), active()], [12, 2])
})

t.test('workers that die, of listeners with ever other names, take no memory', async t => {
  const all = createWorkerMetrics()
  for (let n = 0; n < 50; n++) {
    all.setListeners([`listener-${n}`])
    const each = worker(`listener-${n}`)
    all.add(each)
    each.accept(1)
    each.die()
  }
  const read = all.read()
  t.equal(totalOf(read, 'eyeballd_connections_total'), 50)
  t.same([...(read.eyeballd_connections_total?.keys() ?? [])], ['', 'listener-49'])
})
