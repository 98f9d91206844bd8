import t from 'tap'
import { DOCTOR } from '../../src/cli/doctor-definition.ts'
import { parseWords } from '../../src/cli/parse-words.ts'

t.test('its words are parsed', async t => {
  t.match(
    parseWords(['doctor', '--offline', 'a.example', '--json', 'b:1', '--dns', '192.0.2.53']),
    {
      type: 'run',
      command: DOCTOR,
      args: { offline: true, json: true, target: ['a.example', 'b:1'], dns: ['192.0.2.53'] },
    },
  )
})
