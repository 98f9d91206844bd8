import fc from 'fast-check'
import t from 'tap'
import { HELLO, LOGIN_HELLO, talk } from '../../fixtures/handshake-talk.ts'
import { bytesOf, cutAt, domainRequest, loginOf } from '../../fixtures/socks-bytes.ts'

/** Conversations that are right up to somewhere, so that random cuts reach every state. */
const conversation = fc
  .tuple(
    fc.constantFrom(HELLO, LOGIN_HELLO, bytesOf(5, 0), bytesOf(5, 1, 2), bytesOf()),
    fc.oneof(
      fc.constant(bytesOf()),
      fc
        .tuple(fc.uint8Array({ minLength: 0, maxLength: 9 }), fc.uint8Array({ maxLength: 9 }))
        .map(([user, password]) => loginOf(user, password)),
    ),
    fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map(name => domainRequest(name)),
      fc.webAuthority().map(name => domainRequest(name.slice(0, 255))),
      fc.uint8Array({ minLength: 6, maxLength: 6 }).map(tail => bytesOf(5, 1, 0, 1, tail)),
      fc.uint8Array({ minLength: 18, maxLength: 18 }).map(tail => bytesOf(5, 1, 0, 4, tail)),
      fc.uint8Array({ maxLength: 8 }).map(tail => bytesOf(5, tail)),
    ),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(parts => bytesOf(...parts))

void t.test(
  'the outputs do not depend on how the bytes are cut, nor on when a login is verified',
  async t => {
    fc.assert(
      fc.property(
        fc.oneof(conversation, fc.uint8Array({ maxLength: 60 })),
        fc.array(fc.nat({ max: 120 }), { maxLength: 12 }),
        fc.boolean(),
        fc.boolean(),
        fc.nat({ max: 12 }),
        (bytes, offsets, requireLogin, good, slow) => {
          const chunks = cutAt(
            bytes,
            offsets.toSorted((a, b) => a - b),
          )
          const cut = talk(chunks, { requireLogin, good, slow })
          const whole = talk([bytes], { requireLogin, good })
          return JSON.stringify(cut) === JSON.stringify(whole)
        },
      ),
      { numRuns: 3000 },
    )
    t.pass()
  },
)

void t.test(
  'random bytes never make it throw, and are refused at most once, at the end',
  async t => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(conversation, fc.uint8Array({ maxLength: 300 })), { maxLength: 4 }),
        fc.boolean(),
        (chunks, requireLogin) => {
          const lines = talk(chunks, { requireLogin })
          const refusals = lines.filter(line => line.startsWith('refuse'))
          return refusals.length === 0 || (refusals.length === 1 && lines.at(-1) === refusals[0])
        },
      ),
      { numRuns: 3000 },
    )
    t.pass()
  },
)
