import fc from 'fast-check'
import t from 'tap'
import type { HiddenText } from '../../src/log/replace-hidden.ts'
import { createReplaceHidden } from '../../src/log/replace-hidden.ts'

const anywhere = (text: string): HiddenText => ({ text, isHidden: () => true })
const alone = (text: string): HiddenText => ({
  text,
  isHidden: (before, after) => !/[a-z]$/i.test(before) && !/^[a-z]/i.test(after),
})

t.test('each occurrence is replaced, in any case', async t => {
  const replace = createReplaceHidden([anywhere('a.b'), anywhere('ſ')], '#')
  t.equal(replace('A.b, a.B, aXb, S'), '#, #, aXb, #')
  t.equal(replace(''), '')
  t.equal(replace('a.b'), '#', 'a second text is searched from its beginning')
})

t.test('an occurrence counts by what stands beside it', async t => {
  const seen: [string, string][] = []
  const isHidden = (before: string, after: string): boolean => {
    seen.push([before, after])
    return before.endsWith(':')
  }
  t.equal(createReplaceHidden([{ text: '80', isHidden }], '#')('80 a:80b 180'), '80 a:#b 180')
  t.same(seen, [
    ['', ' a'],
    ['a:', 'b '],
    [' 1', ''],
  ])
})

t.test('the longest that counts is taken, and what is replaced is not searched', async t => {
  const replace = createReplaceHidden([alone('red'), alone('red sea'), alone('[red]')], '[red]')
  t.equal(replace('red sea red'), '[red] [red]')
  t.equal(replace('red seas'), '[red] seas', 'the longer one does not count here')
  t.equal(replace('bored reds'), 'bored reds')
})

t.test('a search goes on behind a character of two units', async t => {
  const replace = createReplaceHidden([alone('😀'), alone('x')], '#')
  t.equal(replace('a😀 x'), 'a😀 #')
  t.equal(createReplaceHidden([anywhere('\u{de00}')], '#')('😀'), '😀', 'half of it is no text')
})

t.test('it replaces what a regular expression with lookarounds does', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', '1', '.', ':', ' ', '😀', 'é') })
  const texts = fc.array(
    text.filter(each => each !== ''),
    { minLength: 1, maxLength: 4 },
  )
  const isHidden = (before: string, after: string): boolean =>
    !/[\p{L}\p{N}]$/u.test(before) && !/^[\p{L}\p{N}]/u.test(after)
  fc.assert(
    fc.property(
      texts,
      fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', ':', ' ', '😀', 'é'), maxLength: 30 }),
      (hidden, line) => {
        const sources = hidden
          .toSorted((a, b) => b.length - a.length)
          .map(each => each.replaceAll('.', '\\.'))
        const pattern = new RegExp(
          `(?<![\\p{L}\\p{N}])(?:${sources.join('|')})(?![\\p{L}\\p{N}])`,
          'giu',
        )
        const replace = createReplaceHidden(
          hidden.map(each => ({ text: each, isHidden })),
          '#',
        )
        return replace(line) === line.replaceAll(pattern, '#')
      },
    ),
  )
})
