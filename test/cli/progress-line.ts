import t from 'tap'
import { createNotice, createProgressLine } from '../../src/cli/progress-line.ts'

const screen = (columns: number | undefined, isTTY = true) => {
  const written: string[] = []
  return {
    written,
    output: {
      write: (text: string) => void written.push(text),
      isTTY,
      columns,
      isOpen: () => true,
    },
  }
}

t.test('the line is drawn over the one before, and erased', async t => {
  const { written, output } = screen(40)
  const line = createProgressLine(createNotice(output, {}), 3, 'races')
  line.erase()
  t.strictSame(written, [], 'nothing to erase')
  line.step({ running: ['a:1', 'b:2'], done: 0 })
  t.strictSame(written.splice(0), ['\r\u001b[K0 of 3 races done; under way: a:1, b:2'])
  line.erase()
  line.erase()
  t.strictSame(written.splice(0), ['\r\u001b[K'], 'once')
  line.step({ running: ['b:2'], done: 2 })
  line.step({ running: [], done: 3 })
  t.strictSame(written.splice(0).slice(1), ['\r\u001b[K'], 'nothing is left at the end')
})

t.test('it never wraps, and has no control characters of a name', async t => {
  const { written, output } = screen(40)
  const line = createProgressLine(createNotice(output, {}), 2, 'races')
  line.step({ running: ['x\u001b[2J\n', 'y'.repeat(90)], done: 0 })
  const text = (written[0] ?? '').replace('\r\u001b[K', '')
  t.equal(text.length, 39)
  t.match(text, /^0 of 2 races done; under way: x\\x1b\[2/)
  t.notMatch(text, '\u001b')
})

t.test('no line where no terminal is, nor for one', async t => {
  for (const [{ output, written }, total, TERM] of [
    [screen(undefined, false), 3, 'xterm'],
    [screen(80), 1, 'xterm'],
    [screen(80), 3, 'dumb'],
  ] as const) {
    const line = createProgressLine(createNotice(output, { TERM }), total, 'races')
    line.step({ running: ['a'], done: 0 })
    line.erase()
    t.strictSame(written, [])
  }
})

t.test('a notice of its own', async t => {
  const { written, output } = screen(80)
  const notice = createNotice(output, {})
  notice.show('asking')
  notice.erase()
  t.strictSame(written, ['\r\u001b[Kasking', '\r\u001b[K'])
  createNotice(null, {}).show('x')
})
