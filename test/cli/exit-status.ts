import t from 'tap'
import { EXIT_DONE, EXIT_FAILED, EXIT_WRONG } from '../../src/cli/exit-status.ts'

t.test('is what the manual says', async t => {
  t.strictSame([EXIT_DONE, EXIT_FAILED, EXIT_WRONG], [0, 1, 2])
})
