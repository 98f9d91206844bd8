import t from 'tap'
import { eyeballsSchema } from '../../../src/config/schema/eyeballs.ts'

t.test('bounds are those of RFC 8305 section 5', async t => {
  const sound = (minimumConnectionAttemptDelay: unknown): boolean =>
    eyeballsSchema.safeParse({ minimumConnectionAttemptDelay }).success
  t.notOk(sound(10))
  t.ok(sound('10ms'))
  t.notOk(sound(9.9))
})

t.test('a family is a number or a text', async t => {
  for (const preferredFamily of ['auto', 4, 6, '4', '6']) {
    t.ok(eyeballsSchema.safeParse({ preferredFamily }).success)
  }
  t.notOk(eyeballsSchema.safeParse({ preferredFamily: '5' }).success)
})

t.test('learning is on or off; what confirms a race is one of two words', async t => {
  t.match(eyeballsSchema.parse({}), { adaptive: true, confirm: 'none' })
  t.ok(eyeballsSchema.safeParse({ adaptive: false, confirm: 'tls' }).success)
  t.notOk(eyeballsSchema.safeParse({ adaptive: 'false' }).success)
  t.match(eyeballsSchema.safeParse({ confirm: 'tsl' }).error?.issues, [
    { message: 'found "tsl"; allowed: none, tls; did you mean "tls"?' },
  ])
})
