import t from 'tap'
import fc from 'fast-check'
import type { TurnsOptions } from '../../src/core/turns.ts'
import { createTurns } from '../../src/core/turns.ts'

/** Turns whose events are kept, in order; a turn is called by its client and number: `a1`. */
const createRig = (options: TurnsOptions) => {
  const turns = createTurns(options)
  const events: string[] = []
  const leaves = new Map<string, () => void>()
  const numbers = new Map<string, number>()
  const enter = (client: string): string => {
    const number = (numbers.get(client) ?? 0) + 1
    numbers.set(client, number)
    const name = `${client}${number}`
    const leave = turns.enter({
      client,
      run: () => events.push(`${name} runs`),
      refuse: () => events.push(`${name} refused`),
    })
    leaves.set(name, leave)
    return name
  }
  return {
    turns,
    enter: (...clients: string[]) => clients.map(enter),
    leave: (...names: string[]) => {
      for (const name of names) leaves.get(name)?.()
    },
    /** What has happened since it was last asked. */
    events: () => events.splice(0),
  }
}

t.test('a place that is free is taken at once, and given to the next when it is given back', t => {
  const { turns, enter, leave, events } = createRig({ max: 2, waitingMax: 9, ratio: Infinity })
  enter('a', 'a', 'a', 'a')
  t.strictSame(events(), ['a1 runs', 'a2 runs'])
  t.strictSame([turns.active(), turns.waiting()], [2, 2])
  leave('a1')
  t.strictSame(events(), ['a3 runs'])
  leave('a1')
  t.strictSame(events(), [], 'a place is given back once')
  leave('a4')
  t.strictSame([turns.active(), turns.waiting()], [2, 0], 'a turn that waits may leave')
  leave('a2', 'a3')
  t.strictSame(events(), [])
  t.strictSame([turns.active(), turns.waiting()], [0, 0])
  t.end()
})

t.test('one client never takes all places', t => {
  for (const [max, ratio, most] of [
    [2, 1, 1],
    [64, 1, 32],
    [64, 3, 48],
    [1, 1, 1],
  ] as const) {
    const { enter, events } = createRig({ max, waitingMax: 200, ratio })
    enter(...Array.from({ length: 100 }, () => 'a'))
    t.equal(events().length, most, `${most} of ${max} with a ratio of ${ratio}`)
    enter('b')
    t.strictSame(events(), max === 1 ? [] : ['b1 runs'], 'and another client waits for none of it')
  }
  t.end()
})

t.test('many clients that flood leave room for one that comes later', t => {
  const { turns, enter, events } = createRig({ max: 64, waitingMax: 10_000, ratio: 3 })
  for (let round = 0; round < 100; round++) enter('a', 'b', 'c', 'd')
  t.ok(turns.active() < 64)
  events()
  enter('e')
  t.strictSame(events(), ['e1 runs'])
  t.end()
})

t.test('clients that wait are served round robin', t => {
  const { enter, leave, events } = createRig({ max: 1, waitingMax: 9 })
  enter('a', 'a', 'a', 'b', 'c', 'b')
  const order = []
  for (let [event] = events(); event !== undefined; [event] = events()) {
    const [name = ''] = event.split(' ')
    order.push(name)
    leave(name)
  }
  t.strictSame(order, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2'])
  t.end()
})

t.test('where too many wait, the client with most of them loses its newest', t => {
  const { turns, enter, leave, events } = createRig({ max: 1, waitingMax: 3 })
  enter('a', 'a', 'a', 'a')
  t.strictSame(events(), ['a1 runs'])
  enter('b')
  t.strictSame(events(), ['a4 refused'], 'not the one that came last')
  enter('a')
  t.strictSame(events(), ['a5 refused'], 'its own newest is the one that has just come')
  t.equal(turns.waiting(), 3)
  leave('a4', 'a5')
  t.strictSame([turns.active(), turns.waiting()], [1, 3], 'what was refused gives nothing back')
  leave('a1', 'a2', 'b1', 'a3')
  t.strictSame([turns.active(), turns.waiting()], [0, 0])
  t.end()
})

t.test('no turn may wait where none is allowed to', t => {
  const { enter, events } = createRig({ max: 1, waitingMax: 0 })
  enter('a', 'b')
  t.strictSame(events(), ['a1 runs', 'b1 refused'])
  t.end()
})

t.test(
  'whatever comes and leaves, the counts hold and nobody waits for a place that is theirs',
  t => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ client: fc.constantFrom('a', 'b', 'c') }),
        fc.record({ leave: fc.nat({ max: 40 }) }),
      ),
      { maxLength: 60 },
    )
    const sizes = fc.record({ max: fc.integer({ min: 1, max: 4 }), waitingMax: fc.nat({ max: 6 }) })
    fc.assert(
      fc.property(steps, sizes, (all, options) => {
        const { turns, enter, leave, events } = createRig(options)
        const names: string[] = []
        const states = new Map<string, string>()
        for (const step of all) {
          if ('client' in step) {
            const [name = ''] = enter(step.client)
            names.push(name)
            states.set(name, states.get(name) ?? 'waits')
          } else {
            const name = names[step.leave % Math.max(1, names.length)]
            if (name !== undefined) {
              leave(name)
              states.set(name, 'left')
            }
          }
          for (const event of events()) {
            const [name = '', what = ''] = event.split(' ')
            if (states.get(name) !== 'waits') return false
            states.set(name, what)
          }
          const count = (state: string): number =>
            [...states.values()].filter(each => each === state).length
          if (turns.active() !== count('runs') || turns.waiting() !== count('waits')) return false
          if (turns.active() > options.max || turns.waiting() > options.waitingMax) return false
          // A client with no place has one as long as any is free.
          if (turns.active() < options.max) {
            for (const client of ['a', 'b', 'c']) {
              const own = [...states].filter(([name]) => name.startsWith(client))
              const has = (state: string): boolean => own.some(([, each]) => each === state)
              if (has('waits') && !has('runs')) return false
            }
          }
        }
        return true
      }),
      { numRuns: 500 },
    )
    t.end()
  },
)
