import t from 'tap'
import { parseWords } from '../../src/cli/parse-words.ts'
import { REPORT } from '../../src/cli/report-definition.ts'

t.test('its words are parsed', async t => {
  t.match(parseWords(['report', '-', '--since', '24h', '--json']), {
    command: REPORT,
    args: { file: '-', since: '24h', json: true },
  })
})
