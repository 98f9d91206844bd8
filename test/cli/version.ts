import t from 'tap'
import { version } from '../../src/cli/version.ts'

t.test("is the package's", async t => {
  t.match(version(), /^\d+\.\d+\.\d+/)
})
