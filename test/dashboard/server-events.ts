import fc from 'fast-check'
import t from 'tap'
import type { ServerEvent } from '../../src/dashboard/server-events.ts'
import { createServerEvents, EVENT_MAX_CHARS } from '../../src/dashboard/server-events.ts'

const all = (...pieces: readonly string[]): ServerEvent[] => {
  const events = createServerEvents()
  return pieces.flatMap(piece => events.push(piece))
}

t.test('events have type, data and the last id', async t => {
  t.same(
    all('id: 7\ndata: one\n\n', 'event: skipped\ndata: two\ndata:three\n\n', ': a comment\n\n'),
    [
      { type: 'message', data: 'one', lastId: '7' },
      { type: 'skipped', data: 'two\nthree', lastId: '7' },
    ],
  )
})

t.test('lines end in LF, CR LF or CR', async t => {
  const one = [{ type: 'message', data: 'x', lastId: '1' }]
  t.same(all('id:1\ndata:x\n\n'), one)
  t.same(all('id:1\r\ndata:x\r\n\r\n'), one)
  t.same(all('id:1\rdata:x\r\r\n'), one)
  t.same(all('id:1\r', '\ndata:x\r', '\n\r', '\n'), one, 'a CR LF in two pieces is one end')
})

t.test('what is no event makes none', async t => {
  t.same(all('\n\n'), [], 'empty lines')
  t.same(all('event: a\n\n'), [], 'no data')
  t.same(all('data: x\n'), [], 'not yet complete')
  t.same(all('other: x\nnonsense\n\n'), [], 'unknown fields')
  t.same(all('event: a\n\ndata: x\n\n'), [{ type: 'message', data: 'x', lastId: '' }])
  t.same(all('data\n\n'), [{ type: 'message', data: '', lastId: '' }], 'a field without a value')
  t.same(all('\uFEFFdata: x\n\n')[0]?.data, 'x', 'a byte order mark')
  t.same(all('id: a\0b\ndata: x\n\n')[0]?.lastId, '', 'an id with NUL')
})

t.test('the server names the delay of a new connection', async t => {
  const events = createServerEvents()
  t.equal(events.retryMs(), undefined)
  events.push('retry: 2000\nretry: 1s\n\n')
  t.equal(events.retryMs(), 2000)
})

t.test('an event that is too long is dropped, and the next one read', async t => {
  const half = 'x'.repeat(EVENT_MAX_CHARS / 2 + 10)
  const next = [{ type: 'message', data: 'next', lastId: '' }]
  t.same(all(`data: ${half}\ndata: ${half}\n\ndata: next\n\n`), next, 'of several lines')
  t.same(all(`data: ${half}`, half, half, half, half, '\n\ndata: next\n\n'), next, 'of one line')
})

t.test('pieces of any size make the same events', async t => {
  const line = fc.constantFrom('data: a', 'data:b', 'id: 5', 'event: e', ': c', '', '', 'retry: 9')
  const end = fc.constantFrom('\n', '\r\n', '\r')
  const text = fc.array(fc.tuple(line, end).map(([a, b]) => a + b)).map(lines => lines.join(''))
  fc.assert(
    fc.property(text, fc.array(fc.nat(9)), (whole, sizes) => {
      const pieces: string[] = []
      let rest = whole
      for (const size of sizes) {
        pieces.push(rest.slice(0, size))
        rest = rest.slice(size)
      }
      // A last line feed completes a CR at the end; it adds no event of its own to a whole one.
      t.same(all(...pieces, rest, '\n'), all(whole, '\n'))
    }),
  )
})
