import t from 'tap'
import { COMMANDS, COMMON_OPTIONS, DEFAULT_COMMAND } from '../../src/cli/definitions.ts'

t.test('names and letters are unique within a command', async t => {
  for (const { options } of COMMANDS) {
    const all = [...options, ...COMMON_OPTIONS]
    const names = all.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]))
    t.equal(new Set(names).size, names.length)
  }
  t.equal(new Set(COMMANDS.map(({ name }) => name)).size, COMMANDS.length)
  t.ok(COMMANDS.includes(DEFAULT_COMMAND))
})

t.test('every option with a value has a placeholder for it', async t => {
  for (const { options } of COMMANDS) {
    for (const { name, type, value } of options)
      t.equal(value === undefined, type === 'switch', name)
  }
})

t.test('an option is read in the same way in every command', async t => {
  const seen = new Map<string, object>()
  for (const { name, alias, type, value, choices } of COMMANDS.flatMap(({ options }) => options)) {
    const read = { alias, type, value, choices }
    t.strictSame(read, seen.get(name) ?? read, name)
    seen.set(name, read)
  }
})
