import t from 'tap'
import {
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_WRONG,
  listOf,
  switchOf,
  textOf,
} from '../../src/cli/command.ts'

t.test('each kind is taken as itself, or not at all', async t => {
  const args = { text: 'x', list: ['a'], on: true, empty: '' }
  t.equal(textOf(args, 'text'), 'x')
  t.equal(textOf(args, 'list'), undefined)
  t.strictSame(listOf(args, 'list'), ['a'])
  t.equal(listOf(args, 'text'), undefined)
  t.equal(switchOf(args, 'on'), true)
  t.equal(switchOf(args, 'text'), undefined)
  t.throws(() => textOf(args, 'empty'), { code: 'ERR_CONFIG', message: /^--empty: found ""/ })
  t.throws(() => textOf(args, 'empty', 'FILE'), { message: /^FILE: found ""/ })
})

t.test('is what the manual says', async t => {
  t.strictSame([EXIT_DONE, EXIT_FAILED, EXIT_WRONG], [0, 1, 2])
})
