import t from 'tap'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { linesOf } from '../../../scripts/soak/evidence.ts'
import { temporaryDirectory } from '../../fixtures/start-eyeballd.ts'

t.test('the lines of a client are those of its time', async t => {
  const log = join(temporaryDirectory(t), 'log')
  const line = (time: number, client: string): string =>
    JSON.stringify({ level: 30, time, event: 'close', client })
  const lines = [
    line(1_000_000, '127.0.0.1:5'),
    line(1_060_000, '127.0.0.1:5'),
    line(1_060_100, '127.0.0.1:50'),
    line(1_120_000, '127.0.0.1:5'),
  ]
  writeFileSync(log, `${lines.join('\n')}\n`)
  const violation = { client: '127.0.0.1:5', from: 59_000, to: 61_000 }
  t.same(linesOf(violation, [log], 1_000_000), [lines[1]])
  t.same(linesOf({ from: 59_000, to: 61_000 }, [log], 1_000_000), [], 'of an unknown client none')
})
