import t from 'tap'
import type { FailureOutcome } from '../../../src/core/judge.ts'
import {
  encodeGreeting,
  encodeLoginStatus,
  encodeMethodSelection,
  encodeRefusal,
  encodeReply,
  replyCode,
} from '../../../src/wire/socks5/encode.ts'
import { hexOf } from '../../fixtures/socks-bytes.ts'

void t.test('RFC 1928 section 3: the method selection', async t => {
  t.equal(hexOf(encodeMethodSelection(0)), '0500')
  t.equal(hexOf(encodeMethodSelection(2)), '0502')
  t.equal(hexOf(encodeMethodSelection(0xff)), '05ff')
})

void t.test('RFC 1929 section 2: the login status', async t => {
  t.equal(hexOf(encodeLoginStatus(true)), '0100')
  t.equal(hexOf(encodeLoginStatus(false)), '0101')
})

void t.test('RFC 1928 section 6: success carries the local end: 10 bytes with IPv4', async t => {
  const bytes = encodeReply(0, { address: '192.0.2.77', port: 40_112 })
  t.equal(hexOf(bytes), '05000001c000024d9cb0')
})

void t.test('RFC 1928 section 6: success with IPv6: 22 bytes', async t => {
  const bytes = encodeReply(0, { address: '2001:db8::77', port: 1 })
  t.equal(hexOf(bytes), '0500000420010db80000000000000000000000770001')
  t.equal(bytes.length, 22)
})

void t.test('a v4-mapped local end is unmapped', async t => {
  const bytes = encodeReply(0, { address: '::ffff:192.0.2.77', port: 80 })
  t.equal(hexOf(bytes), '05000001c000024d0050')
})

void t.test('a zone has no place in a reply', async t => {
  const bytes = encodeReply(0, { address: 'fe80::1%eth0', port: 65_535 })
  t.equal(hexOf(bytes), '05000004fe800000000000000000000000000001ffff')
})

void t.test('a local end that is not known is 0.0.0.0:0, and the reply is whole', async t => {
  t.equal(hexOf(encodeReply(0)), '05000001000000000000')
  t.equal(hexOf(encodeReply(0, { address: 'nowhere', port: 80 })), '05000001000000000000')
})

void t.test('RFC 1928 section 6: every refusal is whole: 10 bytes', async t => {
  for (const reply of [1, 2, 3, 4, 5, 6, 7, 8] as const) {
    t.equal(hexOf(encodeRefusal(reply)), `050${reply}0001000000000000`)
  }
})

void t.test("the healthcheck's greeting offers both methods", async t => {
  t.equal(hexOf(encodeGreeting()), '05020002')
})

void t.test('what is encoded is a fresh array each time', async t => {
  encodeRefusal(1).fill(0xff)
  encodeReply(0, { address: '192.0.2.1', port: 1 }).fill(0xff)
  t.equal(hexOf(encodeRefusal(1)), '05010001000000000000')
})

/** The codes of RFC 1928 section 6. */
const ROWS: Readonly<Record<FailureOutcome, number>> = {
  failed: 1,
  limit: 1,
  denied: 2,
  'client-denied': 2,
  loop: 2,
  'network-unreachable': 3,
  'host-unreachable': 4,
  'no-address': 4,
  'dns-failed': 4,
  refused: 5,
  'timed-out': 6,
  'no-family': 8,
}

void t.test('each outcome has its reply', async t => {
  for (const [outcome, reply] of Object.entries(ROWS)) {
    t.equal(replyCode(outcome as FailureOutcome), reply, outcome)
  }
})
