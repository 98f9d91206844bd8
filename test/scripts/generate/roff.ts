import t from 'tap'
import { bold, entry, example, page, prose, section } from '../../../scripts/generate/roff.ts'

t.test('what is to be typed comes out as it stands', async t => {
  t.equal(bold('--log-level'), String.raw`\fB\-\-log\-level\fR`)
  t.equal(bold(String.raw`a\n '"~^`), String.raw`\fBa\en \(aq\(dq\(ti\(ha\fR`)
  t.strictSame(prose('With `-l` or -L, well-known -x/-y'), [
    String.raw`With \fB\-l\fR or \-L, well-known \-x/\-y`,
  ])
  t.strictSame(prose('after --, 1 - 2'), ['after --, 1 - 2'])
})

t.test('no line of text is a request', async t => {
  t.strictSame(prose('.npmrc'), [String.raw`\&.npmrc`])
  t.strictSame(prose("'tis"), [String.raw`\&'tis`])
  const lines = prose(`${'a'.repeat(78)} .TH b`)
  t.strictSame(lines, ['a'.repeat(78), String.raw`\&.TH b`])
  t.strictSame(entry('.x', 'y'), ['.TP', String.raw`\&.x`, 'y'])
  t.match(example(['.x']), ['.PP', '.RS 4', '.EX', String.raw`\&.x`])
})

t.test('lines are short', async t => {
  const lines = prose('word '.repeat(100).trim())
  t.ok(lines.length > 5)
  for (const line of lines) t.ok(line.length <= 78, line)
})

t.test('a page begins with its head, and has ASCII alone', async t => {
  const text = page(['x', '1'], '1.2.3', 'Commands', [section('Name', ['.PP', 'x'])])
  t.match(text, /^\.TH X 1 \d{4}-\d\d-\d\d "eyeballd 1\.2\.3" "Commands"$/m)
  t.match(text, /\n\.SH NAME\nx\n$/, 'without a macro behind the head')
  t.throws(() => page(['x', '1'], '1', 'C', [['caf\u00e9']]), { message: /"\u00e9".*not ASCII/ })
})
