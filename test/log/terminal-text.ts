import t from 'tap'
import { createPaint, printable } from '../../src/log/terminal-text.ts'

t.test('texts are coloured only if colours are on', async t => {
  t.equal(createPaint(true)('red', 'x'), '\u001b[31mx\u001b[0m')
  t.equal(createPaint(false)('red', 'x'), 'x')
})

t.test('control characters are escaped, other letters stay', async t => {
  t.equal(printable('a\u001b[2Jb\r\nc\u009bd\u007f'), 'a\\x1b[2Jb\\x0d\\x0ac\\x9bd\\x7f')
  t.equal(printable('\u202egnp.exe'), '\\u202egnp.exe')
  t.equal(printable('münchen.example 東京'), 'münchen.example 東京')
})
