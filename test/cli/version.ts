import t from 'tap'
import { version } from '../../src/cli/version.ts'

t.test('version is the one in package.json', async t => {
  t.match(version(), /^\d+\.\d+\.\d+/)
})
