import t from 'tap'
import { TOP } from '../../src/cli/top-definition.ts'
import { parseWords } from '../../src/cli/parse-words.ts'

t.test('its words are parsed, and a token is none of them', async t => {
  t.match(parseWords(['top', '--admin', '9000', '--json', '--once', '-c', 'f']), {
    command: TOP,
    args: { admin: '9000', json: true, once: true, config: 'f' },
  })
  t.throws(() => parseWords(['top', '--token', 'x']), { code: 'ERR_CONFIG' })
})
