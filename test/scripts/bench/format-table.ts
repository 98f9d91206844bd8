import t from 'tap'
import {
  formatCell,
  formatFailures,
  formatTable,
  formatValue,
} from '../../../scripts/bench/format-table.ts'
import { markdownTable } from '../../../scripts/bench/markdown-table.ts'
import { benchResults, samplesOf } from '../../fixtures/bench-results.ts'

t.test('columns are aligned', async t => {
  const table = markdownTable([
    ['name', 'a', 'longer'],
    ['first', '12345', ''],
  ])
  t.equal(
    table,
    ['| name  |     a | longer |', '| ----- | ----: | -----: |', '| first | 12345 |        |'].join(
      '\n',
    ),
  )
})

t.test('values and cells', async t => {
  t.equal(formatValue(12_345.6, { digits: 0 }), '12,346')
  t.equal(formatValue(2, { digits: 1 }), '2.0')
  t.equal(formatCell(undefined, { digits: 1 }), '')
  t.equal(formatCell({ median: 1.25, rounds: [], failed: 0 }, { digits: 2 }), '1.25')
  t.equal(formatCell({ median: 1.25, rounds: [], failed: 2 }, { digits: 2 }), '1.25 (2 failed)')
  t.equal(formatCell({ median: undefined, rounds: [], failed: 3 }, { digits: 2 }), 'failed')
})

t.test('the table holds the splice engine against the others', async t => {
  const results = benchResults([
    ...samplesOf('down1', 'direct', { down1: 40 }),
    ...samplesOf('down1', 'eyeballd splice, Node 26', { down1: 20 }),
    ...samplesOf('down1', 'eyeballd stream, Node 26', { down1: 8 }),
    ...samplesOf('down1', 'fast', { down1: 10 }),
    ...samplesOf('down1', 'slow', 'lost a byte'),
    ...samplesOf('idle', 'fast', { held: 4000 }),
  ])
  const lines = formatTable(results)
    .split('\n')
    .map(line => line.split('|').map(cell => cell.trim()))
  t.same(lines[0]?.slice(-3), ['÷ best peer', '÷ direct', ''])
  t.same(lines[2]?.slice(1, -1), [
    'download, 1 connection, Gbit/s',
    '40.0',
    '20.0',
    '8.0',
    'failed',
    '10.0',
    '2.00',
    '0.50',
  ])
  t.same(lines.at(-1)?.slice(1, -1), ['idle connections held', '', '', '', '', '4,000', '', ''])
  const { contenders, ...rest } = results
  const alone = contenders.filter(({ engine }) => engine !== 'splice')
  t.match(formatTable({ ...rest, contenders: alone }), / 0\.80 \| +0\.20 /, 'or the only engine')
})

t.test('failures are listed once, with how often', async t => {
  const results = benchResults([
    ...samplesOf('down1', 'slow', 'lost a byte', { down1: 1 }, 'lost a byte'),
    ...samplesOf('ping', 'slow', 'stuck'),
  ])
  t.same(formatFailures(results), ['slow, down1: lost a byte; in 2 rounds', 'slow, ping: stuck'])
  t.same(formatFailures(benchResults([])), [])
})
