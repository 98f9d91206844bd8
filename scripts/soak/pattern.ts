import { createRandom } from '../../test/fixtures/random.ts'

/** A prime, so that no lost, doubled or moved piece of a usual size leaves the pattern as it was. */
const LENGTH = 1_048_573

const TABLE = (() => {
  const random = createRandom(1, 1)
  return Buffer.from(Array.from({ length: LENGTH }, () => random.between(0, 255)))
})()

/** The bytes of a seed's endless pattern from `offset` on, up to `length` of them and at least one. */
export const patternAt = (seed: number, offset: number, length: number): Buffer => {
  const start = (seed * 7919 + offset) % LENGTH
  return TABLE.subarray(start, Math.min(start + length, LENGTH))
}

/** The first `length` bytes of a seed's pattern. */
export const patternOf = (seed: number, length: number): Buffer => {
  const whole = Buffer.allocUnsafe(length)
  for (let at = 0; at < length;) at += patternAt(seed, at, length - at).copy(whole, at)
  return whole
}

export type PatternCheck = {
  /** Compares the next bytes of the stream. */
  readonly take: (chunk: Buffer) => void
  readonly bytes: () => number
  /** The offset of the piece in which the first wrong byte is; undefined: all were right so far. */
  readonly wrongAt: () => number | undefined
}

/** Compares every byte of a stream with a seed's pattern. */
export const createPatternCheck = (seed: number): PatternCheck => {
  let bytes = 0
  let wrongAt: number | undefined
  return {
    take: chunk => {
      for (let at = 0; at < chunk.length;) {
        const expected = patternAt(seed, bytes, chunk.length - at)
        const isRight = expected.equals(chunk.subarray(at, at + expected.length))
        if (!isRight) wrongAt ??= bytes
        at += expected.length
        bytes += expected.length
      }
    },
    bytes: () => bytes,
    wrongAt: () => wrongAt,
  }
}
