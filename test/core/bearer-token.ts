import t from 'tap'
import { isBearerToken } from '../../src/core/bearer-token.ts'

t.test('a token has 1 to 255 visible ASCII characters without spaces', async t => {
  for (const text of ['a', '!~', 'a:b"\\', 'a'.repeat(255)])
    t.equal(isBearerToken(text), true, text)
  for (const text of ['', ' ', 'a b', 'a\n', 'a\u007f', 'ä', '“a”', 'a'.repeat(256)])
    t.equal(isBearerToken(text), false, text)
})
