import t from 'tap'
import { createPatternCheck, patternOf } from '../../../scripts/soak/pattern.ts'

const SIZE = 1_500_000

const checkOf = (pieces: readonly Buffer[]) => {
  const check = createPatternCheck(5)
  for (const piece of pieces) check.take(piece)
  return { bytes: check.bytes(), isRight: check.wrongAt() === undefined }
}

t.test('a stream that arrives as it was sent is right, however it is cut', async t => {
  const sent = patternOf(5, SIZE)
  t.same(checkOf([sent]), { bytes: SIZE, isRight: true })
  const cut = [0, 1, 70_000, 1_048_573, SIZE].map((end, i, all) => sent.subarray(all[i - 1], end))
  t.same(checkOf(cut), { bytes: SIZE, isRight: true })
  t.not(patternOf(6, 100).equals(patternOf(5, 100)), true, 'each seed has another')
})

t.test('a byte that is wrong, lost, doubled or moved is found', async t => {
  const sent = patternOf(5, SIZE)
  const flipped = Buffer.from(sent)
  flipped.writeUInt8((flipped.readUInt8(70_000) + 1) & 0xff, 70_000)
  const [a, b] = [sent.subarray(0, 65_536), sent.subarray(65_536, 131_072)]
  for (const wrong of [[flipped], [b], [a, a], [b, a], [a, sent.subarray(65_537)]]) {
    t.equal(checkOf(wrong).isRight, false)
  }
})
