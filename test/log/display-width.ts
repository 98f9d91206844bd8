import t from 'tap'
import { clip, displayWidth, fit } from '../../src/log/display-width.ts'

t.test('the columns of a text', async t => {
  for (const [text, columns] of [
    ['', 0],
    ['example.com', 11],
    ['bücher.example', 14],
    ['bu\u0308cher', 6],
    ['例え.テスト', 11],
    ['한국', 4],
    ['ｆｕｌｌ', 8],
    ['😀x', 3],
    ['a\u200db', 2],
    ['…', 1],
  ] as const) {
    t.equal(displayWidth(text), columns, text)
  }
})

t.test('a text is cut to its columns, never within a character', async t => {
  t.equal(clip('example', 7), 'example')
  t.equal(clip('example', 4), 'exa…')
  t.equal(clip('例え例え', 5), '例え…')
  t.equal(clip('例え例え', 4), '例…', 'half a character has no place')
  t.equal(clip('example', 1), '…')
  t.equal(clip('example', 0), '')
  t.equal(clip('example', -3), '')
})

t.test('a text is filled to its columns', async t => {
  t.equal(fit('ab', 4), 'ab  ')
  t.equal(fit('ab', 4, 'right'), '  ab')
  t.equal(fit('例え例え', 6), '例え… ')
  t.equal(displayWidth(fit('例え例え', 4)), 4)
})
