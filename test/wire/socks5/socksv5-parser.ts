/**
 * Our readers against the parser of the socksv5 fork, which others wrote: where both are right, both
 * must say the same of any bytes, however they are cut, and leave the same bytes behind.
 *
 * It is left out where that parser differs on purpose or by mistake:
 * - NMETHODS 0: it raises an error, we read an empty offer and answer 05 FF.
 * - BIND and UDP ASSOCIATE: it reads them, we do not serve them yet.
 * - An empty domain: it reads '', which is localhost to dns.lookup.
 * - Domains with bytes that no name has, NUL among them: it decodes them as UTF-8.
 * - Port 0: it reads it.
 * - A domain that holds an address, and a v4-mapped one: it passes on the text. Here both texts are
 *   brought to one form before they are compared.
 * - Logins that are not ASCII: it decodes them as UTF-8, where RFC 1929 has bytes. And it keeps
 *   them in variables that all connections share, so that each run here makes a handler of its own.
 */
import fc from 'fast-check'
import type { Test } from 'tap'
import t from 'tap'
import type { ByteReader } from '../../../src/core/byte-reader.ts'
import { createByteReader } from '../../../src/core/byte-reader.ts'
import { decodeRequest } from '../../../src/wire/socks5/decode-request.ts'
import { decodeGreeting, decodeLogin } from '../../../src/wire/socks5/decode.ts'
import { bytesOf, cutAt, domainRequest, hexOf, loginOf } from '../../fixtures/socks-bytes.ts'
import type { Outcome } from '../../fixtures/socksv5-readers.ts'
import {
  MORE,
  knownDifference,
  theirGreeting,
  theirLogin,
  theirRequest,
} from '../../fixtures/socksv5-readers.ts'

const ours = <T>(
  chunks: readonly Uint8Array[],
  decode: (reader: ByteReader) => T | undefined,
  show: (message: T) => string,
): Outcome => {
  const reader = createByteReader()
  let message: T | undefined
  for (const chunk of chunks) {
    reader.append(Uint8Array.from(chunk))
    if (message !== undefined) continue
    try {
      message = decode(reader)
    } catch {
      return { found: 'error', left: '' }
    }
  }
  return message === undefined ? MORE : { found: show(message), left: hexOf(reader.rest()) }
}

/** Bytes, sometimes cut short, sometimes with one byte changed, in random chunks. */
const chunksOf = (message: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array[]> =>
  fc
    .record({
      message,
      tail: fc.uint8Array({ maxLength: 6 }),
      keep: fc.option(fc.nat({ max: 40 }), { freq: 4 }),
      change: fc.option(fc.record({ at: fc.nat({ max: 5 }), to: fc.nat({ max: 255 }) }), {
        freq: 3,
      }),
      cuts: fc.array(fc.nat({ max: 80 }), { maxLength: 10 }),
    })
    .map(({ message: whole, tail, keep, change, cuts }) => {
      const bytes = bytesOf(whole, tail).slice(0, keep ?? undefined)
      if (change && change.at < bytes.length) bytes[change.at] = change.to
      return cutAt(
        bytes,
        cuts.toSorted((a, b) => a - b),
      )
    })

/** Holds for all of it, and says how often the two came to a message, an error, or waited. */
const compare = (
  arbitrary: fc.Arbitrary<Uint8Array[]>,
  excluded: (bytes: Uint8Array) => boolean,
  left: (chunks: readonly Uint8Array[]) => Outcome,
  right: (chunks: readonly Uint8Array[]) => Outcome,
): Record<string, number> => {
  const seen = { message: 0, error: 0, more: 0 }
  fc.assert(
    fc.property(arbitrary, chunks => {
      fc.pre(!excluded(bytesOf(...chunks)))
      const outcome = left(chunks)
      const kind = outcome.found === 'error' || outcome.found === 'more' ? outcome.found : 'message'
      seen[kind]++
      return JSON.stringify(outcome) === JSON.stringify(right(chunks))
    }),
    { numRuns: 4000 },
  )
  return seen
}

const seenOften = (t: Test, seen: Readonly<Record<string, number>>): void => {
  for (const [kind, count] of Object.entries(seen)) t.ok(count > 100, `${kind}: ${count} times`)
}

void t.test('RFC 1928 section 3: greetings', async t => {
  const message = fc
    .uint8Array({ minLength: 1, maxLength: 255 })
    .map(methods => bytesOf(5, methods.length, methods))
  const seen = compare(chunksOf(message), knownDifference.greeting, theirGreeting, chunks =>
    ours(chunks, decodeGreeting, ({ methods }) => hexOf(methods)),
  )
  seenOften(t, seen)
})

void t.test('RFC 1929 section 2: logins', async t => {
  const text = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 12 })
  const message = fc.tuple(text, text).map(([user, password]) => loginOf(user, password))
  const seen = compare(chunksOf(message), knownDifference.login, theirLogin, chunks =>
    ours(chunks, decodeLogin, ({ user, password }) =>
      Buffer.from([...user, 0x20, ...password]).toString('latin1'),
    ),
  )
  seenOften(t, seen)
})

void t.test('RFC 1928 section 4: requests', async t => {
  const port = fc.integer({ min: 1, max: 65_535 })
  const name = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV6().map(address => `[${address}]`),
  )
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }).map(bytes => bytesOf(1, bytes)),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => bytesOf(4, bytes)),
    fc.constant(bytesOf(4, new Uint8Array(10), 0xff, 0xff, 192, 0, 2, 1)),
  )
  const message = fc.oneof(
    fc.tuple(name, port).map(([host, number]) => domainRequest(host, number)),
    fc
      .tuple(fc.nat({ max: 255 }), address, port)
      .map(([rsv, bytes, number]) => bytesOf(5, 1, rsv, bytes, number >> 8, number & 0xff)),
  )
  const seen = compare(chunksOf(message), knownDifference.request, theirRequest, chunks =>
    ours(chunks, decodeRequest, ({ target }) => `${target.host} ${target.port}`),
  )
  seenOften(t, seen)
})
