import t from 'tap'
import { nestsTooDeeply } from '../../src/config/nesting.ts'

t.test('deep texts are known before a parser follows them', async t => {
  const deep = [
    '['.repeat(101),
    '{a: '.repeat(101),
    `a: ${'[ '.repeat(5000)}`,
    '- '.repeat(120),
    `a:\n${' '.repeat(201)}b: 1`,
  ]
  for (const text of deep) t.ok(nestsTooDeeply(text), text.slice(0, 20))
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
  for (const text of fine) t.notOk(nestsTooDeeply(text), text.slice(0, 20))
})
