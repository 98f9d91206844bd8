import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { EGRESS } from '../../../src/config/table/connections.ts'
import { readField } from '../../fixtures/read-field.ts'

t.test('keepAlive is on, off or a mapping', async t => {
  const on = { idleMs: 60_000, intervalMs: 15_000, count: 4 }
  t.strictSame(readField(EGRESS, {}).value, { keepAlive: on })
  for (const keepAlive of ['on', 'off']) {
    t.strictSame(readField(EGRESS, { keepAlive }).value, {
      keepAlive: keepAlive === 'on' ? on : null,
    })
  }
  t.match(readField(EGRESS, { keepAlive: { idle: '5m', count: 127 } }).value, {
    keepAlive: { idleMs: 300_000, intervalMs: 15_000, count: 127 },
  })
})

t.test('mistakes in keepAlive have the path of their key', async t => {
  const cases: Readonly<Record<string, RegExp>> = {
    yes: /egress\.keepAlive: found "yes"; allowed: on, off, or a mapping with idle, interval, count/,
    true: /egress\.keepAlive: found true; allowed: on, off, or a mapping/,
    '[60s]': /egress\.keepAlive: found a list; allowed: on, off, or a mapping/,
    '{ idle: 999ms }': /egress\.keepAlive\.idle: found "999ms"; allowed: 1s to 9h6m7s/,
    '{ interval: 10h }': /egress\.keepAlive\.interval: found "10h"; allowed: 1s to 9h6m7s/,
    '{ count: 0 }': /egress\.keepAlive\.count: found 0; allowed: a whole number from 1 to 127/,
    '{ count: 128 }': /egress\.keepAlive\.count: found 128; allowed: a whole number from 1 to 127/,
    '{ iddle: 60s }': /egress\.keepAlive\.iddle: is not a key here; did you mean "idle"\?/,
  }
  for (const [text, message] of Object.entries(cases)) {
    t.throws(() => parseConfig(`egress: { keepAlive: ${text} }`, 'f'), { message }, text)
  }
})
