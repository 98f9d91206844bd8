import { PassThrough } from 'node:stream'
import t from 'tap'
import {
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_WRONG,
  listOf,
  outputOf,
  switchOf,
  textOf,
  usesColour,
} from '../../src/cli/command.ts'

t.test('textOf, listOf and switchOf return only arguments of their own type', async t => {
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

t.test('exit statuses are 0, 1 and 2', async t => {
  t.strictSame([EXIT_DONE, EXIT_FAILED, EXIT_WRONG], [0, 1, 2])
})

t.test('outputOf passes text on, and survives a reader that leaves', async t => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
  const output = outputOf(stream as unknown as NodeJS.WriteStream)
  output.write('text')
  t.equal(String(stream.read()), 'text')
  t.match(output, { isTTY: true, columns: 80 })
  t.equal(output.isOpen(), true)
  t.doesNotThrow(() => stream.emit('error', new Error('EPIPE')))
  const sizeless = Object.assign(new PassThrough(), { isTTY: true, columns: 0 })
  t.equal(outputOf(sizeless as unknown as NodeJS.WriteStream).columns, undefined)
  stream.destroy()
  t.equal(output.isOpen(), false)
})

t.test('colours are for terminals that have them, unless NO_COLOR is set', async t => {
  t.equal(usesColour({ isTTY: true }, {}), true)
  t.equal(usesColour({ isTTY: true }, { NO_COLOR: '' }), true)
  t.equal(usesColour({ isTTY: true }, { NO_COLOR: '0' }), false)
  t.equal(usesColour({ isTTY: true }, { TERM: 'dumb' }), false)
  t.equal(usesColour({ isTTY: false }, {}), false)
})
