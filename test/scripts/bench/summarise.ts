import t from 'tap'
import { againstDirect, againstPeers, bestPeer } from '../../../scripts/bench/ratios.ts'
import { median, summarise } from '../../../scripts/bench/summarise.ts'
import type { Row } from '../../../scripts/bench/summarise.ts'
import type { Sample } from '../../../scripts/bench/types.ts'
import { benchResults, samplesOf } from '../../fixtures/bench-results.ts'

const SPLICE = 'eyeballd splice, Node 26'
const GIB = 2 ** 30

const rowsOf = (samples: readonly Sample[]) => {
  const results = benchResults(samples)
  const rows = summarise(results)
  const row = (name: string): Row => {
    const found = rows.find(({ measure }) => measure.name === name)
    if (!found) throw new Error(`no row ${name}`)
    return found
  }
  return { rows, row, contenders: results.contenders }
}

t.test('a median is that of the values in order', async t => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 10, 2]), 3)
  t.equal(median([]), undefined)
})

t.test('rows are the medians of the rounds that did not fail', async t => {
  const { rows, row } = rowsOf([
    ...samplesOf('down1', 'direct', { down1: 30 }, { down1: 10 }, { down1: 20 }),
    ...samplesOf('down1', 'slow', { down1: 3 }, 'lost a byte', { down1: 5 }),
    ...samplesOf('down1', 'fast', 'does not start', 'does not start'),
  ])
  const { cells } = row('down1')
  t.same(cells.get('direct'), { median: 20, rounds: [30, 10, 20], failed: 0 })
  t.same(cells.get('slow'), { median: 4, rounds: [3, 5], failed: 1 })
  t.same(cells.get('fast'), { median: undefined, rounds: [], failed: 2 })
  t.equal(cells.has(SPLICE), false, 'who did not take part has no cell')
  t.notOk(
    rows.some(({ measure }) => measure.name === 'ping'),
    'nor is there a row that nobody took part in',
  )
})

t.test('CPU time is that of all bulk of a round', async t => {
  const { row } = rowsOf([
    ...samplesOf('down1', 'slow', { bytes: GIB, cpuMs: 400 }, { bytes: GIB, cpuMs: 100 }),
    ...samplesOf('up1', 'slow', { bytes: 3 * GIB, cpuMs: 800 }, { bytes: GIB, cpuMs: 100 }),
    ...samplesOf('down1', 'direct', { bytes: GIB, cpuMs: 0 }),
  ])
  t.same(row('cpu').cells.get('slow')?.rounds, [0.3, 0.1])
  t.equal(row('cpu').cells.has('direct'), false)
})

t.test('a failure counts in all rows of its step', async t => {
  const { row } = rowsOf([
    ...samplesOf('socks', 'slow', 'stuck'),
    ...samplesOf('ping', 'slow', 'stuck'),
    ...samplesOf('interactive', 'slow', 'stuck'),
    ...samplesOf('idle', 'slow', 'stuck'),
    ...samplesOf('start', 'slow', 'stuck'),
    ...samplesOf('check', 'slow', 'stuck'),
  ])
  const start = ['startMs', 'startCpu', 'check', 'socksCpu']
  const names = [
    ...start,
    'socks',
    'socks50',
    'socks99',
    'ping',
    'ping50',
    'ping99',
    'quiet99',
    'busy99',
  ]
  for (const name of [...names, 'busyTimes', 'base', 'idle', 'held', 'besideIdle', 'besideShare']) {
    t.equal(row(name).cells.get('slow')?.failed, 1, name)
  }
})

t.test('above 1 is ahead, whichever way a measure goes', async t => {
  const { rows, row, contenders } = rowsOf([
    ...samplesOf('down1', 'direct', { down1: 40 }),
    ...samplesOf('down1', SPLICE, { down1: 20 }),
    ...samplesOf('down1', 'slow', { down1: 5 }),
    ...samplesOf('down1', 'fast', { down1: 10 }),
    ...samplesOf('idle', SPLICE, { idle: 2, held: 9 }),
    ...samplesOf('idle', 'slow', { idle: 3, held: 9 }),
    ...samplesOf('idle', 'fast', { idle: 8, held: 9 }),
    ...samplesOf('socks', SPLICE, { socks: 10 }),
    ...samplesOf('forward', 'direct', { forward: 20 }),
    ...samplesOf('ping', 'fast', 'stuck'),
  ])
  t.equal(bestPeer(row('down1'), contenders), 'fast')
  t.equal(againstPeers(row('down1'), SPLICE, contenders), 2)
  t.equal(againstDirect(row('down1'), SPLICE, rows), 0.5)
  t.equal(bestPeer(row('idle'), contenders), 'slow')
  t.equal(againstPeers(row('idle'), SPLICE, contenders), 1.5)
  t.equal(againstDirect(row('idle'), SPLICE, rows), undefined)
  t.equal(againstPeers(row('held'), SPLICE, contenders), undefined, 'nothing to compare')
  t.equal(againstDirect(row('socks'), SPLICE, rows), 0.5, 'nobody speaks SOCKS to an origin')
  t.equal(againstPeers(row('socks'), SPLICE, contenders), undefined)
  t.equal(bestPeer(row('ping'), contenders), undefined, 'a failure is no speed')
})
