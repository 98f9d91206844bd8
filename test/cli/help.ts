import t from 'tap'
import { COMMANDS } from '../../src/cli/definitions.ts'
import { helpText, wrap } from '../../src/cli/help.ts'

t.test('wrap breaks lines at spaces', async t => {
  t.strictSame(wrap('aa bb cc', 5), ['aa bb', 'cc'])
  t.strictSame(wrap('aaaaaaa b', 5), ['aaaaaaa', 'b'])
  t.strictSame(wrap('', 5), [''])
})

t.test('the help fits 80 columns and names every option with its default', async t => {
  for (const command of COMMANDS) {
    const text = helpText(command)
    for (const line of text.split('\n')) t.ok(line.length <= 80, line)
    const flat = text.replaceAll(/\s+/g, ' ')
    for (const option of command.options) {
      t.match(flat, `--${option.name}`)
      t.match(flat, `[default: ${option.default ?? ''}`, option.name)
    }
    for (const { name } of command.positionals) t.match(flat, name.toUpperCase())
    t.match(flat, '-h, --help')
    t.match(flat, '--version')
    t.ok(text.endsWith('\n'))
  }
})

t.test('the help of the program lists the commands', async t => {
  const text = helpText(null)
  for (const line of text.split('\n')) t.ok(line.length <= 80, line)
  for (const { name, summary } of COMMANDS) {
    t.match(text, name)
    t.match(text.replaceAll(/\s+/g, ' '), summary)
  }
  t.match(text, 'EYEBALLD_LOG_LEVEL')
  t.match(text, 'Exit status')
})

t.test('the help of race says that it applies no access rules', async t => {
  const race = COMMANDS.find(({ name }) => name === 'race')
  t.ok(race)
  const text = race ? helpText(race).replaceAll(/\s+/g, ' ') : ''
  t.match(
    text,
    'Access rules and the guard against rebinding are not applied, whatever -c FILE says',
  )
})
