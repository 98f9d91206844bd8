import t from 'tap'
import { splitOptions } from '../../../scripts/generate/own-options.ts'
import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND } from '../../../src/cli/definitions.ts'

const named = (name: string) => {
  const command = COMMANDS.find(each => each.name === name)
  if (!command) throw new Error(`there is no command ${name}`)
  const { own, shared } = splitOptions(command)
  return { own: own.map(option => option.name), shared: shared.map(option => option.name) }
}

t.test('an option that means what it means for serve is described there alone', async t => {
  const run = named('run')
  t.ok(run.shared.includes('dns'))
  t.ok(run.own.includes('config') && run.own.includes('drain-timeout'), 'these mean something else')
  t.strictSame(named('healthcheck'), { own: ['admin', 'proxy'], shared: ['config'] })
})

t.test('the default command has all of its own, with those of every command', async t => {
  const { own, shared } = splitOptions(DEFAULT_COMMAND)
  t.strictSame(own, [...DEFAULT_COMMAND.options, ...COMMON_OPTIONS])
  t.strictSame(shared, [])
})
