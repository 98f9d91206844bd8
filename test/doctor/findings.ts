import t from 'tap'
import { finding, ok, within } from '../../src/doctor/findings.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

t.test('findings have all their fields', async t => {
  t.strictSame(ok('a', 'm'), { id: 'a', severity: 'ok', message: 'm', advice: null, facts: {} })
  t.strictSame(finding('a', 'note', 'm', 'do', { x: 1 }), {
    id: 'a',
    severity: 'note',
    message: 'm',
    advice: 'do',
    facts: { x: 1 },
  })
})

t.test('a limit on a promise', async t => {
  const clock = createHandClock()
  t.equal(await within(10, clock, Promise.resolve('in time'), 'late'), 'in time')
  t.equal(await within(10, clock, Promise.reject(new Error('x')), 'late'), 'late')
  const slow = within(10, clock, new Promise(() => {}), 'late')
  clock.advance(10)
  t.equal(await slow, 'late')
  t.equal(clock.pending(), 0)
})

t.test('a rejection counts as too late', async t => {
  const clock = { after: () => () => {} }
  t.equal(await within(1000, clock, Promise.reject(new Error('refused')), 'none'), 'none')
})
