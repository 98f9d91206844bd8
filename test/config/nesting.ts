import t from 'tap'
import { nestingTooDeepAt } from '../../src/config/nesting.ts'

t.test('deep texts are known before a parser follows them', async t => {
  const deep = [
    ['['.repeat(101), 100],
    ['{a: '.repeat(101), 400],
    [`a: ${'[ '.repeat(5000)}`, 203],
    ['- '.repeat(120), 0],
    [`a:\n${' '.repeat(201)}b: 1`, 3],
  ] as const
  for (const [text, offset] of deep) t.equal(nestingTooDeepAt(text), offset, text.slice(0, 20))
})

t.test('what nests as a configuration does is not deep', async t => {
  const fine = [
    '',
    '['.repeat(100),
    '[]'.repeat(5000),
    ']'.repeat(5000),
    `a:\n${' '.repeat(60)}b: 1`,
    `# ${'-'.repeat(300)}`,
  ]
  for (const text of fine) t.equal(nestingTooDeepAt(text), undefined, text.slice(0, 20))
})
