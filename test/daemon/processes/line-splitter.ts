import t from 'tap'
import { createLineSplitter } from '../../../src/daemon/processes/line-splitter.ts'

const TEXT = 'one\n\ntwö €\nthree'

t.test('lines are whole however they are cut', async t => {
  const bytes = Buffer.from(TEXT)
  for (let size = 1; size <= bytes.length; size++) {
    const lines: string[] = []
    const splitter = createLineSplitter(line => lines.push(line))
    for (let at = 0; at < bytes.length; at += size) splitter.take(bytes.subarray(at, at + size))
    t.same(lines, ['one\n', '\n', 'twö €\n'], `by ${size}`)
    splitter.end()
    splitter.end()
    t.equal(lines.at(-1), 'three\n', 'what a process that died leaves is a line too')
    t.equal(lines.length, 4)
  }
})
