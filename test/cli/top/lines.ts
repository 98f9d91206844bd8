import t from 'tap'
import { lineText } from '../../../src/cli/top/lines.ts'

t.test('parts are cut at the end of the line, and colours do not count', async t => {
  t.equal(lineText([['abc', 'red'], ['defg']], 5, false), 'abcd…')
  t.equal(lineText([['abc', 'red'], ['d']], 5, true), '\u001b[31mabc\u001b[0md')
  t.equal(
    lineText(
      [
        ['abcdefgh', 'red'],
        ['d', 'green'],
      ],
      4,
      true,
    ),
    '\u001b[31mabc…\u001b[0m',
  )
  t.equal(lineText([], 5, true), '')
})

t.test('control characters have no effect', async t => {
  t.equal(lineText([['a\u001b[2Jb\nc']], 40, false), 'a\\x1b[2Jb\\x0ac')
})
