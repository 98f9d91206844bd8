import t from 'tap'
import type { Shape } from '../../src/cli/answer-shape.ts'
import { misfitIn } from '../../src/cli/answer-shape.ts'

t.test('the path of the first part with another form', async t => {
  const shape: Shape = {
    fields: {
      at: 'moment',
      name: 'text?',
      hops: { list: { fields: { n: 'number' }, masked: true }, masked: true },
      list: { list: { fields: { n: 'number', text: 'text' } } },
      winner: { fields: { address: 'text' }, optional: true },
      rest: 'any',
    },
  }
  const good = {
    at: 8.64e15,
    name: null,
    hops: ['text', { n: 1 }],
    list: [{ n: 1, text: 'a' }],
    winner: null,
    other: 5,
  }
  t.equal(misfitIn(good, shape), null)
  t.equal(misfitIn({ ...good, name: 'a', hops: 'text', winner: { address: 'a' } }, shape), null)
  t.equal(misfitIn({ ...good, list: [] }, shape), null)
  const cases: readonly (readonly [object, string])[] = [
    [{ at: 1e308 }, 'at'],
    [{ at: '1' }, 'at'],
    [{ name: 5 }, 'name'],
    [{ hops: 5 }, 'hops'],
    [{ hops: ['text', 5] }, 'hops[1]'],
    [{ list: 'text' }, 'list'],
    [{ list: [null] }, 'list[0]'],
    [
      {
        list: [
          { n: 1, text: 'a' },
          { n: '1', text: 'a' },
        ],
      },
      'list[1].n',
    ],
    [{ list: [{ n: 1 }] }, 'list[0].text'],
    [{ winner: 'text' }, 'winner'],
    [{ winner: {} }, 'winner.address'],
  ]
  for (const [part, path] of cases) t.equal(misfitIn({ ...good, ...part }, shape), path, path)
  for (const value of [null, undefined, 5, 'text', []])
    t.type(misfitIn(value, shape), 'string', String(value))
})
