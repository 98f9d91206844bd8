import t from 'tap'
import { createLineReader } from '../../../scripts/soak/read-lines.ts'

const GOOD = '{"level":30,"time":1,"event":"stopped","msg":"ö"}'

const read = (text: string, size: number) => {
  const events: unknown[] = []
  const reader = createLineReader(line => events.push(line.event))
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) reader.take(bytes.subarray(at, at + size))
  return { events, invalid: reader.invalid, rest: reader.rest(), lines: reader.lines() }
}

t.test('lines come out whole, however they are cut', async t => {
  for (const size of [1, 7, 1000]) {
    const { events, invalid, rest } = read(`${GOOD}\n${GOOD}\n`, size)
    t.same([events, invalid, rest], [['stopped', 'stopped'], [], ''])
  }
})

t.test('a line that is no line of the log is found, with its text', async t => {
  for (const bad of ['', '{"level":30', GOOD.slice(20), 'null', '[]', '{"level":30,"time":1}']) {
    const { events, invalid, lines } = read(`${GOOD}\n${bad}\n${GOOD}\n`, 1000)
    t.same([events.length, invalid, lines], [2, [bad], 3], bad)
  }
})

t.test('what comes behind the last newline is a rest', async t => {
  t.equal(read(`${GOOD}\n{"lev`, 3).rest, '{"lev')
})
