import t from 'tap'
import { EYEBALLS } from '../../../src/config/table/eyeballs.ts'
import { isValid, readField } from '../../fixtures/read-field.ts'

t.test('the minimum delay is that of RFC 8305 section 5', async t => {
  const sound = (minimumConnectionAttemptDelay: unknown): boolean =>
    isValid(EYEBALLS, { minimumConnectionAttemptDelay })
  t.notOk(sound(10))
  t.ok(sound('10ms'))
  t.notOk(sound(9.9))
})

t.test('preferredFamily is a number or a text', async t => {
  for (const preferredFamily of ['auto', 4, 6, '4', '6']) {
    t.ok(isValid(EYEBALLS, { preferredFamily }))
  }
  t.notOk(isValid(EYEBALLS, { preferredFamily: '5' }))
})

t.test('adaptive is a boolean, confirm one of two words', async t => {
  t.match(readField(EYEBALLS, {}).value, { adaptive: true, confirm: 'none' })
  t.ok(isValid(EYEBALLS, { adaptive: false, confirm: 'tls' }))
  t.notOk(isValid(EYEBALLS, { adaptive: 'false' }))
  t.match(readField(EYEBALLS, { confirm: 'tsl' }).findings, [
    { message: 'found "tsl"; allowed: none, tls; did you mean "tls"?' },
  ])
})
