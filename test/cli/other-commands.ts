import t from 'tap'
import { COMMANDS as DEFINITIONS } from '../../src/cli/definitions.ts'
import { COMMANDS } from '../../src/cli/other-commands.ts'

t.test('every defined command but the default one is there', async t => {
  const names = DEFINITIONS.map(({ name }) => name).filter(name => name !== 'serve')
  t.same(Object.keys(COMMANDS).toSorted(), names.toSorted())
})
