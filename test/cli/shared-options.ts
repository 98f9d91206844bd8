import t from 'tap'
import { CONFIG_FLAG, JSON_OUTPUT, daemonFlag, flagsUnder } from '../../src/cli/shared-options.ts'

t.test('the flags of keys, of all sections or of one', async t => {
  const names = flagsUnder('resolver').map(({ name }) => name)
  t.ok(names.includes('dns') && !names.includes('listen'))
  t.ok(flagsUnder().length > names.length)
  t.match(CONFIG_FLAG, { name: 'config', alias: 'c', value: 'FILE' })
  t.match(daemonFlag('an error'), { name: 'admin', default: /, else an error$/ })
  t.match(JSON_OUTPUT, { name: 'json', type: 'switch' })
})
