import t from 'tap'
import { fieldValues, latin1Bytes } from '../../../src/wire/http/wire.ts'
import { latin1Text } from '../../../src/wire/latin1-text.ts'

t.test('the values of a name, in any case and in order', async t => {
  const fields = [
    ['Host', 'a'],
    ['x-one', '1'],
    ['X-One', '2'],
    ['X-One-More', '3'],
  ] as const
  t.same(fieldValues({ fields }, 'X-ONE'), ['1', '2'])
  t.same(fieldValues({ fields }, 'absent'), [])
})

t.test('a character is a byte, in both directions', async t => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  t.same(latin1Bytes(latin1Text(all)), all)
})
